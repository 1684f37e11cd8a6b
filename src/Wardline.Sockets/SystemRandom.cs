using System.Security.Cryptography;
using Wardline.Rtc;

namespace Wardline.Sockets;

/// <summary>The operating system's generator.</summary>
internal sealed class SystemRandom : IRandomSource
{
    public void Fill(Span<byte> destination) => RandomNumberGenerator.Fill(destination);
}
