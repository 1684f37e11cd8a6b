using Wardline.Rtc;
using Wardline.Rtc.Rtp;

namespace Wardline.Media.Tests.Peers;

/// <summary>What a peer has received on one m-section, and whether it looks like one unbroken stream.</summary>
internal sealed class Reception
{
    private readonly HashSet<ushort> _sequences = [];
    private int _lastPictureId = -1;

    public int Packets { get; private set; }

    public int KeyFrames { get; private set; }

    public int Frames { get; private set; }

    /// <summary>Packets by the layer that the sender wrote into them: q, h, f, or '-' for none.</summary>
    public Dictionary<char, int> ByLayer { get; } = [];

    /// <summary>Payloads that are not what a peer sends.</summary>
    public int Damaged { get; private set; }

    public int Duplicates { get; private set; }

    /// <summary>Frames whose picture id is not the successor of the one before.</summary>
    public int PictureGaps { get; private set; }

    public Ssrc Ssrc { get; private set; }

    public void Packet(ReadOnlySpan<byte> packet)
    {
        Packets++;
        Ssrc = RtpHeader.Ssrc(packet);
        if (!_sequences.Add(RtpHeader.Sequence(packet).Value))
        {
            Duplicates++;
        }

        ReadOnlySpan<byte> payload = RtpHeader.Payload(packet);
        if (!payload.EndsWith(PublishedSource.Mark))
        {
            Damaged++;
            return;
        }

        if (RtpHeader.PayloadType(packet) != PeerSdp.Vp8)
        {
            return;
        }

        char layer = (char)payload[^(PublishedSource.Mark.Length + 1)];
        ByLayer[layer] = ByLayer.GetValueOrDefault(layer) + 1;
        if (Vp8Descriptor.TryRead(payload, out Vp8DescriptorView view) && view.IsFrameStart)
        {
            Frames++;
            KeyFrames += view.IsKeyFrameStart ? 1 : 0;
            if (_lastPictureId >= 0 && view.PictureId != (_lastPictureId + 1 & 0x7FFF))
            {
                PictureGaps++;
            }

            _lastPictureId = view.PictureId;
        }
    }
}
