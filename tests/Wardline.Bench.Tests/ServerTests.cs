using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Wardline.Bench.Compare;
using Wardline.Bench.Load;

namespace Wardline.Bench.Tests;

/// <summary>What servers and the kernel say, and that a dead server is called that.</summary>
public sealed class ServerTests
{
    [Fact]
    public void An_answer_of_Janus_at_once_is_read()
    {
        JanusMessage created = JanusMessage.Parse("""{"janus":"success","transaction":"t1","data":{"id":8279427513624297}}""");
        Assert.Equal(("success", "t1", 8279427513624297UL, null), (created.Kind, created.Transaction, created.Id, created.Error));
    }

    [Fact]
    public void An_event_of_Janus_brings_description_and_participant()
    {
        IReadOnlyList<JanusMessage> events = JanusMessage.ParseEvents("""
            [{"janus":"webrtcup","session_id":1,"sender":2},
             {"janus":"event","session_id":1,"transaction":"t9","sender":2,"plugindata":{"plugin":"janus.plugin.videoroom","data":{"videoroom":"joined","id":42}},"jsep":{"type":"offer","sdp":"v=0\r\n"}}]
            """);
        Assert.Equal(["webrtcup", "event"], events.Select(e => e.Kind));
        Assert.Equal(("t9", 42UL, "v=0\r\n"), (events[1].Transaction, events[1].PublisherId, events[1].Sdp));
        Assert.Null(events[0].Transaction);
    }

    [Theory]
    [InlineData("""{"janus":"error","transaction":"t2","error":{"code":458,"reason":"No such session"}}""", "458 No such session")]
    [InlineData("""{"janus":"event","transaction":"t2","plugindata":{"data":{"videoroom":"event","error_code":426,"error":"No such room"}}}""", "426 No such room")]
    public void A_refusal_of_Janus_is_told_wherever_it_stands(string json, string error) => Assert.Equal(error, JanusMessage.Parse(json).Error);

    [Theory]
    [InlineData("<html>502</html>")]
    [InlineData("{}")]
    [InlineData("[1]")]
    [InlineData("""{"janus":7}""")]
    [InlineData("""{"janus":"success","data":{"id":-1}}""")]
    public void Anything_else_is_no_answer_of_Janus(string json)
    {
        LoadException error = Assert.Throws<LoadException>(() => JanusMessage.Parse(json));
        Assert.Contains(json, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_description_gives_credentials_address_and_payload_types()
    {
        string print = string.Join(':', Enumerable.Repeat("AB", 32));
        string sdp = $"v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:a\r\na=ice-ufrag:uF1x\r\na=ice-pwd:0123456789012345678901\r\na=fingerprint:SHA-256 {print}\r\n" +
            "a=candidate:1 1 udp 2015363327 2001:db8::1 5000 typ host\r\na=candidate:2 1 UDP 2015363327 192.0.2.7 4711 typ host\r\nm=video 9 UDP/TLS/RTP/SAVPF 96 97\r\na=mid:v\r\n";
        RemoteDescription remote = LoadSdp.Read(sdp);
        Assert.Equal(("uF1x", "0123456789012345678901"), (remote.Ice.Ufrag, remote.Ice.Password));
        Assert.Equal(4711, remote.Candidate.Port);
        Assert.Equal((false, (byte)111), remote.PayloadTypes["a"]);
        Assert.Equal((true, (byte)96), remote.PayloadTypes["v"]);
        Assert.Throws<LoadException>(() => LoadSdp.Read(sdp.Replace("192.0.2.7", "a-name.local", StringComparison.Ordinal)));
        Assert.Throws<LoadException>(() => LoadSdp.Read(sdp.Replace("SHA-256", "SHA-1", StringComparison.Ordinal)));
    }

    [Fact]
    public void CPU_time_is_read_behind_a_name_with_parentheses_and_spaces()
    {
        const string Stat = "77 (a) b (c)) S 1 2 3 4 5 6 7 8 9 10 150 50 0 0 20 0 3 0 12345 1 2";
        Assert.Equal(2_000_000, ServerProcess.ParseCpu(Stat));
        Assert.Null(ServerProcess.ParseCpu(Stat.Replace(") S", ") Z", StringComparison.Ordinal)));
    }

    [Fact]
    public void Instructions_are_told_only_where_the_counter_works()
    {
        Assert.Equal((12345.0, 678.0), ServerProcess.ParseInstructions("12345,,instructions:u,100,100.00,,\n678,,instructions:k,100,100.00,,\n"));
        Assert.Equal((null, null), ServerProcess.ParseInstructions("<not supported>,,instructions:u,0,100.00,,\n<not supported>,,instructions:k,0,100.00,,\n"));
    }

    [Fact]
    public void Full_buffers_are_read_by_the_name_of_their_column()
    {
        Assert.Equal(42, ServerProcess.ParseBufferDrops("Tcp: A B\nTcp: 1 2\nUdp: InDatagrams NoPorts InErrors OutDatagrams RcvbufErrors SndbufErrors\nUdp: 9 8 7 6 42 4\nUdpLite: RcvbufErrors\nUdpLite: 1\n"));
        Assert.Equal(0, ServerProcess.ParseBufferDrops("Tcp: A\nTcp: 1\n"));
    }

    [Fact]
    public void A_server_that_dies_while_it_is_measured_ends_the_run_with_its_number()
    {
        using Process server = Process.Start(new ProcessStartInfo("sleep", "60") { UseShellExecute = false })!;
        LoadPlan plan = new TestResults().Plan with { ServerPid = server.Id };
        using LoadLoop loop = new(plan);
        ServerProcess.MustLive(server.Id);
        server.Kill();
        server.WaitForExit();
        LoadException error = Assert.Throws<LoadException>(() => loop.Run(TimeSpan.FromSeconds(30)));
        Assert.Contains($"{server.Id}", error.Message, StringComparison.Ordinal);
        Assert.Contains("has ended", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("janus")]
    [InlineData("pion")]
    public void A_server_that_is_alive_but_does_not_listen_is_told_apart_from_a_dead_one(string kind)
    {
        using Socket taken = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        taken.Bind(new IPEndPoint(IPAddress.Loopback, 0)); // bound and not listening: connections are refused
        LoadPlan plan = new TestResults().Plan with { Kind = kind, ServerPid = Environment.ProcessId, Control = $"http://127.0.0.1:{((IPEndPoint)taken.LocalEndPoint!).Port}" };
        using HttpControl control = new(plan);
        LoadException error = Assert.Throws<LoadException>(() => control.Ask("/x", "{}"));
        Assert.StartsWith($"{kind} does not answer", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_server_that_ends_at_its_start_is_quoted()
    {
        string log = Path.GetTempFileName();
        ProcessStartInfo start = new("sh", ["-c", "echo no such thing >&2; exit 3"]) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        using RunningServer server = new("The server", Command.Start(start), log);
        LoadException error = Assert.Throws<LoadException>(server.AwaitReady);
        Assert.Contains("status 3", error.Message, StringComparison.Ordinal);
        Assert.Contains("no such thing", error.Message, StringComparison.Ordinal);
        File.Delete(log);
    }
}
