using System.Threading.Channels;
using Wardline.Rtc;
using Wardline.Sfu;

namespace Wardline.Media.Loops;

/// <summary>A session as its worker keeps it. Only the worker's thread touches it.</summary>
internal sealed class SessionSlot(int number, ISessionCore core, ChannelWriter<MediaEvent> events)
{
    public int Number => number;

    public ISessionCore Core => core;

    public ChannelWriter<MediaEvent> Events => events;

    public Dictionary<ParticipantId, ParticipantRoute> Routes { get; } = [];

    public int NextParticipant { get; set; } = 1;

    /// <summary>When it wants to be woken, and its place in the worker's heap.</summary>
    public Instant Deadline { get; set; } = Instant.Never;

    public int HeapIndex { get; set; } = -1;

    /// <summary>Something was handed to it in this turn of the loop.</summary>
    public bool Touched { get; set; }

    public bool Open { get; set; } = true;

    /// <summary>The last media that an event has told of.</summary>
    public Instant LastMedia { get; set; } = core.LastMediaAt;

    public Instant NextActiveEvent { get; set; }
}
