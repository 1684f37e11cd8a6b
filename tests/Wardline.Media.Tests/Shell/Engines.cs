using System.Net;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Wardline.Media.Taps;

namespace Wardline.Media.Tests.Shell;

internal static class Engines
{
    public static MediaOptions Options => new()
    {
        BindAddress = IPAddress.Loopback,
        AdvertisedAddresses = [IPAddress.Loopback],
        UdpPort = MediaOptions.AnyPort,
        TcpPort = MediaOptions.AnyPort,
        // Tests talk faster than people; FloodTests holds the bound itself.
        PacketsPerParticipantPerSecond = 1_000_000,
        BytesPerParticipantPerSecond = 1_000_000_000,
    };

    public static MediaEngine Start(Func<MediaOptions, MediaOptions>? change = null, ILoggerFactory? log = null, PacketTap? tap = null) =>
        MediaEngine.Start(change is null ? Options : change(Options), TimeProvider.System, log ?? NullLoggerFactory.Instance, tap);

    /// <summary>Turns the test's thread over until the counters say so; the worker publishes them after each batch.</summary>
    public static void Eventually(Func<bool> condition, string what)
    {
        Assert.True(SpinWait.SpinUntil(condition, PlainPeer.Patience), what);
    }
}
