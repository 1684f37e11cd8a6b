namespace Wardline.Sfu;

/// <summary>
/// Why a session did not take or did not send a packet: every packet that goes nowhere is counted under one of these,
/// by the first that had a say. Says nothing about anybody. In the order of the layers, from the wire inwards, then out.
/// </summary>
public enum DropReason : byte
{
    // RtcTransport
    UnknownKind,
    AfterEnd,
    OutputFull,
    DtlsFromUnprovenAddress,
    DtlsBeforeOffer,
    MediaFromUnprovenAddress,
    MediaBeforeKeys,
    SendRefused,

    // ICE
    IceMalformed,
    IceWithoutFingerprint,
    IceNotARequest,
    IceBeforeOffer,
    IceReplayed,
    IceWithoutCredentials,
    IceWrongUsername,
    IceBadIntegrity,
    IceUnknownAttribute,
    IceRoleConflict,

    // DTLS
    DtlsMalformed,
    DtlsRefused,
    DtlsDiscarded,

    // SRTP and SRTCP, received
    SrtpMalformed,
    SrtpReplayed,
    SrtpTooOld,
    SrtpAuthentication,
    SrtpNotEncrypted,
    SrtpTooManyStreams,
    SrtpExhausted,

    // RTP and RTCP, authenticated
    RtpMalformed,
    RtpMalformedPayload,
    RtpUnknownSsrc,
    RtpTooManyStreams,
    RtpUnknownPayloadType,
    RtpDuplicate,
    RtpOutsideWindow,
    RtcpMalformed,

    // On the way to a receiver
    NoPayloadType,
    Oversized,
    PacedTooLate,
    UnknownParticipant,
}

/// <summary>Dropped packets by reason. A plain array of numbers: whoever keeps it owns it.</summary>
public sealed class DropCounts
{
    private readonly long[] _counts = new long[Reasons];

    public static int Reasons => (int)DropReason.UnknownParticipant + 1;

    public long this[DropReason reason] => _counts[(int)reason];

    public long Total => _counts.Sum();

    public void Add(DropReason reason, long packets) => _counts[(int)reason] += packets;

    public void Add(DropCounts other)
    {
        for (int i = 0; i < _counts.Length; i++)
        {
            _counts[i] += other._counts[i];
        }
    }

    public void Clear() => Array.Clear(_counts);
}
