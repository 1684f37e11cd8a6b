namespace Wardline.Server.Features.Signaling;

/// <summary>The sizes and rates of docs/protocol.md §2, in one place: a test compares them with the table on that page.</summary>
internal static class SignalingLimits
{
    public const int MessageBytes = 65_536;
    public const int JsonDepth = 8;

    public const int MessageBurst = 100;
    public const int MessagesPerSecond = 50;

    /// <summary>Offers of one participant. Each is parsed, answered, and may be told to everybody.</summary>
    public const int OfferBurst = 10;
    public static readonly TimeSpan OfferEvery = TimeSpan.FromMilliseconds(500);

    /// <summary>
    /// <c>e2ee</c> messages of one sender for one target. For each turn of keys a pair exchanges a key, its receipt, a
    /// commitment and a reveal; when eleven others come one after the other that is 44 at once, and resends (two of them
    /// after 0.5, 1, 2 … s) are well below 8 a second.
    /// </summary>
    public const int SealedBurst = 64;
    public static readonly TimeSpan SealedEvery = TimeSpan.FromMilliseconds(125);

    /// <summary>Sealed messages that wait for somebody whose socket is broken.</summary>
    public const int SealedKept = 64;
    public const int SealedCharacters = 8192;

    public static readonly TimeSpan RosterEvery = TimeSpan.FromMilliseconds(100);

    public const int Sections = 40;
    public const int MidCharacters = 32;
    public const int ParticipantCharacters = 64;
    public const int PingCharacters = 32;
    public const int Pixels = 16_384;
    public const int Participants = 12;
    public const int FaultsInARow = 5;
}
