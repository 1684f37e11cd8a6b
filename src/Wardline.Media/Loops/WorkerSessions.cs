using System.Buffers.Binary;
using Microsoft.Extensions.Logging;
using Wardline.Rtc;
using Wardline.Rtc.Ice;
using Wardline.Rtc.Sdp;
using Wardline.Sfu;

namespace Wardline.Media.Loops;

/// <summary>
/// The sessions of one worker: hands them their datagrams and deadlines, keeps the tables in step with what they say,
/// and ends a session that throws, alone.
/// </summary>
internal sealed class WorkerSessions(
    Demultiplexer demultiplexer,
    TcpConnections? tcp,
    PacketTrains output,
    MediaOptions options,
    WorkerCounters counters,
    ILogger log)
{
    // RFC 8489 §5: method binding, class success; class error would be 0x0111.
    private const ushort BindingSuccess = 0x0101;

    private static readonly TimeSpan ActiveInterval = TimeSpan.FromSeconds(1);

    private readonly HashSet<SessionSlot> _open = [];
    private readonly TimerHeap _timers = new();
    private readonly List<SessionSlot> _touched = [];
    private readonly List<TransportAddress> _leaving = [];
    private readonly SessionDropsPublisher _drops = new(counters);

    public Demultiplexer Demultiplexer => demultiplexer;

    public Instant NextTimeout => Instant.Min(_timers.Next, _drops.Due);

    public void Open(SessionSlot slot)
    {
        _open.Add(slot);
        counters.Sessions = _open.Count;
        Touch(slot);
    }

    /// <summary>The participants hear a goodbye; then nothing of the session is left.</summary>
    public void Close(SessionSlot slot, Instant now)
    {
        if (!slot.Open)
        {
            return;
        }

        foreach (ParticipantRoute route in slot.Routes.Values.ToArray())
        {
            RemoveParticipant(slot, route.Participant, now);
        }

        // A session that threw meanwhile has been released already.
        if (slot.Open)
        {
            Release(slot);
        }
    }

    public void CloseAll(Instant now)
    {
        foreach (SessionSlot slot in _open.ToArray())
        {
            Close(slot, now);
        }
    }

    public void FaultAll(Exception exception)
    {
        foreach (SessionSlot slot in _open.ToArray())
        {
            Fault(slot, exception);
        }
    }

    public ParticipantId AddParticipant(SessionSlot slot, Instant now)
    {
        EnsureOpen(slot);
        ParticipantId id = new(slot.NextParticipant++);
        IceCredentials local = slot.Core.AddParticipant(id, now);
        ParticipantRoute route = new(slot, id, options);
        slot.Routes.Add(id, route);
        counters.Participants++;
        demultiplexer.AddUfrag(IceUfrag.Pack(local.Ufrag), route);
        Touch(slot);
        DrainEvents(slot);
        return id;
    }

    public void RemoveParticipant(SessionSlot slot, ParticipantId id, Instant now)
    {
        if (!slot.Open || !slot.Routes.Remove(id, out ParticipantRoute? route))
        {
            return;
        }

        counters.Participants--;
        _leaving.AddRange(route.Addresses.Where(a => a.Protocol == TransportProtocol.Tcp));
        demultiplexer.Remove(route);
        Touch(slot);
        try
        {
            slot.Core.RemoveParticipant(id, now, output);
            DrainEvents(slot);
        }
        catch (Exception exception)
        {
            // Whoever asked for the removal has it either way: with the session everybody is gone.
            Fault(slot, exception);
        }
    }

    public NegotiationResult Negotiate(SessionSlot slot, ParticipantId id, Offer offer, IReadOnlyList<string> candidateLines, Instant now)
    {
        EnsureOpen(slot);
        if (!slot.Routes.ContainsKey(id))
        {
            throw new InvalidOperationException($"Participant {id} is not in this session.");
        }

        Touch(slot);
        try
        {
            bool agreed = slot.Core.TryNegotiate(id, offer.Sdp, offer.Publish, offer.Subscribe, candidateLines, now, out string answer, out SdpError error);
            DrainEvents(slot);
            return agreed ? new NegotiationResult(answer, null) : new NegotiationResult(null, error);
        }
        catch (Exception exception)
        {
            // What an offer says never throws, so this is ours, and the session may stand half way.
            Fault(slot, exception);
            throw new MediaSessionClosedException();
        }
    }

    public void SetView(SessionSlot slot, ParticipantId id, IReadOnlyList<ViewSlot> view, Instant now)
    {
        if (slot.Open && slot.Routes.ContainsKey(id))
        {
            Touch(slot);
            try
            {
                slot.Core.SetView(id, view, now);
                DrainEvents(slot);
            }
            catch (Exception exception)
            {
                Fault(slot, exception);
            }
        }
    }

    /// <summary>One datagram of a participant. Guards the worker against the session's own bugs.</summary>
    /// <returns>False when it claims to be the participant's and is not.</returns>
    public bool Handle(ParticipantRoute route, Span<byte> datagram, in TransportAddress from, Instant now)
    {
        SessionSlot slot = route.Session;
        int before = output.PacketCount;
        bool stun = datagram[0] < 4;
        try
        {
            Touch(slot);
            bool genuine = slot.Core.Handle(route.Participant, datagram, from, now, output);
            if (stun)
            {
                // An answer in the affirmative means that the check was authentic: media may come from there at once,
                // even before the peer nominates that path.
                if (before < output.PacketCount && output.LastTo == from && BinaryPrimitives.ReadUInt16BigEndian(output.LastBytes) == BindingSuccess)
                {
                    demultiplexer.AddAddress(from, route);
                }
            }

            DrainEvents(slot);
            return genuine;
        }
        catch (Exception exception)
        {
            Fault(slot, exception);
            return true;
        }
    }

    /// <summary>Wakes one session whose deadline has come.</summary>
    /// <returns>False when none is due.</returns>
    public bool TimeOutNext(Instant now)
    {
        if (_timers.First is not { } slot || slot.Deadline > now)
        {
            return false;
        }

        try
        {
            _drops.Touch(now);
            slot.Core.HandleTimeout(now, output);
            DrainEvents(slot);

            // A session that is due again at once would keep the loop to itself: it waits for the next turn.
            Instant next = slot.Core.NextTimeout;
            _timers.Set(slot, next > now ? next : new Instant(now.Microseconds + 1));
        }
        catch (Exception exception)
        {
            Fault(slot, exception);
        }

        return true;
    }

    /// <summary>After all input of a turn: the deadlines of those who had some.</summary>
    public void EndTurn(Instant now)
    {
        if (_touched.Count > 0)
        {
            _drops.Touch(now);
        }

        foreach (SessionSlot slot in _touched)
        {
            slot.Touched = false;
            if (!slot.Open)
            {
                continue;
            }

            try
            {
                if (slot.Core.LastMediaAt != slot.LastMedia && now >= slot.NextActiveEvent)
                {
                    slot.LastMedia = slot.Core.LastMediaAt;
                    slot.NextActiveEvent = now + ActiveInterval;
                    Tell(slot, new MediaActive());
                }

                _timers.Set(slot, slot.Core.NextTimeout);
            }
            catch (Exception exception)
            {
                Fault(slot, exception);
            }
        }

        _touched.Clear();
        if (_drops.Due <= now)
        {
            PublishDrops();
        }
    }

    /// <summary>Lets everybody see what the sessions have dropped up to now.</summary>
    public void PublishDrops() => _drops.Publish(_open);

    /// <summary>After the output of a turn has been sent: a participant that left has no use for its connections.</summary>
    public void CloseLeaving()
    {
        foreach (TransportAddress address in _leaving)
        {
            tcp?.Close(address);
        }

        _leaving.Clear();
    }

    private void Touch(SessionSlot slot)
    {
        if (!slot.Touched)
        {
            slot.Touched = true;
            _touched.Add(slot);
        }
    }

    private void DrainEvents(SessionSlot slot)
    {
        while (slot.Core.TryTakeEvent(out SfuEvent e))
        {
            switch (e)
            {
                case UfragAdded added when slot.Routes.TryGetValue(added.Participant, out ParticipantRoute? route):
                    demultiplexer.AddUfrag(added.PackedUfrag, route);
                    break;
                case UfragRemoved removed when slot.Routes.TryGetValue(removed.Participant, out ParticipantRoute? route):
                    demultiplexer.RemoveUfrag(removed.PackedUfrag, route);
                    break;
                case AddressSelected selected when slot.Routes.TryGetValue(selected.Participant, out ParticipantRoute? route):
                    route.Selected = selected.Address;
                    demultiplexer.AddAddress(selected.Address, route);
                    Tell(slot, new MediaPathChanged(selected.Participant, selected.Address.Protocol));
                    break;
                case TransportStateChanged changed:
                    Tell(slot, new MediaTransportChanged(changed.Participant, changed.State));
                    break;
                case TrackStarted started:
                    Tell(slot, new MediaTrackStarted(started.Participant, started.Source));
                    break;
                case DownlinkQuality quality:
                    Tell(slot, new MediaDownlinkQuality(quality));
                    break;
                case RenegotiationWanted wanted:
                    Tell(slot, new MediaRenegotiationWanted(wanted.Participant, wanted.Reason));
                    break;
            }
        }
    }

    private void Tell(SessionSlot slot, MediaEvent e)
    {
        if (!slot.Events.TryWrite(e))
        {
            counters.EventsDropped++;
        }
    }

    private void Fault(SessionSlot slot, Exception exception)
    {
        if (!slot.Open)
        {
            return;
        }

        counters.SessionsFaulted++;
        MediaLog.SessionFaulted(log, slot.Number, exception);
        Tell(slot, new MediaFaulted());
        Release(slot);
    }

    private void Release(SessionSlot slot)
    {
        slot.Open = false;
        foreach (ParticipantRoute route in slot.Routes.Values)
        {
            _leaving.AddRange(route.Addresses.Where(a => a.Protocol == TransportProtocol.Tcp));
            demultiplexer.Remove(route);
            counters.Participants--;
        }

        slot.Routes.Clear();
        _timers.Remove(slot);
        _open.Remove(slot);
        counters.Sessions = _open.Count;
        slot.Events.TryComplete();
        try
        {
            slot.Core.Dispose();
            _drops.Fold(slot.Core);
        }
        catch (Exception exception)
        {
            MediaLog.SessionFaulted(log, slot.Number, exception);
        }
    }

    private static void EnsureOpen(SessionSlot slot)
    {
        if (!slot.Open)
        {
            throw new MediaSessionClosedException();
        }
    }
}
