using System.Net;
using System.Net.Http;
using System.Net.NetworkInformation;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;

namespace Wardline.Cli.Doctor;

/// <summary>Can a datagram get to the media port under each advertised address?</summary>
internal static class UdpCheck
{
    private static readonly TimeSpan RefusalWithin = TimeSpan.FromMilliseconds(300);

    public static async Task<IReadOnlyList<Finding>> RunAsync(Subject subject, CancellationToken cancel)
    {
        int port = subject.Instance.UdpPort;
        bool held = IsHeld(port);
        if (!held && await IsRunningAsync(subject.Instance, cancel))
        {
            return [new("udp", Verdict.Failed, $"The server runs, but nothing takes media on UDP port {port}.",
                "Name the port that it was started with (--udp-port; without it doctor reads run/instance.json in the data root), or restart it with Media__UdpPort.")];
        }

        List<Finding> findings = [];
        foreach (string text in subject.Instance.AdvertisedAddresses)
        {
            if (!IPAddress.TryParse(text, out IPAddress? address))
            {
                findings.Add(new("udp", Verdict.Failed, $"'{text}' is no IP address.", "Set Media__AdvertisedAddresses to addresses."));
            }
            else if (!held)
            {
                findings.Add(await EchoAsync(address, port, cancel));
            }
            else
            {
                findings.Add(await RefusedAsync(address, port, cancel)
                    ? new("udp", Verdict.Failed, $"UDP port {port} is refused at {address}.", "Bind the media engine to that address (Media__BindAddress), or advertise another one.")
                    : new("udp", Verdict.Ok, $"UDP port {port} takes datagrams at {address}."));
            }
        }

        return findings;
    }

    private static async Task<bool> IsRunningAsync(InstanceNote instance, CancellationToken cancel)
    {
        try
        {
            using Socket socket = new(SocketType.Stream, ProtocolType.Tcp);
            using CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            patience.CancelAfter(TimeSpan.FromSeconds(2));
            await socket.ConnectAsync(instance.Host, instance.Port, patience.Token);
            return true;
        }
        catch (Exception failure) when (failure is SocketException or OperationCanceledException)
        {
            cancel.ThrowIfCancellationRequested();
            return false;
        }
    }

    private static bool IsHeld(int port)
    {
        try
        {
            using Socket probe = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            probe.Bind(new IPEndPoint(IPAddress.Any, port));
            return false;
        }
        catch (SocketException)
        {
            return true;
        }
    }

    /// <summary>Nobody is running: this process takes the port itself and sends to it.</summary>
    private static async Task<Finding> EchoAsync(IPAddress address, int port, CancellationToken cancel)
    {
        try
        {
            using Socket receiver = new(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
            receiver.Bind(new IPEndPoint(address.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any, port));
            using Socket sender = new(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
            await sender.SendToAsync("wardline doctor"u8.ToArray(), SocketFlags.None, new IPEndPoint(address, port), cancel);
            using CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            patience.CancelAfter(TimeSpan.FromSeconds(1));
            await receiver.ReceiveAsync(new byte[64], SocketFlags.None, patience.Token);
            return new("udp", Verdict.Ok, $"UDP port {port} is free and reachable at {address} (no server is running).");
        }
        catch (Exception failure) when (failure is SocketException or OperationCanceledException)
        {
            cancel.ThrowIfCancellationRequested();
            return new("udp", Verdict.Failed, $"A datagram to {address}:{port} does not arrive ({failure.Message}).",
                $"Open UDP port {port} in the firewall; with address translation, forward it and advertise the public address.");
        }
    }

    // A connected UDP socket hears of "port unreachable".
    private static async Task<bool> RefusedAsync(IPAddress address, int port, CancellationToken cancel)
    {
        using Socket socket = new(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        using CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        patience.CancelAfter(RefusalWithin);
        try
        {
            await socket.ConnectAsync(new IPEndPoint(address, port), cancel);
            await socket.SendAsync(new byte[] { 0 }, SocketFlags.None, cancel);
            await socket.ReceiveAsync(new byte[64], SocketFlags.None, patience.Token);
            return false;
        }
        catch (OperationCanceledException)
        {
            cancel.ThrowIfCancellationRequested();
            return false; // silence: the server drops what is no ICE check of a participant
        }
        catch (SocketException)
        {
            return true;
        }
    }
}

/// <summary>Does the HTTPS port answer, only with TLS 1.3, and is ICE-TCP reachable?</summary>
internal static class TcpCheck
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public static async Task<IReadOnlyList<Finding>> RunAsync(Subject subject, CancellationToken cancel)
    {
        InstanceNote instance = subject.Instance;
        List<Finding> findings = [await HttpsAsync(instance, cancel)];
        if (findings[0].Verdict == Verdict.Ok)
        {
            findings.Add(await OldTlsAsync(instance, cancel));
        }

        if (instance.TcpPort != 0 && findings[0].Verdict == Verdict.Ok)
        {
            foreach (string address in instance.AdvertisedAddresses)
            {
                findings.Add(await IceTcpAsync(address, instance.TcpPort, cancel));
            }
        }

        return findings;
    }

    private static async Task<Finding> HttpsAsync(InstanceNote instance, CancellationToken cancel)
    {
        try
        {
            using HttpClient client = new(new SocketsHttpHandler
            {
                SslOptions = new SslClientAuthenticationOptions { EnabledSslProtocols = SslProtocols.Tls13, RemoteCertificateValidationCallback = static (_, _, _, _) => true },
            })
            {
                Timeout = Patience,
            };
            using HttpResponseMessage response = await client.GetAsync(new UriBuilder("https", instance.Host, instance.Port, "readyz").Uri, cancel);
            string body = await response.Content.ReadAsStringAsync(cancel);
            return response.IsSuccessStatusCode
                ? new("tcp", Verdict.Ok, $"https://{instance.Host}:{instance.Port} answers and is ready.")
                : new("tcp", Verdict.Failed, $"The server answers but is not ready: {body}", "Read its log; restart it when the reason is gone.");
        }
        catch (Exception failure) when (failure is HttpRequestException or OperationCanceledException)
        {
            cancel.ThrowIfCancellationRequested();
            return new("tcp", Verdict.Failed, $"https://{instance.Host}:{instance.Port} does not answer ({failure.Message}).",
                $"Start the server (./run.sh). When it runs: open TCP port {instance.Port} in the firewall, and check that {instance.Host} leads to this machine.");
        }
    }

    private static async Task<Finding> OldTlsAsync(InstanceNote instance, CancellationToken cancel)
    {
        try
        {
            using TcpClient tcp = new();
            await tcp.ConnectAsync(instance.Host, instance.Port, cancel);
            await using SslStream tls = new(tcp.GetStream());
            await tls.AuthenticateAsClientAsync(
                new SslClientAuthenticationOptions { TargetHost = instance.Host, EnabledSslProtocols = SslProtocols.Tls12, RemoteCertificateValidationCallback = static (_, _, _, _) => true }, cancel);
            return new("tcp", Verdict.Failed, "Something in front of the server speaks TLS 1.2.", "Let TLS end in Wardline itself, or restrict the proxy to TLS 1.3.");
        }
        catch (Exception refused) when (refused is AuthenticationException or IOException or SocketException)
        {
            return new("tcp", Verdict.Ok, "TLS below 1.3 is refused.");
        }
    }

    private static async Task<Finding> IceTcpAsync(string address, int port, CancellationToken cancel)
    {
        using CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        patience.CancelAfter(Patience);
        try
        {
            using TcpClient tcp = new();
            await tcp.ConnectAsync(address, port, patience.Token);
            return new("tcp", Verdict.Ok, $"Media over TCP is reachable at {address}:{port}.");
        }
        catch (Exception failure) when (failure is SocketException or OperationCanceledException)
        {
            cancel.ThrowIfCancellationRequested();
            return new("tcp", Verdict.Failed, $"Media over TCP is not reachable at {address}:{port}.", $"Open TCP port {port}; without it, people behind networks without UDP need the relay.");
        }
    }
}

/// <summary>Are the advertised addresses ones that a browser can reach?</summary>
internal static class AddressCheck
{
    public static IReadOnlyList<Finding> Run(Subject subject)
    {
        HashSet<IPAddress> own = [.. NetworkInterface.GetAllNetworkInterfaces().SelectMany(i => i.GetIPProperties().UnicastAddresses).Select(a => a.Address)];
        IPAddress[] advertised = [.. subject.Instance.AdvertisedAddresses.Select(a => IPAddress.TryParse(a, out IPAddress? ip) ? ip : null).OfType<IPAddress>()];
        if (advertised.Length == 0)
        {
            return [new("address", Verdict.Failed, "No usable address is advertised.", "Set Media__AdvertisedAddresses to an address that browsers reach.")];
        }

        if (advertised.All(IPAddress.IsLoopback) && subject.Instance.Host is not ("localhost" or "127.0.0.1" or "::1"))
        {
            return [new("address", Verdict.Failed, $"Only {string.Join(", ", advertised.Select(a => a.ToString()))} is advertised, which leads nowhere from another machine.", "Set Media__AdvertisedAddresses to an address that browsers reach.")];
        }

        return [.. advertised.Select(a => own.Contains(a) || IPAddress.IsLoopback(a)
            ? new Finding("address", Verdict.Ok, $"{a} is an address of this machine.")
            : new Finding("address", Verdict.Warning, $"{a} is not an address of this machine.",
                $"That is right behind address translation: forward UDP and TCP port {subject.Instance.UdpPort} from it to this machine. Else correct Media__AdvertisedAddresses."))];
    }
}
