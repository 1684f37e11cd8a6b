namespace Wardline.Rtc.Sdp;

/// <summary>Why an offer is refused. The code is permanent and reaches the client (docs/protocol.md); the message is for people.</summary>
/// <param name="Line">Number of the line, from 1; 0 when it is about the whole offer.</param>
public sealed record SdpError(string Code, string Message, int Line);

/// <summary>The codes of the strict filter, never reused with another meaning.</summary>
public static class SdpCodes
{
    /// <summary>Not SDP, or not the part of it that is spoken here.</summary>
    public const string Malformed = "sdp.malformed";

    /// <summary>Bytes, lines or the length of a line over the bound.</summary>
    public const string TooLarge = "sdp.too-large";

    public const string TooManySections = "sdp.too-many-sections";

    public const string TooManyCodecs = "sdp.too-many-codecs";

    public const string NoFingerprint = "sdp.no-fingerprint";

    /// <summary>A certificate hash other than SHA-256, -384 or -512 anywhere in the offer.</summary>
    public const string WeakFingerprint = "sdp.weak-fingerprint";

    /// <summary>Keys in the SDP: <c>a=crypto</c>, <c>a=key-mgmt</c> or <c>k=</c>.</summary>
    public const string Sdes = "sdp.sdes";

    /// <summary>Media that would not run over DTLS.</summary>
    public const string InsecureProfile = "sdp.insecure-profile";

    /// <summary>No usable ICE credentials, or an ice-lite peer (two lite agents never meet).</summary>
    public const string NoIce = "sdp.no-ice";

    /// <summary>The offerer has to be able to be the DTLS client.</summary>
    public const string SetupRole = "sdp.setup-role";

    public const string NoRtcpMux = "sdp.no-rtcp-mux";

    /// <summary>A section that is not in the one BUNDLE group.</summary>
    public const string NoBundle = "sdp.no-bundle";

    /// <summary>An audio section without Opus or a video section without VP8.</summary>
    public const string NoCodec = "sdp.no-codec";

    /// <summary>A mid that the offer does not have.</summary>
    public const string UnknownMid = "sdp.unknown-mid";

    /// <summary>A later offer that does not fit the transport there is.</summary>
    public const string IceMismatch = "sdp.ice-mismatch";
}

/// <summary>
/// Bounds on what is read. Chromium among twelve people has 26,778 bytes in 24 sections, and 42,563 in 35 when the other
/// eleven all share their screens, if it offers only what is spoken here; with all its codecs it has 72,305 and is refused.
/// </summary>
public sealed record SdpLimits
{
    public static SdpLimits Default { get; } = new();

    /// <summary>The signaling message that carries it, with its line ends escaped and a list of the sections, has 64 KiB.</summary>
    public int MaxBytes { get; init; } = 48 * 1024;

    public int MaxLines { get; init; } = 1500;

    public int MaxLineBytes { get; init; } = 2048;

    public int MaxSections { get; init; } = 40;

    public int MaxCodecsPerSection { get; init; } = 64;

    public int MaxFeedbackPerCodec { get; init; } = 16;

    public int MaxExtensionsPerSection { get; init; } = 32;

    public int MaxRidsPerSection { get; init; } = 8;

    public int MaxSsrcsPerSection { get; init; } = 32;
}

public enum MediaKind : byte
{
    Audio,
    Video,

    /// <summary>Data channels, which are not served: answered with port 0.</summary>
    Application,

    Unknown,
}

/// <summary>RFC 8866 §6.7, as bits seen from the one who wrote it: 1 sends, 2 receives.</summary>
public enum SdpDirection : byte
{
    Inactive = 0,
    SendOnly = 1,
    RecvOnly = 2,
    SendRecv = 3,
}

public static class SdpDirections
{
    /// <summary>The same seen from the other side.</summary>
    public static SdpDirection Reverse(this SdpDirection direction) =>
        (SdpDirection)(((int)direction & 1) << 1 | (int)direction >> 1);

    public static bool Sends(this SdpDirection direction) => ((int)direction & 1) != 0;

    public static bool Receives(this SdpDirection direction) => ((int)direction & 2) != 0;

    /// <summary>The attribute's name.</summary>
    public static string Name(this SdpDirection direction) => direction switch
    {
        SdpDirection.SendOnly => "sendonly",
        SdpDirection.RecvOnly => "recvonly",
        SdpDirection.SendRecv => "sendrecv",
        _ => "inactive",
    };

    internal static bool TryParse(ReadOnlySpan<char> name, out SdpDirection direction)
    {
        (bool known, direction) = name switch
        {
            "sendrecv" => (true, SdpDirection.SendRecv),
            "sendonly" => (true, SdpDirection.SendOnly),
            "recvonly" => (true, SdpDirection.RecvOnly),
            "inactive" => (true, SdpDirection.Inactive),
            _ => (false, SdpDirection.SendRecv),
        };
        return known;
    }
}

/// <summary>RFC 4145 §4: who opens. The server is always passive, so these two are what an offer may say.</summary>
public enum SdpSetup : byte
{
    ActPass,
    Active,
}

/// <summary>URIs of the header extensions that the server understands (RFC 8285).</summary>
public static class RtpExtensionUris
{
    public const string Mid = "urn:ietf:params:rtp-hdrext:sdes:mid";
    public const string Rid = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id";
    public const string RepairedRid = "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id";
    public const string TransportCc = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01";
    public const string AudioLevel = "urn:ietf:params:rtp-hdrext:ssrc-audio-level";
    public const string AbsSendTime = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time";
}
