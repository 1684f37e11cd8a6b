using Wardline.Rtc;
using Wardline.Sfu;

namespace Wardline.Media.Loops;

/// <summary>Where the packets of one participant go, and by which addresses and ufrags it is known.</summary>
internal sealed class ParticipantRoute(SessionSlot session, ParticipantId participant, MediaOptions options)
{
    /// <summary>Checks from addresses that this participant has not proven yet.</summary>
    public TokenBucket UnprovenChecks = new(options.UnprovenChecksPerParticipantPerSecond, options.UnprovenChecksPerParticipantPerSecond / 2);

    private TokenBucket _packets = new(options.PacketsPerParticipantPerSecond, options.PacketsPerParticipantPerSecond / 2);
    private TokenBucket _bytes = new(options.BytesPerParticipantPerSecond, options.BytesPerParticipantPerSecond / 2);

    private TokenBucket _forged = new(options.ForgedPerParticipantPerSecond, options.ForgedPerParticipantPerSecond / 2);

    /// <summary>Whether one more datagram is within what a participant may send; asked before anything is decrypted.</summary>
    public bool TryReceive(int bytes, Instant now) => _packets.TryTake(now) && _bytes.TryTake(bytes, now);

    /// <summary>
    /// What was taken proved not to come from the participant: its share is not for those who write its address on their
    /// envelopes. Beyond their own bound they do eat into it, or they could keep a worker opening packets all day.
    /// </summary>
    public void ReturnForged(int bytes, Instant now)
    {
        if (_forged.TryTake(now))
        {
            _packets.Return(1);
            _bytes.Return(bytes);
        }
    }

    public SessionSlot Session => session;

    public ParticipantId Participant => participant;

    /// <summary>Where its media goes: the one address that no other pushes out.</summary>
    public TransportAddress? Selected { get; set; }

    /// <summary>The longest silent first, counted from the last authenticated check.</summary>
    public List<TransportAddress> Addresses { get; } = new(options.MaxAddressesPerParticipant);

    public List<ulong> Ufrags { get; } = new(2);
}
