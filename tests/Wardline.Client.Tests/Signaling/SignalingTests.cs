using System.Security.Cryptography;
using Wardline.Client.Signaling;

namespace Wardline.Client.Tests.Signaling;

/// <summary>Link, ticket and socket against the real server.</summary>
public sealed class SignalingTests(RunningServer server) : IClassFixture<RunningServer>
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private ServerTrust Pinned => ServerTrust.PinnedTo(server.Certificate);

    [Fact]
    public async Task From_the_link_to_the_welcome_and_back_again()
    {
        (VisitServer http, SignalSocket socket) = await EnterAsync(server.Clinician);
        using (http)
        await using (socket)
        {
            SignalEvent welcome = await socket.Events.ReadAsync(Cancel);
            Assert.Equal("welcome", welcome.Type);
            Assert.Equal(1, welcome.Protocol);
            Assert.Equal("clinician", welcome.You!.Role);
            Assert.True(welcome.E2ee!.Required);

            // A hello without keys is refused by its code and the socket stays open.
            WardlineException refused = await Assert.ThrowsAsync<WardlineException>(() => socket.RequestAsync(new SignalRequest("hello"), Cancel));
            Assert.Equal("e2ee.required", refused.Code);
            Assert.Equal("ok", (await socket.RequestAsync(Hello(), Cancel)).Type);
            Assert.Equal("state", (await socket.Events.ReadAsync(Cancel)).Type);
            SignalEvent roster = await socket.Events.ReadAsync(Cancel);
            Assert.Contains(roster.Participants!, p => p.Participant == welcome.You.Participant && p.State == "in-call");

            await socket.SendAsync(new SignalRequest("leave"), Cancel);
            await foreach (SignalEvent _ in socket.Events.ReadAllAsync(Cancel))
            {
                // until it closes
            }

            Assert.Equal(1000, socket.CloseCode);
            WardlineException closed = await Assert.ThrowsAsync<WardlineException>(() => socket.RequestAsync(new SignalRequest("activity"), Cancel));
            Assert.Equal("client.closed", closed.Code);
        }
    }

    [Fact]
    public async Task A_patient_cannot_admit_and_hears_why()
    {
        (VisitServer http, SignalSocket socket) = await EnterAsync(server.Patient);
        using (http)
        await using (socket)
        {
            await socket.RequestAsync(Hello(), Cancel);
            WardlineException refused = await Assert.ThrowsAsync<WardlineException>(() => socket.RequestAsync(new SignalRequest("admit") { Participant = "somebody" }, Cancel));
            Assert.StartsWith("signal.", refused.Code, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_wrong_secret_is_refused_with_the_servers_code()
    {
        VisitLink link = VisitLink.Parse(server.Patient[..^6] + "AAAAAA");
        using VisitServer http = new(link.Server, Pinned);
        Assert.Equal("identity.link-refused", (await Assert.ThrowsAsync<WardlineException>(() => http.SignInAsync(link, Cancel))).Code);
    }

    [Fact]
    public async Task A_ticket_opens_one_socket_only()
    {
        VisitLink link = VisitLink.Parse(server.Clinician);
        using VisitServer http = new(link.Server, Pinned);
        await http.SignInAsync(link, Cancel);
        JoinTicket ticket = await http.JoinAsync(link.Visit, RandomNumberGenerator.GetBytes(16), Cancel);
        await using SignalSocket first = await SignalSocket.OpenAsync(ticket, Pinned, Cancel);
        Assert.Equal("client.refused", (await Assert.ThrowsAsync<WardlineException>(() => SignalSocket.OpenAsync(ticket, Pinned, Cancel))).Code);
    }

    [Fact]
    public async Task Another_key_than_the_pinned_one_is_refused_before_anything_is_said()
    {
        VisitLink link = VisitLink.Parse(server.Clinician);
        ServerTrust other = ServerTrust.Pinned(new byte[32]);
        using VisitServer http = new(link.Server, other);
        Assert.Equal("client.pin", (await Assert.ThrowsAsync<WardlineException>(() => http.SignInAsync(link, Cancel))).Code);

        // The socket asks for itself: a ticket got by a right pin does not help.
        using VisitServer right = new(link.Server, Pinned);
        await right.SignInAsync(link, Cancel);
        JoinTicket ticket = await right.JoinAsync(link.Visit, RandomNumberGenerator.GetBytes(16), Cancel);
        Assert.Equal("client.pin", (await Assert.ThrowsAsync<WardlineException>(() => SignalSocket.OpenAsync(ticket, other, Cancel))).Code);
    }

    [Fact]
    public async Task A_certificate_that_nobody_vouches_for_is_refused_without_a_pin()
    {
        VisitLink link = VisitLink.Parse(server.Clinician);
        using VisitServer http = new(link.Server, ServerTrust.System);
        Assert.Equal("client.untrusted", (await Assert.ThrowsAsync<WardlineException>(() => http.SignInAsync(link, Cancel))).Code);
    }

    [Fact]
    public async Task A_dead_server_is_unreachable()
    {
        using VisitServer http = new(new Uri("https://127.0.0.1:1"), ServerTrust.System);
        VisitLink link = VisitLink.Parse("https://127.0.0.1:1/visit/v#s");
        Assert.Equal("client.unreachable", (await Assert.ThrowsAsync<WardlineException>(() => http.SignInAsync(link, Cancel))).Code);
    }

    private static SignalRequest Hello()
    {
        using ECDiffieHellman key = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
        ECParameters point = key.ExportParameters(includePrivateParameters: false);
        byte[] publicKey = [4, .. point.Q.X!, .. point.Q.Y!];
        return new SignalRequest("hello")
        {
            E2ee = new HelloKeys(VisitServer.Base64Url(publicKey), VisitServer.Base64Url(RandomNumberGenerator.GetBytes(32))),
        };
    }

    private async Task<(VisitServer Http, SignalSocket Socket)> EnterAsync(string text)
    {
        VisitLink link = VisitLink.Parse(text);
        VisitServer http = new(link.Server, Pinned);
        await http.SignInAsync(link, Cancel);
        JoinTicket ticket = await http.JoinAsync(link.Visit, RandomNumberGenerator.GetBytes(16), Cancel);
        return (http, await SignalSocket.OpenAsync(ticket, Pinned, Cancel));
    }
}
