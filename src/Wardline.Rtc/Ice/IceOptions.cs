namespace Wardline.Rtc.Ice;

public sealed record IceOptions
{
    public static IceOptions Default { get; } = new();

    /// <summary>RFC 7675 §5.1: consent expires 30 s after the last authenticated check.</summary>
    public TimeSpan ConsentTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How long after the first nomination a path of lower priority does not take over. Peers that nominate all their
    /// pairs at once (RFC 5245 §8.1.1.2, "aggressive", as Firefox does) mean the best of them; afterwards the latest
    /// nomination counts, which is a peer that moved.
    /// </summary>
    public TimeSpan NominationSettling { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// How many of a peer's addresses are remembered as validated. A browser with two networks, IPv6 and a relay
    /// uses fewer than ten; beyond the bound the one that was silent longest is forgotten.
    /// </summary>
    public int MaxValidatedAddresses { get; init; } = 16;
}

/// <summary>What one call of <see cref="IceLiteAgent.Handle"/> came to.</summary>
public enum IceOutcome : byte
{
    /// <summary>Nothing to send; <see cref="IceCounters"/> tells why.</summary>
    Dropped,

    /// <summary>Refused, mostly with an error response to be sent. The sender has proven nothing: its address must not be learnt.</summary>
    Refused,

    /// <summary>An authenticated check: its success response is to be sent, its address is validated.</summary>
    Answered,

    /// <summary>The same, and <see cref="IceLiteAgent.Selected"/> is now another address (or the first).</summary>
    AnsweredAndSelected,
}

/// <summary>What came in and what became of it. Written by the session's only thread.</summary>
public sealed class IceCounters
{
    public long Answered { get; internal set; }

    public long SelectionChanges { get; internal set; }

    /// <summary>Not STUN, or not parseable.</summary>
    public long Malformed { get; internal set; }

    /// <summary>RFC 8445 §7.1 demands FINGERPRINT in every check.</summary>
    public long WithoutFingerprint { get; internal set; }

    /// <summary>Indications (keep-alives), responses, and methods that ICE does not have.</summary>
    public long NotARequest { get; internal set; }

    /// <summary>400: no USERNAME or no MESSAGE-INTEGRITY.</summary>
    public long WithoutCredentials { get; internal set; }

    /// <summary>401: a USERNAME that is not ours.</summary>
    public long WrongUsername { get; internal set; }

    /// <summary>401: the HMAC does not fit the password.</summary>
    public long BadIntegrity { get; internal set; }

    /// <summary>420.</summary>
    public long UnknownAttributes { get; internal set; }

    /// <summary>487.</summary>
    public long RoleConflicts { get; internal set; }

    /// <summary>A check before the peer's credentials are known.</summary>
    public long BeforeRemote { get; internal set; }

    /// <summary>Genuine checks that came a second time from another address, or long after the first time: recorded ones.</summary>
    public long ReplayedChecks { get; internal set; }

    /// <summary>Checks repeated from the same address while an answer may still be missing: answered again, without any other effect.</summary>
    public long RepeatedChecks { get; internal set; }

    /// <summary>Addresses forgotten because more were validated than are remembered.</summary>
    public long AddressesForgotten { get; internal set; }

    public long Dropped => Malformed + WithoutFingerprint + NotARequest + BeforeRemote + ReplayedChecks;

    public long Refused => WithoutCredentials + WrongUsername + BadIntegrity + UnknownAttributes + RoleConflicts;
}
