using System.CommandLine;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Wardline.Cli.Load;

namespace Wardline.Cli.Tests.Load;

/// <summary>
/// <c>wardline load</c> against servers that are dead, slow, refuse, or lie: it ends in time, with exit code 1 and one line on
/// standard error that begins with a code.
/// </summary>
public sealed class BadServerTests
{
    /// <summary>The longest that any of these may take: the client waits 15 s for HTTP and 10 s for a socket, a welcome and an answer.</summary>
    private static readonly TimeSpan s_within = TimeSpan.FromSeconds(25);

    private const string Ok = """{"type":"ok","re":%}""";

    [Fact]
    public async Task Nobody_listens()
    {
        await using BadServer server = new();
        using TcpListener free = new(IPAddress.Loopback, 0);
        free.Start();
        int port = ((IPEndPoint)free.LocalEndpoint).Port;
        free.Stop();
        await File.WriteAllTextAsync(server.Links, (await File.ReadAllTextAsync(server.Links)).Replace($":{server.Port}/", $":{port}/", StringComparison.Ordinal));
        await EndsAsync(server, "client.unreachable", "Nobody got in.", TimeSpan.FromSeconds(5));
    }

    [Fact]
    public async Task Every_kind_of_silence_ends_in_time()
    {
        // Side by side: each is nothing but waiting.
        await Task.WhenAll(
            SilentAsync(new BadServer { Tls = false }),
            SilentAsync(new BadServer { Link = BadServer.Silence }),
            SilentAsync(new BadServer { Join = BadServer.Silence }),
            SilentAsync(new BadServer { Upgrade = BadServer.Silence }),
            SilentAsync(new BadServer { Welcome = BadServer.Silence }),
            // Answers, but to what nobody asked: the hello waits on.
            SilentAsync(new BadServer { Say = static (_, id) => [$$"""{"type":"ok","re":{{id + 1000}}}""", """{"type":"ok","re":-1}""", """{"type":"answer","sdp":"v=0"}"""] }));

        static async Task SilentAsync(BadServer server)
        {
            await using (server)
            {
                await EndsAsync(server, "client.timeout", "Nobody got in.", s_within);
            }
        }
    }

    [Theory]
    [InlineData("403 Forbidden", "text/plain", "no", "client.refused", "403")]
    [InlineData("503 Service Unavailable", "text/html", "<h1>busy</h1>", "client.refused", "503")]
    [InlineData("302 Found", "text/html", "", "client.refused", "302")]
    [InlineData("403 Forbidden", "application/problem+json", """{"code":"identity.link-refused","detail":"This link is not valid."}""", "identity.link-refused", "not valid")]
    [InlineData("503 Service Unavailable", "application/problem+json", """{"code":7""", "client.malformed", "protocol")]
    [InlineData("403 Forbidden", "application/problem+json", "{}", "client.refused", "403")]
    public async Task A_refusal_is_told_with_its_code(string status, string type, string body, string code, string why)
    {
        await using BadServer link = new() { Link = BadServer.Answer(body, status, type) };
        await EndsAsync(link, code, why, TimeSpan.FromSeconds(5));
        await using BadServer join = new() { Join = BadServer.Answer(body, status, type) };
        await EndsAsync(join, code, why, TimeSpan.FromSeconds(5));
    }

    [Theory]
    [InlineData("403 Forbidden")]
    [InlineData("503 Service Unavailable")]
    public async Task A_refused_socket_is_told_with_its_status(string status)
    {
        await using BadServer server = new() { Upgrade = BadServer.Answer("", status) };
        await EndsAsync(server, "client.refused", status[..3], TimeSpan.FromSeconds(5));
    }

    [Fact]
    public async Task Another_key_than_the_pinned_one_gets_nothing()
    {
        await using BadServer server = new();
        await EndsAsync(server, "client.pin", "another key", TimeSpan.FromSeconds(5), server.WrongPin());
    }

    [Theory]
    [InlineData("SSH-2.0-OpenSSH_9.7\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 5\r\nConnection: close\r\n\r\n{\"a\"")]
    public async Task What_is_no_HTTP_is_no_answer(string answer)
    {
        await using BadServer server = new() { Link = answer };
        await EndsAsync(server, "client.", "Nobody got in.", TimeSpan.FromSeconds(8));
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("{\"person\":")]
    [InlineData("{\"person\":{\"id\":5},\"visit\":null}")]
    [InlineData("{\"ticket\":null,\"expiresInSeconds\":60,\"socket\":\"wss://localhost/\"}")]
    [InlineData("{\"ticket\":\"t\",\"expiresInSeconds\":60,\"socket\":\"http://localhost/\"}")]
    [InlineData("\u0000\u0001")]
    public async Task Garbage_in_an_answer_is_malformed(string json)
    {
        if (!json.Contains("ticket", StringComparison.Ordinal))
        {
            await using BadServer link = new() { Link = BadServer.Answer(json) };
            await EndsAsync(link, "client.malformed", "Nobody got in.", TimeSpan.FromSeconds(5));
        }

        await using BadServer join = new() { Join = BadServer.Answer(json) };
        await EndsAsync(join, "client.malformed", "Nobody got in.", TimeSpan.FromSeconds(5));
    }

    [Theory]
    [InlineData("garbage")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("""{"type":7}""")]
    [InlineData("""{"type":"state","state":"in-call"}""")]
    [InlineData("""{"type":"welcome"}""")]
    [InlineData("""{"type":"welcome","you":{"participant":null,"name":"n","role":"clinician"},"e2ee":{"required":true,"rotateSeconds":1800}}""")]
    [InlineData("""{"type":"welcome","you":{"participant":"a","name":"n","role":"clinician"}}""")]
    [InlineData("""{"type":"welcome","you":"a","e2ee":{"required":true,"rotateSeconds":1800}}""")]
    [InlineData("""{"type":"welcome","you":{"participant":"a","name":"n","role":"clinician"},"e2ee":{"required":true,"rotateSeconds":"often"}}""")]
    public async Task A_welcome_that_is_none_is_malformed(string welcome)
    {
        await using BadServer server = new() { Welcome = welcome, Say = Polite };
        await EndsAsync(server, "client.malformed", "Nobody got in.", TimeSpan.FromSeconds(5));
    }

    [Theory]
    [InlineData("not an SDP")]
    [InlineData("v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n")]
    [InlineData("v=0\r\na=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\na=setup:active\r\n")]
    public async Task An_answer_that_cannot_be_used_ends_the_run(string sdp)
    {
        await using BadServer server = new() { Say = (type, id) => type == "offer" ? [$$"""{"type":"answer","re":{{id}},"sdp":"{{sdp.ReplaceLineEndings("\\r\\n")}}"}"""] : Polite(type, id) };
        await EndsAsync(server, "client.malformed", "answer cannot be used", TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task An_answer_without_SDP_ends_the_run()
    {
        await using BadServer server = new() { Say = (type, id) => type == "offer" ? [$$"""{"type":"ok","re":{{id}}}"""] : Polite(type, id) };
        await EndsAsync(server, "client.malformed", "answer cannot be used", TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task A_refused_offer_is_told_with_the_servers_code()
    {
        await using BadServer server = new()
        {
            Say = (type, id) => type == "offer" ? [$$"""{"type":"error","re":{{id}},"code":"sdp.rejected","message":"This offer is refused."}"""] : Polite(type, id),
        };
        await EndsAsync(server, "sdp.rejected", "refused", TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task Somebody_who_is_never_let_in_is_told_so_after_the_patience()
    {
        await using BadServer server = new() { Say = static (type, id) => type == "hello" ? [Ok.Replace("%", $"{id}"), """{"type":"state","state":"waiting"}"""] : [] };
        LoadPlan plan = LoadCommand.Plan(server.Links, 1, 1, "voice", 1, 20, 1, server.Pin, remote: false) with { JoinPatience = TimeSpan.FromSeconds(1) };
        LoadRun run = new(plan);
        LoadReport report = await run.RunAsync(_ => { }, TestContext.Current.CancellationToken);
        Assert.Equal((1, "load.not-admitted"), (report.FailedJoins, run.Failure?.Code));
    }

    /// <summary>Lets anybody in.</summary>
    private static IEnumerable<string> Polite(string type, int id) => type switch
    {
        "hello" => [Ok.Replace("%", $"{id}"), """{"type":"state","state":"in-call"}"""],
        _ when id > 0 => [Ok.Replace("%", $"{id}")],
        _ => [],
    };

    private static async Task EndsAsync(BadServer server, string code, string why, TimeSpan within, string? pin = null)
    {
        StringWriter output = new(), error = new();
        Stopwatch time = Stopwatch.StartNew();
        int exit = await LoadCommand.Create().Parse(["--links", server.Links, "--pin", pin ?? server.Pin, "--sessions", "1", "--participants", "1", "--profile", "voice", "--seconds", "60"])
            .InvokeAsync(new InvocationConfiguration { Output = output, Error = error, EnableDefaultExceptionHandler = false }, TestContext.Current.CancellationToken);
        Assert.True(exit == 1, $"{exit}: {error}\n{output}");
        string line = Assert.Single(error.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.StartsWith(code, line, StringComparison.Ordinal);
        Assert.Contains(why, line, StringComparison.Ordinal);
        Assert.DoesNotContain("AAAAAAAA", line, StringComparison.Ordinal);
        Assert.InRange(time.Elapsed, TimeSpan.Zero, within);
    }
}
