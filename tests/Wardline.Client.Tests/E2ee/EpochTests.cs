using Wardline.Client.E2ee;
using Wardline.Client.Signaling;

namespace Wardline.Client.Tests.E2ee;

/// <summary>When a sender's key changes, and what opens afterwards.</summary>
public sealed class EpochTests
{
    private static bool IsType(Passing message, E2eeMessageType type) => E2eeMessage.Decode(message.Body)?.Type == type;

    private static byte[] Picture(CallMember from) => Call.Seal(from, MediaSource.Camera, Call.Vp8(true));

    private static OpenResult OpenPicture(Call call, CallMember to, string from, byte[] sealedFrame) =>
        call.Open(to, from, MediaSource.Camera, sealedFrame).Result;

    [Fact]
    public void A_join_turns_them_and_the_newcomer_opens_nothing_from_before()
    {
        using Call call = new();
        CallMember[] m = call.Join("ana", "ben");
        byte[] before = Picture(m[0]);
        uint epoch = m[0].Session.Epoch;
        CallMember cleo = call.Join("cleo")[0];
        Assert.Equal(epoch + 1, m[0].Session.Epoch);
        Assert.Equal(OpenResult.NoKey, OpenPicture(call, cleo, "ana", before));
        Assert.Equal(OpenResult.Opened, call.Opens(cleo, m[0]));
        Assert.Equal(OpenResult.Opened, OpenPicture(call, m[1], "ana", before));
    }

    [Fact]
    public void A_leave_turns_them_at_once_and_who_has_left_opens_nothing_more_and_is_heard_no_more()
    {
        using Call call = new();
        CallMember[] m = call.Join("ana", "ben", "cleo");
        uint epoch = m[0].Session.Epoch;
        // Nobody acknowledges: a leave does not wait for that.
        call.Tamper = message => IsType(message, E2eeMessageType.Ack) ? null : message;
        byte[] fromCleo = Picture(m[2]);
        call.Leave("cleo");
        Assert.Equal(epoch + 1, m[0].Session.Epoch);
        byte[] sealedFrame = Picture(m[0]);
        Assert.Equal(OpenResult.Held, OpenPicture(call, m[2], "ana", sealedFrame));
        call.Advance(300);
        Assert.Equal(OpenResult.NoKey, Assert.Single(call.Held).Frame.Result);
        Assert.Equal(OpenResult.Opened, OpenPicture(call, m[1], "ana", sealedFrame));
        Assert.Equal(OpenResult.NoKey, OpenPicture(call, m[1], "cleo", fromCleo));
        Assert.Equal(OpenResult.WrongSender, OpenPicture(call, m[1], "ana", fromCleo));
    }

    [Fact]
    public void A_key_is_never_sent_to_somebody_who_has_left()
    {
        using Call call = new();
        call.Join("ana", "ben", "cleo");
        call.Passed.Clear();
        call.Leave("cleo");
        call.Advance(30_000);
        Assert.NotEmpty(call.Passed);
        Assert.DoesNotContain(call.Passed, m => m.To == "cleo");
    }

    [Fact]
    public void Every_interval_turns_them_without_losing_a_frame()
    {
        using Call call = new();
        CallMember[] m = call.Join("ana", "ben");
        call.Rotate(m[0], 10);
        call.Rotate(m[1], 10);
        HashSet<uint> epochs = [];
        for (int second = 0; second < 120; second++)
        {
            call.Advance(1_000);
            epochs.Add(m[0].Session.Epoch);
            Assert.Equal(OpenResult.Opened, call.Opens(m[1], m[0]));
            Assert.Equal(OpenResult.Opened, call.Opens(m[0], m[1]));
        }

        Assert.InRange(epochs.Count, 12, 14);
    }

    [Fact]
    public void The_last_one_opens_late_frames_for_five_seconds_and_no_longer()
    {
        using Call call = new();
        CallMember[] m = call.Join("ana", "ben");
        byte[][] late = [Picture(m[0]), Picture(m[0])];
        call.Rotate(m[0], 10);
        call.Advance(10_000);
        Assert.Equal(OpenResult.Opened, call.Opens(m[1], m[0]));
        call.Advance(4_900);
        Assert.Equal(OpenResult.Opened, OpenPicture(call, m[1], "ana", late[0]));
        call.Advance(200);
        Assert.Equal(OpenResult.NoKey, OpenPicture(call, m[1], "ana", late[1]));
    }

    [Fact]
    public void The_one_before_the_last_closes_at_the_first_frame_of_the_newest()
    {
        using Call call = new();
        CallMember[] m = call.Join("ana", "ben");
        byte[] oldest = Picture(m[0]);
        call.Rotate(m[0], 1);
        for (int turns = 0; turns < 3; turns++)
        {
            Assert.Equal(OpenResult.Opened, call.Opens(m[1], m[0]));
            call.Advance(1_000);
        }

        Assert.Equal(OpenResult.NoKey, OpenPicture(call, m[1], "ana", oldest));
    }

    [Fact]
    public void An_old_one_closes_a_minute_after_a_newer_key_although_no_frame_of_that_came()
    {
        using Call call = new();
        CallMember[] m = call.Join("ana", "ben");
        byte[][] late = [Picture(m[0]), Picture(m[0])];
        call.Rotate(m[0], 100);
        call.Advance(100_000 + 59_900);
        Assert.Equal(OpenResult.Opened, OpenPicture(call, m[1], "ana", late[0]));
        call.Advance(200);
        Assert.Equal(OpenResult.NoKey, OpenPicture(call, m[1], "ana", late[1]));
    }

    [Fact]
    public void An_acknowledgement_that_does_not_come_is_waited_for_one_second()
    {
        using Call call = new();
        CallMember ana = call.Join("ana", "ben")[0];
        uint epoch = ana.Session.Epoch;
        call.Tamper = message => IsType(message, E2eeMessageType.Ack) ? null : message;
        call.Rotate(ana, 10);
        call.Advance(10_900);
        Assert.Equal(epoch, ana.Session.Epoch);
        call.Advance(200);
        Assert.Equal(epoch + 1, ana.Session.Epoch);
        Assert.False(ana.Session.IsSecure("ben"));
    }

    [Fact]
    public void They_do_not_turn_while_the_socket_is_down_and_make_up_for_it_afterwards()
    {
        using Call call = new();
        CallMember[] m = call.Join("ana", "ben");
        uint epoch = m[0].Session.Epoch;
        call.Rotate(m[0], 10);
        m[0].IsOnline = false;
        m[0].Session.OnDisconnected(call.Now);
        call.Advance(30_000);
        Assert.Equal(epoch, m[0].Session.Epoch);
        Assert.Equal(OpenResult.Opened, call.Opens(m[1], m[0]));
        m[0].IsOnline = true;
        m[0].Session.OnState(isInCall: true, call.Now);
        call.Advance(2_500);
        Assert.Equal(epoch + 1, m[0].Session.Epoch);
        Assert.True(m[0].Session.IsSecure("ben"));
    }

    [Fact]
    public void After_a_broken_socket_everybody_gets_a_new_one_at_the_next_roster()
    {
        using Call call = new();
        CallMember[] m = call.Join("ana", "ben");
        uint epoch = m[0].Session.Epoch;
        m[0].Session.OnDisconnected(call.Now);
        m[0].Session.OnState(isInCall: true, call.Now);
        call.TellRoster();
        Assert.Equal(epoch + 1, m[0].Session.Epoch);
        call.TellRoster();
        Assert.Equal(epoch + 1, m[0].Session.Epoch);
    }

    [Fact]
    public void A_key_message_that_was_lost_is_sent_again_until_it_is_acknowledged_and_then_no_more()
    {
        using Call call = new();
        int lost = 3;
        call.Tamper = message => IsType(message, E2eeMessageType.Key) && lost-- > 0 ? null : message;
        CallMember[] m = call.Join("ana", "ben");
        Assert.False(m[0].Session.IsSecure("ben"));
        call.Advance(4_000);
        Assert.True(m[0].Session.IsSecure("ben") && m[1].Session.IsSecure("ana"));
        call.Passed.Clear();
        call.Advance(60_000);
        Assert.Empty(call.Passed);
    }

    [Fact]
    public void Who_joins_while_keys_go_round_gets_the_key_that_is_not_yet_in_use()
    {
        using Call call = new();
        CallMember ana = call.Join("ana")[0];
        call.Tamper = message => IsType(message, E2eeMessageType.Ack) ? null : message;
        call.Join("ben");
        uint epoch = ana.Session.Epoch;
        CallMember cleo = call.Join("cleo")[0];
        Assert.Equal(epoch, ana.Session.Epoch);
        call.Advance(1_000);
        Assert.Equal(epoch + 1, ana.Session.Epoch);
        Assert.Equal(OpenResult.Opened, call.Opens(cleo, ana));
    }

    [Fact]
    public void Somebody_away_for_a_moment_keeps_the_keys_and_somebody_waiting_has_none()
    {
        using Call call = new();
        CallMember[] m = call.Join("ana", "ben");
        uint epoch = m[0].Session.Epoch;
        m[1].Line = m[1].Line with { State = "away" };
        call.TellRoster();
        Assert.Equal(epoch, m[0].Session.Epoch);
        Assert.True(m[0].Session.IsSecure("ben"));
        m[1].Line = m[1].Line with { State = "waiting" };
        call.TellRoster();
        Assert.Equal(epoch + 1, m[0].Session.Epoch);
        Assert.Null(m[0].Session.ShortCode);
    }

    [Fact]
    public void Somebody_held_and_admitted_again_has_a_new_number_rising_epochs_and_everybody_a_new_code()
    {
        using Call call = new();
        CallMember[] m = call.Join("doc", "pat");
        uint last = m[1].Session.Epoch;
        string? code = m[0].Session.ShortCode;
        for (int entry = 0; entry < 4; entry++)
        {
            m[1].Session.OnState(isInCall: false, call.Now);
            Assert.Equal(0u, m[1].Session.Epoch);
            call.Tell(m[0], m[0].Line);
            call.Settle();
            m[1].Line = m[1].Line with { E2ee = m[1].Line.E2ee! with { Member = 40 + entry } };
            m[1].Session.OnState(isInCall: true, call.Now);
            call.TellRoster();
            call.Advance(1_500);
            Assert.True(m[1].Session.Epoch > last);
            last = m[1].Session.Epoch;
            Assert.Equal(OpenResult.Opened, call.Opens(m[0], m[1]));
            Assert.Equal(OpenResult.Opened, call.Opens(m[1], m[0]));
            Assert.NotNull(m[0].Session.ShortCode);
            Assert.NotEqual(code, m[0].Session.ShortCode);
            Assert.Equal(m[0].Session.ShortCode, m[1].Session.ShortCode);
            code = m[0].Session.ShortCode;
        }
    }

    [Theory]
    [InlineData(null)]
    [InlineData(40)]
    public void Somebody_held_and_admitted_again_while_a_third_was_away_opens_all_and_is_opened_by_all(int? number)
    {
        using Call call = new();
        CallMember[] m = call.Join("doc", "pat", "fam");
        call.Advance(3_000);
        m[2].IsOnline = false;
        m[2].Session.OnDisconnected(call.Now);
        m[1].Session.OnState(isInCall: false, call.Now);
        call.Tell(m[0], m[0].Line, m[2].Line);
        call.Settle();
        m[1].Line = m[1].Line with { E2ee = m[1].Line.E2ee! with { Member = number ?? m[1].Line.E2ee!.Member } };
        m[1].Session.OnState(isInCall: true, call.Now);
        call.TellRoster();
        call.Advance(3_000);
        m[2].IsOnline = true;
        m[2].Session.OnState(isInCall: true, call.Now);
        call.Tell(m[2], [.. m.Select(x => x.Line)]);
        call.Settle();
        call.Advance(20_000);
        foreach (CallMember to in m)
        {
            foreach (CallMember from in m.Where(x => x != to))
            {
                Assert.Equal(OpenResult.Opened, call.Opens(to, from));
                Assert.True(to.Session.IsSecure(from.Name));
            }
        }

        Assert.Single(m.Select(x => x.Session.ShortCode).Distinct());
    }

    [Fact]
    public void A_page_loaded_again_gets_new_keys_and_its_old_self_opens_nothing_more()
    {
        using Call call = new();
        CallMember[] m = call.Join("ana", "ben");
        CallMember again = call.Members["ben"] = call.Create("ben");
        call.TellRoster();
        byte[] sealedFrame = Picture(m[0]);
        Assert.Equal(OpenResult.Opened, OpenPicture(call, again, "ana", sealedFrame));
        Assert.Equal(OpenResult.Held, OpenPicture(call, m[1], "ana", sealedFrame));
        call.Advance(300);
        Assert.Equal(OpenResult.NoKey, call.Held[^1].Frame.Result);
        Assert.Equal(m[0].Session.ShortCode, again.Session.ShortCode);
        Assert.NotNull(again.Session.ShortCode);
    }
}
