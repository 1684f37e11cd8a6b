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
catch (IOException failure) when (failure.InnerException is Microsoft.AspNetCore.Connections.AddressInUseException)
{
    await Console.Error.WriteLineAsync($"Wardline cannot listen: {failure.Message} Another port: --Server:Port=… (run.sh: --port).");
    return 69; // sysexits.h EX_UNAVAILABLE
}
