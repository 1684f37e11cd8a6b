namespace Wardline.Rtc.Stun;

/// <summary>What became of a datagram that should be STUN.</summary>
public enum StunParse : byte
{
    Ok,

    /// <summary>Fewer bytes than the header.</summary>
    TooShort,

    /// <summary>The first two bits or the magic cookie are not STUN's: something else on the same port.</summary>
    NotStun,

    /// <summary>Longer than any message that a peer of ours has reason to send.</summary>
    TooLong,

    /// <summary>The length field is not a multiple of four or not the rest of the datagram.</summary>
    BadLength,

    /// <summary>An attribute runs over the end, has a length its type does not allow, or follows FINGERPRINT.</summary>
    BadAttribute,

    TooManyAttributes,

    /// <summary>FINGERPRINT is present and wrong: damaged, or not STUN at all.</summary>
    BadFingerprint,
}

/// <summary>RFC 8489 §5, the two bits C1 C0.</summary>
public enum StunClass : byte
{
    Request = 0,
    Indication = 1,
    Success = 2,
    Error = 3,
}

/// <summary>RFC 8489 §18.2; ICE uses no other.</summary>
public enum StunMethod : ushort
{
    Binding = 1,
}

/// <summary>
/// RFC 8489 §18.3 and RFC 8445 §16.1. Types below 0x8000 must be understood by the receiver
/// ("comprehension-required"), the others may be skipped.
/// </summary>
public enum StunAttribute : ushort
{
    Username = 0x0006,
    MessageIntegrity = 0x0008,
    ErrorCode = 0x0009,
    UnknownAttributes = 0x000A,
    MessageIntegritySha256 = 0x001C,
    XorMappedAddress = 0x0020,
    Priority = 0x0024,
    UseCandidate = 0x0025,
    Software = 0x8022,
    Fingerprint = 0x8028,
    IceControlled = 0x8029,
    IceControlling = 0x802A,
}

/// <summary>RFC 8489 §14.8, RFC 8445 §7.3.1.1.</summary>
public static class StunErrors
{
    public const int BadRequest = 400;
    public const int Unauthenticated = 401;
    public const int UnknownAttribute = 420;
    public const int RoleConflict = 487;
}
