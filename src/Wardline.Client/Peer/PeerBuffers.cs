using Wardline.Client.Media;

namespace Wardline.Client.Peer;

/// <summary>Room for one frame on each step of its way, lent to one peer at a time by the loop that owns it.</summary>
internal sealed class PeerBuffers
{
    /// <summary>What sealing adds at most, generously: header, metadata, tag.</summary>
    private const int SealBytes = 256;

    public byte[] Frame { get; } = new byte[IFrameSource.MaxFrameBytes];

    public byte[] Sealed { get; } = new byte[IFrameSource.MaxFrameBytes + SealBytes];

    public byte[] Whole { get; } = new byte[FrameAssembler.MaxFrameBytes];

    public byte[] Opened { get; } = new byte[FrameAssembler.MaxFrameBytes];
}
