using Wardline.Rtc.Sdp;

namespace Wardline.Sfu.Layers;

/// <summary>The numbers that one m-section agreed on: payload types and header extension ids; 0 is "not agreed".</summary>
internal readonly record struct MediaFormat
{
    public byte Opus { get; init; }

    public byte Red { get; init; }

    public byte Vp8 { get; init; }

    public byte Vp8Rtx { get; init; }

    public byte MidExtension { get; init; }

    public byte RidExtension { get; init; }

    public byte RepairedRidExtension { get; init; }

    public byte TransportCcExtension { get; init; }

    public byte AudioLevelExtension { get; init; }

    public byte AbsSendTimeExtension { get; init; }

    public bool Accepts(byte payloadType) =>
        payloadType != 0 && (payloadType == Opus || payloadType == Red || payloadType == Vp8 || payloadType == Vp8Rtx);

    public static MediaFormat From(NegotiatedSection section) => new()
    {
        Opus = section.OpusPt ?? 0,
        Red = section.RedPt ?? 0,
        Vp8 = section.Vp8Pt ?? 0,
        Vp8Rtx = section.Vp8RtxPt ?? 0,
        MidExtension = section.MidExt,
        RidExtension = section.RidExt,
        RepairedRidExtension = section.RepairedRidExt,
        TransportCcExtension = section.TransportCcExt,
        AudioLevelExtension = section.AudioLevelExt,
        AbsSendTimeExtension = section.AbsSendTimeExt,
    };
}
