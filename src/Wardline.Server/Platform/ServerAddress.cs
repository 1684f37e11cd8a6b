using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;

namespace Wardline.Server.Platform;

/// <summary>The address in links, known once the port is open.</summary>
internal sealed class ServerAddress(PlatformOptions options, IServer server)
{
    public int Port => options.Port != 0
        ? options.Port
        : new Uri(server.Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.First()).Port;

    public string Origin
    {
        get
        {
            string host = Uri.CheckHostName(options.Host) == UriHostNameType.IPv6 ? $"[{options.Host}]" : options.Host;
            return Port == 443 ? $"https://{host}" : $"https://{host}:{Port}";
        }
    }
}
