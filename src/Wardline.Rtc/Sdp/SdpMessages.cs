namespace Wardline.Rtc.Sdp;

/// <summary>What a refusal says to the person who writes the client.</summary>
internal static class SdpMessages
{
    public static string For(string code) => code switch
    {
        SdpCodes.TooManySections => "More media sections than a visit can use.",
        SdpCodes.TooManyCodecs => "More codecs in one section than are read.",
        SdpCodes.NoFingerprint => "The offer does not name a DTLS certificate (a=fingerprint).",
        SdpCodes.WeakFingerprint => "Certificates are named by SHA-256, SHA-384 or SHA-512 only.",
        SdpCodes.Sdes => "Keys do not belong into SDP; media is keyed by DTLS.",
        SdpCodes.InsecureProfile => "Media runs over DTLS-SRTP with feedback (UDP/TLS/RTP/SAVPF) only.",
        SdpCodes.NoIce => "The offer needs ICE credentials of a full (not lite) agent.",
        SdpCodes.SetupRole => "The offerer must be able to open DTLS: a=setup:actpass or a=setup:active.",
        SdpCodes.NoRtcpMux => "RTP and RTCP share one port: a=rtcp-mux.",
        SdpCodes.NoBundle => "All media sections share one transport: use bundlePolicy \"max-bundle\".",
        SdpCodes.NoCodec => "Audio needs opus/48000/2, video VP8/90000.",
        SdpCodes.UnknownMid => "The offer has no section with that mid.",
        SdpCodes.IceMismatch => "The offer does not fit the transport that it would change.",
        _ => "The line cannot be read.",
    };
}
