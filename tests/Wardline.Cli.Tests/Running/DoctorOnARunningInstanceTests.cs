using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Wardline.Cli.Tests.Running;

/// <summary><c>./wardline doctor</c> against what <c>./run.sh</c> has started, then with one thing wrong at a time.</summary>
public sealed class DoctorOnARunningInstanceTests(Instance instance) : IClassFixture<Instance>
{
    [Fact]
    public async Task Everything_is_well_and_the_relay_gives_an_allocation_by_every_way()
    {
        (int code, string text) = await DoctorAsync();
        Assert.True(code == 0, text);
        Assert.DoesNotContain("FAILED", text, StringComparison.Ordinal);
        Assert.Contains("Calls can work.", text, StringComparison.Ordinal);
        foreach (string url in (string[])[$"turn:127.0.0.1:{instance.TurnPort}?transport=udp", $"turn:127.0.0.1:{instance.TurnPort}?transport=tcp", $"turns:127.0.0.1:{instance.TurnsPort}?transport=tcp"])
        {
            Assert.Matches($"ok +relay +{Regex.Escape(url)} gave an allocation that reaches the media and nothing else", text);
        }

        Assert.Matches($"ok +udp +UDP port {instance.UdpPort} takes datagrams at 127.0.0.1", text);
        Assert.Matches($"ok +tcp +https://localhost:{instance.Port} answers and is ready", text);
        foreach (string check in (string[])["certificate", "address", "clock", "disk", "secrets"])
        {
            Assert.Matches($"(?m)^ok +{check} ", text);
        }

        string secret = await File.ReadAllTextAsync(Path.Combine(instance.Data, "turn", "secret"));
        Assert.DoesNotContain(secret, text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_same_as_json()
    {
        (int code, string text) = await DoctorAsync("--json");
        Assert.Equal(0, code);
        JsonElement report = JsonElement.Parse(text);
        Assert.True(report.GetProperty("healthy").GetBoolean());
        Assert.Equal(
            ["udp", "tcp", "certificate", "address", "relay", "clock", "disk", "secrets"],
            report.GetProperty("findings").EnumerateArray().Select(f => f.GetProperty("check").GetString()).Distinct());
    }

    [Fact]
    public async Task A_wrong_port_is_named_with_what_to_do()
    {
        int wrong = Ports.Free();
        await FailsAsync("udp", $"nothing takes media on UDP port {wrong}", "--udp-port", $"{wrong}");
        await FailsAsync("tcp", $"https://localhost:{wrong} does not answer", "--port", $"{wrong}");
        await FailsAsync("tcp", $"Media over TCP is not reachable at 127.0.0.1:{wrong}", "--tcp-port", $"{wrong}");
        await FailsAsync("relay", $"turn:127.0.0.1:{wrong}?transport=tcp does not answer", "--turn-url", $"turn:127.0.0.1:{wrong}?transport=tcp");
    }

    [Fact]
    public async Task An_expired_certificate_is_named_with_what_to_do()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new("CN=localhost", key, HashAlgorithmName.SHA256);
        SubjectAlternativeNameBuilder names = new();
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        using X509Certificate2 old = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-90), DateTimeOffset.UtcNow.AddDays(-1));
        string path = Path.Combine(instance.Data, "old.pem");
        await File.WriteAllTextAsync(path, old.ExportCertificatePem());
        await FailsAsync("certificate", "The certificate expired on", "--certificate", path);
    }

    [Theory]
    [InlineData(600)]
    [InlineData(-600)]
    public async Task A_clock_that_is_off_is_named_with_what_to_do(int seconds)
    {
        using TimeServer server = new(TimeSpan.FromSeconds(seconds));
        await FailsAsync("clock", $"s off from {server.Address}", "--ntp", server.Address);
    }

    [Fact]
    public async Task A_clock_that_is_right_is_said_to_be()
    {
        using TimeServer server = new(TimeSpan.Zero);
        (int code, string text) = await DoctorAsync("--ntp", server.Address);
        Assert.Equal(0, code);
        Assert.Matches($"ok +clock +The clock is 0\\.\\d+ s off from {server.Address}", text);
    }

    [Fact]
    public async Task A_full_disk_is_named_with_what_to_do() =>
        await FailsAsync("disk", "MiB are needed", "--least-free-mib", $"{1L << 40}");

    [Fact]
    public async Task A_wrong_secret_of_the_relay_is_named_with_what_to_do()
    {
        string wrong = Path.Combine(instance.Data, "wrong-secret");
        await File.WriteAllTextAsync(wrong, "0123456789abcdef");
        await FailsAsync("relay", "refused an allocation: 401", "--turn-secret", $"file:{wrong}");
    }

    private async Task FailsAsync(string check, string found, params string[] args)
    {
        (int code, string text) = await DoctorAsync(args);
        Assert.True(code == 1, text);
        string[] lines = text.Split('\n');
        int at = Array.FindIndex(lines, l => l.StartsWith($"FAILED   {check} ", StringComparison.Ordinal) && l.Contains(found, StringComparison.Ordinal));
        Assert.True(at >= 0, text);
        Assert.Matches("^ +→ [A-Z].{15,}", lines[at + 1]);
        Assert.Contains("Something keeps calls from working.", text, StringComparison.Ordinal);

        // Nothing else is blamed for it.
        Assert.All(lines.Where(l => l.StartsWith("FAILED", StringComparison.Ordinal)), l => Assert.StartsWith($"FAILED   {check} ", l, StringComparison.Ordinal));
    }

    private async Task<(int Code, string Text)> DoctorAsync(params string[] args)
    {
        await using RunningProgram doctor = RunningProgram.Start("./wardline", ["doctor", "--data", instance.Data, .. args]);
        int code = await doctor.EndedAsync();
        return (code, doctor.Output);
    }

    /// <summary>A time server (RFC 5905 §7.3) whose clock is off.</summary>
    private sealed class TimeServer : IDisposable
    {
        private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        private readonly Task _serving;

        public TimeServer(TimeSpan off)
        {
            _socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            _serving = Task.Run(() => ServeAsync(off));
        }

        public string Address => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{((IPEndPoint)_socket.LocalEndPoint!).Port}");

        public void Dispose()
        {
            _socket.Dispose();
            _serving.Wait();
        }

        private async Task ServeAsync(TimeSpan off)
        {
            byte[] packet = new byte[48];
            try
            {
                while (true)
                {
                    SocketReceiveFromResult asked = await _socket.ReceiveFromAsync(packet, new IPEndPoint(IPAddress.Any, 0));
                    byte[] answer = new byte[48];
                    (answer[0], answer[1]) = (0x24, 2); // version 4, server, stratum 2
                    double seconds = (DateTimeOffset.UtcNow + off - new DateTimeOffset(1900, 1, 1, 0, 0, 0, TimeSpan.Zero)).TotalSeconds;
                    foreach (int at in (int[])[32, 40])
                    {
                        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(answer.AsSpan(at), (uint)seconds);
                        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(answer.AsSpan(at + 4), (uint)((seconds - Math.Floor(seconds)) * uint.MaxValue));
                    }

                    await _socket.SendToAsync(answer, asked.RemoteEndPoint);
                }
            }
            catch (Exception over) when (over is SocketException or ObjectDisposedException)
            {
                // the test is over
            }
        }
    }
}
