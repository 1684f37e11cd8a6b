using Wardline.Media.Loops;
using Wardline.Rtc.Ice;
using Wardline.Rtc.Sdp;
using Wardline.Rtc;
using Wardline.Sfu;
using Wardline.Sockets;

namespace Wardline.Media.Tests.Shell;

/// <summary>
/// A session without cryptography: real ICE, then every packet goes to everybody else as it came. Shows what the shell
/// does, and can misbehave in ways that a real session must not.
/// </summary>
internal sealed class PlainCore : ISessionCore
{
    /// <summary>A packet with this second byte makes the session throw.</summary>
    public const byte Poison = 0x66;

    /// <summary>A packet with this second byte has a wrong seal.</summary>
    public const byte Forgery = 0x55;

    private readonly Dictionary<ParticipantId, IceLiteAgent> _agents = [];
    private readonly Queue<SfuEvent> _events = new();
    private readonly SystemRandom _random = new();
    private int _handled;
    private int _timeouts;
    private long _allocatedAtWarm;

    public int Handled => Volatile.Read(ref _handled);

    public int Timeouts => Volatile.Read(ref _timeouts);

    public bool Disposed { get; private set; }

    /// <summary>Bytes that the worker's thread has allocated between the 1,000th packet and the last one.</summary>
    public long AllocatedSinceWarm { get; private set; } = -1;

    /// <summary>Set before the session is opened.</summary>
    public Instant NextTimeout { get; set; } = Instant.Never;

    public TimeSpan? TimeoutEvery { get; set; }

    public bool ThrowInTimeout { get; set; }

    public Instant LastMediaAt { get; private set; }

    public IceCredentials AddParticipant(ParticipantId id, Instant now)
    {
        IceCredentials local = IceCredentials.Create(_random);
        _agents.Add(id, new IceLiteAgent(local, IceOptions.Default));
        return local;
    }

    /// <summary>What it says that it has dropped.</summary>
    public long Drops { get; set; }

    public void AddDrops(DropCounts to) => to.Add(DropReason.UnknownKind, Drops);

    public TransportReport? ReportOn(ParticipantId id) => null;

    public bool ThrowInRemove { get; set; }

    public void RemoveParticipant(ParticipantId id, Instant now, PacketTrains output)
    {
        if (ThrowInRemove)
        {
            throw new InvalidDataException("poison in a goodbye");
        }

        _agents.Remove(id);
    }

    /// <summary>The "offer" is "ufrag password"; so is the answer, followed by the candidates.</summary>
    public bool TryNegotiate(
        ParticipantId id,
        string sdpOffer,
        IReadOnlyList<PublishRequest> publish,
        IReadOnlyList<SubscribeRequest> subscribe,
        IReadOnlyList<string> candidateLines,
        Instant now,
        out string answer,
        out SdpError error)
    {
        string[] words = sdpOffer.Split(' ');
        if (words.Length != 2)
        {
            (answer, error) = ("", new SdpError("sdp.malformed", "not two words", 1));
            return false;
        }

        IceLiteAgent agent = _agents[id];
        agent.SetRemote(new IceCredentials(words[0], words[1]));
        (answer, error) = ($"{agent.Local.Ufrag} {agent.Local.Password}\n{string.Join('\n', candidateLines)}", null!);
        return true;
    }

    public void SetView(ParticipantId id, IReadOnlyList<ViewSlot> slots, Instant now)
    {
    }

    public bool Handle(ParticipantId id, Span<byte> datagram, in TransportAddress from, Instant now, PacketTrains output)
    {
        IceLiteAgent agent = _agents[id];
        if (datagram[0] < 4)
        {
            if (output.TryReserve(from, out Span<byte> response))
            {
                IceOutcome outcome = agent.Handle(datagram, from, now, response, out int length);
                if (length > 0)
                {
                    output.Commit(length);
                }

                if (outcome == IceOutcome.AnsweredAndSelected)
                {
                    _events.Enqueue(new AddressSelected(id, from));
                }
            }

            return true;
        }

        if (datagram.Length < 16)
        {
            return true;
        }

        if (datagram[1] == Forgery)
        {
            return false;
        }

        if (datagram[1] == Poison)
        {
            throw new InvalidDataException("poison");
        }

        LastMediaAt = now;
        foreach ((ParticipantId other, IceLiteAgent theirs) in _agents)
        {
            if (other != id && theirs.Selected is { } to && output.TryReserve(to, out Span<byte> slot))
            {
                datagram.CopyTo(slot);
                output.Commit(datagram.Length);
            }
        }

        if (Interlocked.Increment(ref _handled) == 1000)
        {
            _allocatedAtWarm = GC.GetAllocatedBytesForCurrentThread();
        }
        else if (_handled > 1000)
        {
            AllocatedSinceWarm = GC.GetAllocatedBytesForCurrentThread() - _allocatedAtWarm;
        }

        return true;
    }

    public void HandleTimeout(Instant now, PacketTrains output)
    {
        Interlocked.Increment(ref _timeouts);
        if (ThrowInTimeout)
        {
            throw new InvalidDataException("late poison");
        }

        NextTimeout = TimeoutEvery is { } every ? now + every : Instant.Never;
    }

    public bool TryTakeEvent(out SfuEvent e) => _events.TryDequeue(out e!);

    public void Dispose() => Disposed = true;
}
