namespace Wardline.Server.Features.Signaling.Sessions;

/// <summary>
/// Notices a call in which nobody does anything.
/// <code>
/// active  -> [nothing for End - Warning] -> warned
/// warned  -> [media or a message]        -> active
/// warned  -> [nothing for Warning]       -> over
/// </code>
/// </summary>
internal sealed class IdleClock(TimeSpan end, TimeSpan warning, TimeProvider time)
{
    private long _active;

    public bool Warned { get; private set; }

    public bool Running { get; private set; }

    public void Start()
    {
        Running = true;
        Warned = false;
        _active = time.GetTimestamp();
    }

    public void Stop() => Running = false;

    public void Touch() => _active = time.GetTimestamp();

    /// <param name="at">When media came that counts, on the <see cref="TimeProvider"/>'s timestamp clock.</param>
    public void Heard(long at) => _active = Math.Max(_active, at);

    public TimeSpan Left => end - time.GetElapsedTime(_active);

    public enum Change
    {
        None,
        Warn,
        Clear,
        Over,
    }

    public Change Check()
    {
        if (!Running)
        {
            return Change.None;
        }

        TimeSpan left = Left;
        if (left <= TimeSpan.Zero)
        {
            return Change.Over;
        }

        bool warn = left <= warning;
        if (warn == Warned)
        {
            return Change.None;
        }

        Warned = warn;
        return warn ? Change.Warn : Change.Clear;
    }

    /// <summary>After this time <see cref="Check"/> is due again; while warned it looks for media each second.</summary>
    public TimeSpan? NextCheck()
    {
        if (!Running)
        {
            return null;
        }

        TimeSpan left = Left;
        return Warned ? TimeSpan.FromSeconds(Math.Min(1, Math.Max(0, left.TotalSeconds))) : left - warning;
    }
}
