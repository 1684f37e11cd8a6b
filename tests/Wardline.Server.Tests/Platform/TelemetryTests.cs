using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging.Abstractions;
using Wardline.Media;
using Wardline.Server.Features.Visits;
using Wardline.Server.Tests.Hosting;

namespace Wardline.Server.Tests.Platform;

public sealed class TelemetryTests
{
    [Theory]
    [InlineData("grpc", "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export", "/opentelemetry.proto.collector.trace.v1.TraceService/Export")]
    [InlineData("http", "/v1/metrics", "/v1/traces")]
    public async Task Traces_and_metrics_reach_the_receiver_and_no_secret_and_no_person_does(string protocol, string metrics, string traces)
    {
        await using OtlpReceiver receiver = await OtlpReceiver.StartAsync(protocol == "grpc" ? HttpProtocols.Http2 : HttpProtocols.Http1);
        List<string> secrets = ["0123456789abcdef"];
        await using (MediaEngine media = MediaEngine.Start(
            new MediaOptions { BindAddress = IPAddress.Loopback, AdvertisedAddresses = [IPAddress.Loopback], UdpPort = MediaOptions.AnyPort }, TimeProvider.System, NullLoggerFactory.Instance))
        {
            string secret = Path.Combine(Path.GetTempPath(), $"wardline-otlp-{Guid.NewGuid():N}");
            await File.WriteAllTextAsync(secret, secrets[0]);
            await using TestWardline server = await TestWardline.StartAsync(
                $"--Telemetry:Endpoint={receiver.Endpoint}", $"--Telemetry:Protocol={protocol}", "--Turn:Urls=turn:relay.example.org", $"--Turn:Secret=file:{secret}");
            File.Delete(secret);
            foreach (Link link in await server.InviteAsync(Role.Clinician, Role.Patient))
            {
                Guest guest = await server.SignInAsync(link);
                await using SignalClient client = await guest.EnterAsync();
                secrets.AddRange([link.Visit, link.Secret, link.Person.Id, link.Person.Name, client.Participant, client.PublicKey, client.Commitment, guest.Instance]);
                secrets.AddRange(guest.Browser.Cookies.GetAllCookies().Select(c => c.Value));
                secrets.Add((await guest.TicketAsync()).GetProperty("ticket").GetString()!);
                using HttpResponseMessage relay = await guest.PostAsync("/turn", """{"reason":"join"}""");
                JsonElement given = JsonElement.Parse(await relay.Content.ReadAsStringAsync()).GetProperty("iceServers")[0];
                secrets.AddRange([given.GetProperty("username").GetString()!, given.GetProperty("credential").GetString()!]);
            }

            using Browser wrong = server.Browser();
            using HttpResponseMessage guessed = await wrong.GetAsync($"/visit/{secrets[1]}?secret={secrets[2]}");
            using Socket stranger = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            await stranger.SendToAsync(new byte[] { 200 }, new IPEndPoint(IPAddress.Loopback, media.Ports[0].UdpPort));
        }

        // Stopping has sent the rest.
        Assert.True(receiver.Has(metrics, "http.server.request.duration"), Describe());
        Assert.True(receiver.Has(metrics, "wardline.media.dropped") && receiver.Has(metrics, "unknown-address"), "the media's own counters, by reason");
        Assert.True(receiver.Has(traces, "/api/visits/{visit}/join"), Describe());
        Assert.True(receiver.Has(traces, "/api/identity/link"), Describe());
        Assert.True(receiver.Has(traces, "service.name") && receiver.Has(traces, "wardline"));
        Assert.All(secrets, s => Assert.False(receiver.HasAnywhere(s), s));

        string Describe() => string.Join(", ", receiver.Received.Select(r => $"{r.Path} {r.Body.Length} bytes"));
    }

    [Fact]
    public async Task Without_an_endpoint_nobody_listens_to_the_instruments()
    {
        await using TestWardline server = await TestWardline.StartAsync();
        using Meter meter = new("Wardline");
        Assert.False(meter.CreateCounter<long>("wardline.tests.unheard").Enabled);
    }

    [Fact]
    public async Task A_receiver_that_is_not_there_harms_nothing()
    {
        await using TestWardline server = await TestWardline.StartAsync("--Telemetry:Endpoint=http://127.0.0.1:9");
        Guest guest = await server.SignInAsync((await server.InviteAsync(Role.Patient))[0]);
        await using SignalClient client = await guest.EnterAsync("waiting");
    }
}
