using Wardline.Rtc;
using Wardline.Rtc.Ice;
using Wardline.Rtc.Sdp;
using Wardline.Sfu;

namespace Wardline.Media.Loops;

/// <summary>
/// What a worker needs of a session. The SFU is the one in production; tests replace it by one that throws, floods
/// or stays silent, since a real one must not be able to.
/// </summary>
internal interface ISessionCore : IDisposable
{
    IceCredentials AddParticipant(ParticipantId id, Instant now);

    void RemoveParticipant(ParticipantId id, Instant now, PacketTrains output);

    bool TryNegotiate(
        ParticipantId id,
        string sdpOffer,
        IReadOnlyList<PublishRequest> publish,
        IReadOnlyList<SubscribeRequest> subscribe,
        IReadOnlyList<string> candidateLines,
        Instant now,
        out string answer,
        out SdpError error);

    void SetView(ParticipantId id, IReadOnlyList<ViewSlot> slots, Instant now);

    /// <returns>False when it claims to be the participant's and is not.</returns>
    bool Handle(ParticipantId id, Span<byte> datagram, in TransportAddress from, Instant now, PacketTrains output);

    void HandleTimeout(Instant now, PacketTrains output);

    Instant NextTimeout { get; }

    Instant LastMediaAt { get; }

    bool TryTakeEvent(out SfuEvent e);

    /// <summary>Adds all that it has dropped since its beginning; also after it was disposed.</summary>
    void AddDrops(DropCounts to);

    TransportReport? ReportOn(ParticipantId id);
}

/// <summary>The SFU as a session of a worker.</summary>
internal sealed class SfuCore(SfuSession session) : ISessionCore
{
    public Instant NextTimeout => session.NextTimeout;

    public Instant LastMediaAt => session.LastMediaAt;

    public IceCredentials AddParticipant(ParticipantId id, Instant now) => session.AddParticipant(id, now);

    public void RemoveParticipant(ParticipantId id, Instant now, PacketTrains output) => session.RemoveParticipant(id, now, output);

    public bool TryNegotiate(
        ParticipantId id,
        string sdpOffer,
        IReadOnlyList<PublishRequest> publish,
        IReadOnlyList<SubscribeRequest> subscribe,
        IReadOnlyList<string> candidateLines,
        Instant now,
        out string answer,
        out SdpError error) =>
        session.TryNegotiate(id, sdpOffer, publish, subscribe, candidateLines, now, out answer, out error);

    public void SetView(ParticipantId id, IReadOnlyList<ViewSlot> slots, Instant now) => session.SetView(id, slots, now);

    public bool Handle(ParticipantId id, Span<byte> datagram, in TransportAddress from, Instant now, PacketTrains output) =>
        session.Handle(id, datagram, from, now, output);

    public void HandleTimeout(Instant now, PacketTrains output) => session.HandleTimeout(now, output);

    public bool TryTakeEvent(out SfuEvent e) => session.TryTakeEvent(out e);

    public void AddDrops(DropCounts to) => session.AddDrops(to);

    public TransportReport? ReportOn(ParticipantId id) => session.ReportOn(id);

    public void Dispose() => session.Dispose();
}
