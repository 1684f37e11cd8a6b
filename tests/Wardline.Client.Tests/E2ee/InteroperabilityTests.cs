using Wardline.Client.E2ee;
using Wardline.Client.Signaling;
using Wardline.Netem;
using Wardline.Rtc;

namespace Wardline.Client.Tests.E2ee;

/// <summary>A native member and one whose encryption is the browser's own code, in one call.</summary>
public sealed class InteroperabilityTests : IAsyncLifetime
{
    private const string Visit = "visit-ö-1";
    private readonly SeededRandom _random = new(5);
    private readonly List<(string Name, MemberSession Session, RosterEntry Line)> _natives = [];
    private readonly byte[] _buffer = new byte[HeldFrames.MaxBytes];
    private readonly List<string> _passed = [];
    private BrowserSession _browser = null!;
    private Instant _now = Instant.FromMilliseconds(0);

    public async ValueTask InitializeAsync()
    {
        _browser = await BrowserSession.StartAsync("web", 200, Visit);
    }

    public ValueTask DisposeAsync()
    {
        _natives.ForEach(n => n.Session.Dispose());
        return _browser.DisposeAsync();
    }

    [Fact]
    public async Task Both_install_each_others_keys_acknowledge_them_and_show_equal_digits()
    {
        MemberSession native = await JoinAsync("nat", 7);
        Assert.Equal(["nat"], _browser.Secure);
        Assert.True(native.IsSecure("web"));
        Assert.NotNull(native.ShortCode);
        Assert.Equal(_browser.Digits, native.ShortCode);
        string two = native.ShortCode;

        MemberSession third = await JoinAsync("nat2", 255);
        Assert.Equal(["nat", "nat2"], _browser.Secure.Order());
        Assert.True(third.IsSecure("web") && third.IsSecure("nat") && native.IsSecure("web"));
        Assert.NotEqual(two, native.ShortCode);
        Assert.Equal((_browser.Digits, _browser.Digits), (native.ShortCode, third.ShortCode));
        Assert.Equal(0, native.Counters.BadMessages + third.Counters.BadMessages);

        // A set that comes back has its digits back, on both sides.
        await LeaveAsync("nat2");
        Assert.Equal((two, two), (native.ShortCode, _browser.Digits));
        foreach (string kind in new[] { "Key", "Ack", "Commit", "Reveal" })
        {
            Assert.Contains($"web {kind}", _passed);
            Assert.Contains($"nat {kind}", _passed);
        }
    }

    [Fact]
    public async Task Each_opens_what_the_other_sealed_whole_and_refuses_what_was_changed_replayed_or_shown_as_another_source()
    {
        MemberSession native = await JoinAsync("nat", 7);
        foreach ((MediaSource source, byte[] frame) in new[]
        {
            (MediaSource.Camera, Call.Vp8(true, 4_000)), (MediaSource.Camera, Call.Vp8(false, 1_201)), (MediaSource.Screen, Call.Vp8(true, 10)),
            (MediaSource.Screen, Call.Vp8(false, 3)), (MediaSource.Microphone, Call.Vp8(false, 80)), (MediaSource.Microphone, []),
        })
        {
            MediaSource another = source == MediaSource.Microphone ? MediaSource.Camera : source == MediaSource.Camera ? MediaSource.Screen : MediaSource.Camera;
            byte[] ours = Seal(native, source, frame);
            byte[] changed = [.. ours];
            changed[^1] ^= 1;
            Assert.Equal("forged", (await _browser.OpenAsync("nat", source, changed)).Failure);
            Assert.NotNull((await _browser.OpenAsync("nat", another, ours)).Failure);
            Assert.Equal(frame, (await _browser.OpenAsync("nat", source, ours)).Frame);
            Assert.Equal("replayed", (await _browser.OpenAsync("nat", source, ours)).Failure);

            byte[] theirs = (await _browser.SealAsync(source, frame))!;
            // The same clear bytes, and the same length but for counters of another length.
            Assert.InRange(theirs.Length - ours.Length, -1, 1);
            changed = [.. theirs];
            changed[^1] ^= 1;
            Assert.Equal(OpenResult.Forged, Open(native, source, changed, out _));
            Assert.NotEqual(OpenResult.Opened, Open(native, another, theirs, out _));
            Assert.Equal(OpenResult.Opened, Open(native, source, theirs, out byte[] opened));
            Assert.Equal(frame, opened);
            Assert.Equal(OpenResult.Replayed, Open(native, source, theirs, out _));
        }

        Assert.Null(await _browser.SealAsync(MediaSource.Camera, Call.Vp8(true)[..9]));
    }

    [Fact]
    public async Task Both_go_through_many_epochs_and_counters_of_every_length_together()
    {
        MemberSession native = await JoinAsync("nat", 0);
        native.OnWelcome(Call.Welcome("nat", 3), _now);
        await _browser.RotateEveryAsync(2);
        HashSet<uint> ours = [], theirs = [];
        for (int second = 0; second < 40; second++)
        {
            await AdvanceAsync(1_000);
            for (int i = 0; i < 12; i++)
            {
                byte[] frame = Call.Vp8(i % 4 == 0, 60 + i, second);
                Assert.Equal(frame, (await _browser.OpenAsync("nat", MediaSource.Camera, Seal(native, MediaSource.Camera, frame))).Frame);
                Assert.Equal(OpenResult.Opened, Open(native, MediaSource.Camera, (await _browser.SealAsync(MediaSource.Camera, frame))!, out byte[] opened));
                Assert.Equal(frame, opened);
            }

            ours.Add(native.Epoch);
            theirs.Add(_browser.Epoch);
        }

        Assert.True(ours.Count >= 12 && theirs.Count >= 18, $"{ours.Count} and {theirs.Count} epochs");

        // A thousand frames unseen: two bytes of counter.
        for (int i = 0; i < 1_000; i++)
        {
            Seal(native, MediaSource.Microphone, [1, 2, 3]);
        }

        Assert.Equal([4, 5, 6], (await _browser.OpenAsync("nat", MediaSource.Microphone, Seal(native, MediaSource.Microphone, [4, 5, 6]))).Frame);
        Assert.Equal(0, native.Counters[OpenResult.NoKey] + native.Counters.BadMessages);
    }

    [Fact]
    public async Task A_browsers_frame_that_overtakes_its_key_is_held_and_opens_when_the_key_comes()
    {
        MemberSession native = await JoinAsync("nat", 7);
        await JoinAsync("nat2", 8);
        await AdvanceAsync(2_000);
        // The key of the leave's epoch stays in the browser's outbox while its first frames are here.
        _natives.RemoveAt(1);
        RosterEntry[] lines = [.. _natives.Select(n => n.Line), _browser.Line];
        await _browser.TellRosterAsync(lines);
        byte[] frame = Call.Vp8(true);
        Assert.Equal(OpenResult.Held, Open(native, MediaSource.Camera, (await _browser.SealAsync(MediaSource.Camera, frame))!, out _));
        Assert.False(native.TryTakeHeld(_buffer, _now, out _));
        native.OnRoster(lines, _now);
        await SettleAsync();
        Assert.True(native.TryTakeHeld(_buffer, _now, out HeldFrame held));
        Assert.Equal((OpenResult.Opened, "web", MediaSource.Camera), (held.Result, held.Participant, held.Source));
        Assert.Equal(frame, _buffer[..held.Length]);
    }

    [Fact]
    public async Task A_server_that_swaps_one_key_gets_two_codes_from_them()
    {
        using MemberSession eve = new(Visit, _random, _now);
        MemberSession native = Create("nat", 7);
        RosterEntry swapped = _natives[0].Line with { E2ee = _natives[0].Line.E2ee! with { PublicKey = eve.Hello.PublicKey } };
        await _browser.TellRosterAsync([swapped, _browser.Line]);
        native.OnRoster([_natives[0].Line, _browser.Line], _now);
        await SettleAsync();
        Assert.NotNull(_browser.Digits);
        Assert.NotNull(native.ShortCode);
        Assert.NotEqual(_browser.Digits, native.ShortCode);
        Assert.Empty(_browser.Secure);
        Assert.False(native.IsSecure("web"));
    }

    private static byte[] Seal(MemberSession from, MediaSource source, byte[] frame)
    {
        byte[] destination = new byte[frame.Length + MemberSession.MaxOverheadBytes];
        Assert.True(from.TrySeal(source, frame, destination, out int length));
        return destination[..length];
    }

    private OpenResult Open(MemberSession to, MediaSource source, byte[] sealedFrame, out byte[] frame)
    {
        OpenResult result = to.Open("web", source, sealedFrame, _buffer, out int length, _now);
        frame = _buffer[..length];
        return result;
    }

    private MemberSession Create(string name, int number)
    {
        MemberSession session = new(Visit, _random, _now);
        session.OnWelcome(Call.Welcome(name, 1_800), _now);
        _natives.Add((name, session, new RosterEntry(
            name, name, "patient", "in-call", 1, new RosterKeys(number, session.Hello.PublicKey, session.Hello.Commitment), [])));
        return session;
    }

    private async Task<MemberSession> JoinAsync(string name, int number)
    {
        MemberSession session = Create(name, number);
        await TellRosterAsync();
        return session;
    }

    private Task LeaveAsync(string name)
    {
        _natives.RemoveAll(n => n.Name == name);
        return TellRosterAsync();
    }

    private async Task TellRosterAsync()
    {
        RosterEntry[] lines = [.. _natives.Select(n => n.Line), _browser.Line];
        await _browser.TellRosterAsync(lines);
        foreach ((string _, MemberSession session, RosterEntry _) in _natives)
        {
            session.OnRoster(lines, _now);
        }

        await SettleAsync();
    }

    private async Task AdvanceAsync(double milliseconds)
    {
        _now += TimeSpan.FromMilliseconds(milliseconds);
        foreach ((string _, MemberSession session, RosterEntry _) in _natives)
        {
            session.HandleTimeout(_now);
        }

        await _browser.AdvanceToAsync(_now);
        await SettleAsync();
    }

    private async Task SettleAsync()
    {
        bool isQuiet;
        do
        {
            isQuiet = true;
            foreach ((string name, MemberSession session, RosterEntry _) in _natives)
            {
                while (session.TryTakeMessage(out string to, out string body))
                {
                    isQuiet = false;
                    await PassAsync(name, to, body);
                }
            }

            while (_browser.Outbox.TryDequeue(out (string To, string Body) message))
            {
                isQuiet = false;
                await PassAsync("web", message.To, message.Body);
            }
        }
        while (!isQuiet);
    }

    private async Task PassAsync(string from, string to, string body)
    {
        _passed.Add($"{from} {E2eeMessage.Decode(body)!.Type}");
        if (to == "web")
        {
            await _browser.TellAsync(from, body);
        }
        else
        {
            _natives.Find(n => n.Name == to).Session?.OnBody(from, body, _now);
        }
    }
}
