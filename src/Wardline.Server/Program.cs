using Wardline.Server;
using Wardline.Server.Platform;

try
{
    await using WebApplication app = WardlineHost.Create(args);
    await app.RunAsync();
    return 0;
}
catch (InvalidSettingsException invalid)
{
    await Console.Error.WriteLineAsync(invalid.Message);
    return 78; // sysexits.h EX_CONFIG
}
catch (IOException failure)
{
    await Console.Error.WriteLineAsync($"Wardline cannot start: {failure.Message} Other ports: --Server:Port, --Media:UdpPort, --Media:TcpPort (run.sh: --port, --udp-port, --tcp-port).");
    return 69; // sysexits.h EX_UNAVAILABLE
}
