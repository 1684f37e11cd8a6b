using System.Net;
using System.Net.Sockets;
using Wardline.Media;
using Wardline.Server.Platform;

namespace Wardline.Server.Features.Signaling.Media;

internal static class MediaSettings
{
    private const int MaxAddresses = 8;

    /// <summary>
    /// Reads the <c>Media</c> section. Without <c>Media:AdvertisedAddresses</c> people are told the address in links when
    /// that is one, else every address of this machine; where only this machine can open the pages, loopback too.
    /// </summary>
    public static MediaOptions Read(SettingsReader settings)
    {
        int udp = settings.Whole("Media:UdpPort", 7881, 1, 65535);
        IPAddress any = Socket.OSSupportsIPv6 ? IPAddress.IPv6Any : IPAddress.Any;
        IReadOnlyList<IPAddress> advertised = settings.Addresses("Media:AdvertisedAddresses");
        advertised = advertised.Count > 0 ? advertised : Detect(settings.Text("Server:Host", "localhost"));

        // From a socket bound to no address a machine with several answers by the address nearest to the asker. Whoever
        // asked another one does not know it, and silently goes on by TCP.
        bool isOurs = advertised is [var only] && PlatformOptions.HostAddresses().Contains(only);
        MediaOptions options = new()
        {
            BindAddress = settings.Address("Media:BindAddress", isOurs ? advertised[0] : any),
            AdvertisedAddresses = advertised,
            UdpPort = udp,
            TcpPort = settings.Whole("Media:TcpPort", udp, 0, 65535),
            Workers = settings.Whole("Media:Workers", 1, 1, 256),
            TurnSpacing = TimeSpan.FromMicroseconds(settings.Whole("Media:TurnSpacingMicroseconds", 400, 0, 1000)),
            PinWorkers = settings.Flag("Media:PinWorkers", false),
            Offload = settings.OneOf("Media:Offload", MediaOffload.Auto),
        };
        try
        {
            options.Validate();
        }
        catch (InvalidOperationException invalid)
        {
            settings.Refuse("Media", invalid.Message, "valid as a whole");
        }

        return options;
    }

    private static IReadOnlyList<IPAddress> Detect(string host)
    {
        if (IPAddress.TryParse(host, out IPAddress? only))
        {
            return [only];
        }

        IPAddress[] found = [.. PlatformOptions.HostAddresses().Where(a => host != "localhost" || a.AddressFamily == AddressFamily.InterNetwork).Take(MaxAddresses - 1)];
        return host == "localhost" || found.Length == 0 ? [.. found, IPAddress.Loopback] : found;
    }
}
