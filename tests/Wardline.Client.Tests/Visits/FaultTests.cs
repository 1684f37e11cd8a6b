using System.Diagnostics;
using Wardline.Client.Signaling;
using Wardline.Client.Tests.Signaling;

namespace Wardline.Client.Tests.Visits;

/// <summary>A participant beside a server that is slow, that lies, or that refuses: it ends by name and in time.</summary>
public sealed class FaultTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("/api/identity/link")]
    [InlineData("/api/visits/v/join")]
    [InlineData("/api/signal")]
    public async Task A_server_that_does_not_answer_one_step_is_not_waited_for_without_end(string step)
    {
        await using ScriptedServer server = new() { Answers = { [step] = "" } };
        await RefusesAsync(server, "client.timeout", TimeSpan.FromMilliseconds(500));
    }

    [Fact]
    public async Task A_server_that_opens_a_socket_and_says_nothing_is_not_waited_for_without_end()
    {
        await using ScriptedServer server = new() { OnSocket = socket => socket.UntilAsync("never") };
        await RefusesAsync(server, "client.timeout", TimeSpan.FromMilliseconds(500));
    }

    [Fact]
    public async Task A_server_that_does_not_answer_the_hello_is_not_waited_for_without_end()
    {
        await using ScriptedServer server = new()
        {
            OnSocket = async socket =>
            {
                await socket.SendAsync(ScriptedServer.Welcome);
                while (await socket.ReadAsync() is not null)
                {
                }
            },
        };
        await RefusesAsync(server, "client.timeout", TimeSpan.FromMilliseconds(500));
    }

    [Theory]
    [InlineData("/api/identity/link", "null")]
    [InlineData("/api/identity/link", """{"person":null,"visit":"v"}""")]
    [InlineData("/api/identity/link", """{"person":{"id":null,"name":"n","role":"r"},"visit":"v"}""")]
    [InlineData("/api/identity/link", """{"person":{"id":"a\r\nCookie: b","name":"n","role":"r"},"visit":"v"}""")]
    [InlineData("/api/identity/link", "[]")]
    [InlineData("/api/identity/link", "{")]
    [InlineData("/api/visits/v/join", "{}")]
    [InlineData("/api/visits/v/join", """{"ticket":null,"expiresInSeconds":60,"socket":"wss://localhost/"}""")]
    [InlineData("/api/visits/v/join", """{"ticket":"t","expiresInSeconds":60,"socket":"ws://localhost/"}""")]
    [InlineData("/api/visits/v/join", """{"ticket":"t t","expiresInSeconds":60,"socket":"wss://localhost/"}""")]
    public async Task An_answer_that_is_none_is_told_by_name(string path, string answer)
    {
        await using ScriptedServer server = new() { Answers = { [path] = answer } };
        await RefusesAsync(server, "client.malformed", TimeSpan.FromSeconds(10));
    }

    [Theory]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("""{"type":null}""")]
    [InlineData("""{"type":"state","state":"waiting"}""")]
    [InlineData("""{"type":"welcome","you":null,"e2ee":{"required":true,"rotateSeconds":120}}""")]
    [InlineData("""{"type":"welcome","you":{"participant":null,"name":"n","role":"r"},"e2ee":{"required":true,"rotateSeconds":120}}""")]
    [InlineData("""{"type":"welcome","you":{"participant":"p","name":"n","role":"r"}}""")]
    public async Task A_first_message_that_is_no_welcome_is_told_by_name(string first)
    {
        await using ScriptedServer server = new()
        {
            OnSocket = async socket =>
            {
                await socket.SendAsync(first);
                await socket.UntilAsync("leave");
            },
        };
        await RefusesAsync(server, "client.malformed", TimeSpan.FromSeconds(10));
    }

    [Theory]
    [InlineData("""{"type":"roster","version":1,"participants":[null]}""")]
    [InlineData("""{"type":"roster","version":1,"participants":[{"participant":null,"name":"n","role":"r","state":"in-call","joinedSeq":1}]}""")]
    [InlineData("""{"type":"roster","version":1,"participants":[{"participant":"q","name":"n","role":"r","state":"in-call","joinedSeq":1,"tracks":[null]}]}""")]
    [InlineData("""{"type":"roster","version":1,"participants":[{"participant":"q","name":"n","role":"r","state":"in-call","joinedSeq":1,"e2ee":{"member":1,"publicKey":null,"commitment":"c"}}]}""")]
    [InlineData("""{"type":"quality","received":[null]}""")]
    [InlineData("""{"type":"roster","version":"one"}""")]
    [InlineData("no JSON")]
    public async Task A_message_that_is_none_ends_the_visit_by_name(string message)
    {
        await using ScriptedServer server = new() { OnSocket = socket => socket.WelcomeAsync(message) };
        await EndsAsync(server, "client.malformed", publish: false);
    }

    [Theory]
    [InlineData("""{"type":"answer","re":#}""", "client.malformed")]
    [InlineData("""{"type":"answer","re":#,"sdp":""}""", "client.malformed")]
    [InlineData("""{"type":"answer","re":#,"sdp":"v=0\r\nm=audio 9 RTP/AVP 0\r\n"}""", "client.malformed")]
    [InlineData("""{"type":"error","re":#,"code":"sdp.no-codec","message":"no"}""", "sdp.no-codec")]
    [InlineData("""{"type":"error","re":#}""", "client.malformed")]
    public async Task An_offer_that_gets_no_usable_answer_ends_the_visit_instead_of_being_made_for_ever(string answer, string code)
    {
        await using ScriptedServer server = new()
        {
            OnSocket = async socket =>
            {
                await socket.SendAsync(ScriptedServer.Welcome);
                int? hello = await socket.UntilAsync("hello");
                await socket.SendAsync($$"""{"type":"ok","re":{{hello}}}""");
                await socket.SendAsync("""{"type":"state","state":"in-call"}""");
                int? offer = await socket.UntilAsync("offer");
                await socket.SendAsync(answer.Replace("#", $"{offer}", StringComparison.Ordinal));
                await socket.UntilAsync("leave");
            },
        };
        await EndsAsync(server, code, publish: true);
        Assert.Equal(1, server.Sockets);
    }

    [Fact]
    public async Task An_offer_that_names_somebody_who_has_just_left_is_made_again_when_the_roster_says_so()
    {
        TaskCompletionSource offeredAgain = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using ScriptedServer server = new()
        {
            OnSocket = async socket =>
            {
                await socket.SendAsync(ScriptedServer.Welcome);
                int? hello = await socket.UntilAsync("hello");
                await socket.SendAsync($$"""{"type":"ok","re":{{hello}}}""");
                await socket.SendAsync("""{"type":"state","state":"in-call"}""");
                int? offer = await socket.UntilAsync("offer");
                await socket.SendAsync($$"""{"type":"error","re":{{offer}},"code":"signal.unknown-participant","message":"gone"}""");
                await socket.SendAsync("""{"type":"roster","version":2,"participants":[{"participant":"q","name":"n","role":"r","state":"in-call","joinedSeq":1,"tracks":[{"source":"microphone","on":true}]}]}""");
                if (await socket.UntilAsync("offer") is not null)
                {
                    offeredAgain.SetResult();
                }

                await socket.UntilAsync("leave");
            },
        };
        await using Participant participant = await Participant.JoinAsync(
            server.Link, new ParticipantOptions { Trust = server.Trust, Publish = [new TestSource(MediaSource.Microphone)] }, Cancel);
        await offeredAgain.Task.WaitAsync(Patience, Cancel);
        Assert.False(participant.Ending.IsCompleted);
        Assert.Equal(1, server.Sockets);
    }

    [Fact]
    public async Task A_server_that_takes_back_each_connection_at_once_is_asked_less_and_less_often()
    {
        await using ScriptedServer server = new()
        {
            OnSocket = async socket =>
            {
                await socket.SendAsync(ScriptedServer.Welcome);
                int? hello = await socket.UntilAsync("hello");
                await socket.SendAsync($$"""{"type":"ok","re":{{hello}}}""");
                await socket.CloseAsync(1011);
            },
        };
        await using Participant participant = await Participant.JoinAsync(server.Link, new ParticipantOptions { Trust = server.Trust }, Cancel);
        await Task.Delay(TimeSpan.FromSeconds(3.5), Cancel);
        Assert.InRange(server.Sockets, 3, 5); // after 0, 0.25, 0.75, 1.75 and 3.75 s
        Assert.Equal(ParticipantState.Reconnecting, participant.State);
        Assert.False(participant.Ending.IsCompleted);
    }

    [Fact]
    public async Task A_close_code_that_says_do_not_come_back_ends_the_visit()
    {
        await using ScriptedServer server = new()
        {
            OnSocket = async socket =>
            {
                await socket.SendAsync(ScriptedServer.Welcome);
                int? hello = await socket.UntilAsync("hello");
                await socket.SendAsync($$"""{"type":"ok","re":{{hello}}}""");
                await socket.CloseAsync(4002);
            },
        };
        await using Participant participant = await Participant.JoinAsync(server.Link, new ParticipantOptions { Trust = server.Trust }, Cancel);
        ParticipantEnding ending = await participant.Ending.WaitAsync(Patience, Cancel);
        Assert.Equal(4002, ending.CloseCode);
        Assert.Equal(1, server.Sockets);
    }

    [Fact]
    public async Task A_callback_that_throws_ends_the_visit_by_name()
    {
        await using ScriptedServer server = new() { OnSocket = socket => socket.WelcomeAsync("""{"type":"roster","version":1,"participants":[]}""") };
        await using Participant participant = await Participant.JoinAsync(
            server.Link, new ParticipantOptions { Trust = server.Trust, OnRoster = (_, _) => throw new InvalidOperationException("a mistake") }, Cancel);
        ParticipantEnding ending = await participant.Ending.WaitAsync(Patience, Cancel);
        Assert.Equal("client.fault", ending.Error?.Code);
        Assert.IsType<InvalidOperationException>(ending.Error?.InnerException);
    }

    private static async Task RefusesAsync(ScriptedServer server, string code, TimeSpan patience)
    {
        Stopwatch clock = Stopwatch.StartNew();
        WardlineException refused = await Assert.ThrowsAsync<WardlineException>(() =>
            Participant.JoinAsync(server.Link, new ParticipantOptions { Trust = server.Trust, Patience = patience }, Cancel));
        Assert.Equal(code, refused.Code);
        Assert.InRange(clock.Elapsed, TimeSpan.Zero, Patience);
    }

    private static async Task EndsAsync(ScriptedServer server, string code, bool publish)
    {
        await using Participant participant = await Participant.JoinAsync(
            server.Link,
            new ParticipantOptions { Trust = server.Trust, Publish = publish ? [new TestSource(MediaSource.Microphone)] : [] },
            Cancel);
        ParticipantEnding ending = await participant.Ending.WaitAsync(Patience, Cancel);
        Assert.Equal(code, ending.Error?.Code);
        Assert.Equal(ParticipantState.Ended, participant.State);
    }
}
