using Wardline.Client.E2ee;
using Wardline.Client.Media;

namespace Wardline.Client.Peer;

/// <summary>Room for one frame on each step of its way, lent to one peer at a time by the loop that owns it.</summary>
internal sealed class PeerBuffers
{
    public byte[] Frame { get; } = new byte[IFrameSource.MaxFrameBytes];

    public byte[] Sealed { get; } = new byte[IFrameSource.MaxFrameBytes + MemberSession.MaxOverheadBytes];

    public byte[] Whole { get; } = new byte[FrameAssembler.MaxFrameBytes];

    public byte[] Opened { get; } = new byte[FrameAssembler.MaxFrameBytes];
}
