using Wardline.Rtc;

namespace Wardline.Sfu.Sessions;

/// <summary>
/// When one participant next needs the clock, reckoned only after something has moved it. A packet that goes to fifty
/// receivers moves hardly any of their deadlines, and asking all of them after each turn cost more than sealing.
/// </summary>
/// <remarks>Whoever makes something due earlier than it was says so with <see cref="Move"/>. Later is harmless: one call for nothing.</remarks>
internal sealed class Deadline
{
    private Instant _next;
    private bool _moved = true;

    public void Move() => _moved = true;

    public Instant Of(Participant participant)
    {
        if (_moved)
        {
            _moved = false;
            _next = participant.ReckonTimeout();
        }

        return _next;
    }
}
