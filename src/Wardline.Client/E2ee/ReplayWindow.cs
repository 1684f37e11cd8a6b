namespace Wardline.Client.E2ee;

/// <summary>
/// Which counters of one key and source have been opened: the newest and the 1,023 below it. Asked before opening, told
/// only after the tag was right, so that a forged frame moves nothing.
/// </summary>
internal sealed class ReplayWindow
{
    private const long Span = 1024;
    private readonly ulong[] _seen = new ulong[Span / 64];
    private long _newest = -1;

    public bool IsFresh(long counter) =>
        counter > _newest || (counter > _newest - Span && (_seen[counter % Span / 64] & Bit(counter)) == 0);

    /// <summary>Remembers a counter that <see cref="IsFresh"/>.</summary>
    public void Take(long counter)
    {
        if (counter - _newest >= Span)
        {
            Array.Clear(_seen);
        }
        else
        {
            for (long passed = _newest + 1; passed < counter; passed++)
            {
                _seen[passed % Span / 64] &= ~Bit(passed);
            }
        }

        _seen[counter % Span / 64] |= Bit(counter);
        _newest = Math.Max(_newest, counter);
    }

    private static ulong Bit(long counter) => 1UL << (int)(counter % 64);
}
