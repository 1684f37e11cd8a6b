using System.Security.Cryptography;
using Wardline.Client.E2ee;
using Wardline.Client.Signaling;
using Wardline.Rtc;

namespace Wardline.Client.Tests.E2ee;

/// <summary>What a hostile server, SFU or member gets: nothing.</summary>
public sealed class AttackTests
{
    private static readonly Instant Start = Instant.FromMilliseconds(0);

    private static byte[] Picture(CallMember from, int length = 200) => Call.Seal(from, MediaSource.Camera, Call.Vp8(true, length));

    private static bool IsKey(Passing message) => E2eeMessage.Decode(message.Body)?.Type == E2eeMessageType.Key;

    private static byte[] Forge(int member, uint epoch, ulong counter, byte[] baseKey)
    {
        using SFrameKey key = new(FrameLayout.KeyId(member, epoch), baseKey);
        byte[] frame = Call.Vp8(true), sealedFrame = new byte[300];
        Span<byte> metadata = stackalloc byte[FrameLayout.MaxMetadataBytes];
        frame.AsSpan(0, 10).CopyTo(sealedFrame);
        int length = key.Seal(counter, metadata[..FrameLayout.WriteMetadata(MediaSource.Camera, frame.AsSpan(0, 10), metadata)], frame.AsSpan(10), sealedFrame.AsSpan(10));
        return sealedFrame[..(10 + length)];
    }

    private static OpenResult Open(ReceiverKeys keys, byte[] sealedFrame, double atMs = 0) =>
        keys.Open(MediaSource.Camera, sealedFrame, new byte[300], out _, Instant.FromMilliseconds(atMs));

    [Fact]
    public void A_frame_played_again_is_refused_on_every_track()
    {
        using Call call = new();
        CallMember[] m = call.Join("ana", "ben");
        byte[] sealedFrame = Picture(m[0]);
        Assert.Equal(OpenResult.Opened, call.Open(m[1], "ana", MediaSource.Camera, sealedFrame).Result);
        Assert.Equal(OpenResult.Replayed, call.Open(m[1], "ana", MediaSource.Camera, sealedFrame).Result);
        Assert.Equal(OpenResult.Forged, call.Open(m[1], "ana", MediaSource.Screen, sealedFrame).Result);
        Assert.Equal(1, m[1].Session.Counters[OpenResult.Replayed]);
        Assert.Equal(1, m[1].Session.Counters[OpenResult.Forged]);
    }

    [Fact]
    public void One_members_frame_is_not_shown_as_anothers()
    {
        using Call call = new();
        CallMember[] m = call.Join("ana", "ben", "cleo");
        call.Advance(2_000);
        byte[] sealedFrame = Picture(m[0]);
        Assert.Equal(OpenResult.WrongSender, call.Open(m[2], "ben", MediaSource.Camera, sealedFrame).Result);
        Assert.Equal(OpenResult.Opened, call.Open(m[2], "ana", MediaSource.Camera, sealedFrame).Result);
        Assert.Equal(OpenResult.NoKey, call.Open(m[2], "nobody", MediaSource.Camera, sealedFrame).Result);
    }

    [Fact]
    public void No_bit_of_a_frame_can_be_changed_and_none_cut_off_and_the_genuine_one_still_opens()
    {
        using Call call = new();
        CallMember[] m = call.Join("ana", "ben");
        byte[] sealedFrame = Picture(m[0], 40);
        for (int bit = 0; bit < sealedFrame.Length * 8; bit++)
        {
            byte[] changed = [.. sealedFrame];
            changed[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.NotEqual(OpenResult.Opened, call.Open(m[1], "ana", MediaSource.Camera, changed).Result);
        }

        for (int length = 0; length < sealedFrame.Length; length++)
        {
            Assert.NotEqual(OpenResult.Opened, call.Open(m[1], "ana", MediaSource.Camera, sealedFrame[..length]).Result);
        }

        Assert.True(m[1].Session.Counters[OpenResult.Forged] >= 8 * 30);
        Assert.Equal(OpenResult.Opened, call.Open(m[1], "ana", MediaSource.Camera, sealedFrame).Result);
        call.Advance(1_000);
        Assert.DoesNotContain(call.Held, h => h.Frame.Result == OpenResult.Opened);
    }

    [Theory]
    [InlineData(1UL << 52)]
    [InlineData((1UL << 32) + 5)]
    [InlineData(ulong.MaxValue)]
    [InlineData((1UL << 16) + 1)]
    public void A_counter_far_ahead_is_refused_and_blocks_nothing(ulong far)
    {
        byte[] baseKey = new byte[32];
        using ReceiverKeys keys = new(2);
        keys.Install(1, baseKey, Start);
        Assert.Equal(OpenResult.Opened, Open(keys, Forge(2, 1, 0, baseKey)));
        Assert.Equal(OpenResult.Ahead, Open(keys, Forge(2, 1, far, baseKey)));
        Assert.Equal(OpenResult.Opened, Open(keys, Forge(2, 1, 1, baseKey)));
    }

    [Fact]
    public void A_counter_may_lead_by_2_to_the_16_and_500_for_each_second_since_and_by_not_one_more()
    {
        byte[] baseKey = new byte[32];
        using ReceiverKeys keys = new(2);
        keys.Install(1, baseKey, Start);
        Assert.Equal(OpenResult.Ahead, Open(keys, Forge(2, 1, 1 << 16, baseKey)));
        Assert.Equal(OpenResult.Opened, Open(keys, Forge(2, 1, (1 << 16) - 1, baseKey)));
        const int hour = 3_600;
        const ulong far = (1 << 16) - 1 + (1 << 16) + 500 * hour;
        Assert.Equal(OpenResult.Ahead, Open(keys, Forge(2, 1, far + 1, baseKey), hour * 1_000));
        Assert.Equal(OpenResult.Opened, Open(keys, Forge(2, 1, far, baseKey), hour * 1_000));
        Assert.Equal(OpenResult.Replayed, Open(keys, Forge(2, 1, far - 1_024, baseKey), hour * 1_000));
        Assert.Equal(OpenResult.Opened, Open(keys, Forge(2, 1, far - 1_023, baseKey), hour * 1_000));
    }

    [Fact]
    public void Only_the_key_that_is_in_place_is_acknowledged_and_no_other_one_of_that_epoch_or_before()
    {
        byte[] first = RandomNumberGenerator.GetBytes(32), second = [.. first];
        second[31] ^= 1;
        using ReceiverKeys keys = new(3);
        Assert.True(keys.Install(5, first, Start));
        Assert.True(keys.Install(5, first, Start));
        Assert.False(keys.Install(5, second, Start));
        Assert.False(keys.Install(4, first, Start));
        using ReceiverKeys later = new(3, keys.HighWater);
        Assert.False(later.Install(5, first, Start));
        Assert.False(later.HasKey);
        Assert.True(later.Install(6, first, Start));
        // And what was refused opens nothing.
        Assert.Equal(OpenResult.Forged, Open(keys, Forge(3, 5, 0, second)));
        Assert.Equal(OpenResult.Opened, Open(keys, Forge(3, 5, 0, first)));
    }

    [Fact]
    public void A_sender_with_many_unused_keys_leaves_eight_and_no_two_of_one_low_byte()
    {
        byte[] baseKey = new byte[32];
        using ReceiverKeys keys = new(3);
        for (uint epoch = 1; epoch <= 10; epoch++)
        {
            Assert.True(keys.Install(epoch, baseKey, Start));
        }

        Assert.Equal(OpenResult.NoKey, Open(keys, Forge(3, 2, 0, baseKey)));
        Assert.True(keys.Install(256 + 10, baseKey, Start));
        Assert.Equal(OpenResult.Opened, Open(keys, Forge(3, 256 + 10, 0, baseKey)));
        Assert.Equal(OpenResult.Replayed, Open(keys, Forge(3, 10, 0, baseKey)));
    }

    [Theory]
    [InlineData("ana", 0)]
    [InlineData("ana", 77)]
    [InlineData("ana2", 0)]
    public void A_pretended_leave_makes_no_recorded_frame_open_again(string name, int number)
    {
        using Call call = new();
        CallMember[] m = call.Join("ana", "ben");
        call.Advance(2_000);
        byte[][] recorded = [.. Enumerable.Range(0, 5).Select(_ => Picture(m[0]))];
        Assert.All(recorded, frame => Assert.Equal(OpenResult.Opened, call.Open(m[1], "ana", MediaSource.Camera, frame).Result));
        Passing[] keys = [.. call.Passed.Where(p => p.From == "ana" && IsKey(p))];
        Assert.NotEmpty(keys);
        uint epoch = m[0].Session.Epoch;
        RosterEntry again = m[0].Line with { Participant = name, E2ee = m[0].Line.E2ee! with { Member = number } };
        for (int times = 0; times < 3; times++)
        {
            call.Tamper = message => message.To == "ana" ? null : message;
            call.Tell(m[1], m[1].Line);
            call.Tell(m[1], again, m[1].Line);
            foreach (Passing key in keys)
            {
                m[1].Session.OnBody(name, key.Body, call.Now);
            }

            call.Settle();
            Assert.All(recorded, frame => Assert.NotEqual(OpenResult.Opened, call.Open(m[1], name, MediaSource.Camera, frame).Result));
            Assert.False(m[1].Session.IsSecure(name));
            call.Tell(m[1], m[0].Line, m[1].Line);
            call.Settle();
        }

        // The genuine ana is heard again as soon as she has turned.
        call.Tamper = message => message;
        call.Advance(31 * 60_000);
        Assert.True(m[0].Session.Epoch > epoch);
        Assert.Equal(OpenResult.Opened, call.Opens(m[1], m[0]));
        Assert.NotEqual(OpenResult.Opened, call.Open(m[1], "ana", MediaSource.Camera, recorded[0]).Result);
    }

    [Fact]
    public void An_old_key_message_played_again_brings_no_old_key_back()
    {
        using Call call = new();
        CallMember[] m = call.Join("ana", "ben");
        Passing[] old = [.. call.Passed.Where(p => p.From == "ana" && IsKey(p))];
        byte[] late = Picture(m[0]);
        call.Rotate(m[0], 10);
        call.Advance(10_000);
        Assert.Equal(OpenResult.Opened, call.Opens(m[1], m[0]));
        call.Advance(6_000);
        call.Passed.Clear();
        foreach (Passing message in old)
        {
            m[1].Session.OnBody("ana", message.Body, call.Now);
        }

        call.Settle();
        Assert.Empty(call.Passed);
        Assert.Equal(OpenResult.NoKey, call.Open(m[1], "ana", MediaSource.Camera, late).Result);
    }

    [Fact]
    public void Key_messages_cannot_be_forged_reflected_altered_or_relabelled()
    {
        using Call call = new();
        CallMember[] m = call.Join("ana", "ben");
        Passing key = call.Passed.First(p => p.From == "ana" && IsKey(p));
        E2eeMessage message = E2eeMessage.Decode(key.Body)!;
        call.Passed.Clear();
        m[1].Session.OnBody("ana", E2eeMessage.Key(message.Epoch + 1, message.Value).Encode(), call.Now);
        for (int i = 0; i < message.Value.Length; i++)
        {
            byte[] altered = [.. message.Value];
            altered[i] ^= 1;
            m[1].Session.OnBody("ana", E2eeMessage.Key(message.Epoch, altered).Encode(), call.Now);
        }

        m[0].Session.OnBody("ben", key.Body, call.Now);
        call.Settle();
        call.TellRoster();
        Assert.Empty(call.Passed);
        Assert.Equal(1 + message.Value.Length, m[1].Session.Counters.BadMessages);
        Assert.Equal(1, m[0].Session.Counters.BadMessages);
        Assert.Equal(OpenResult.Opened, call.Opens(m[1], m[0]));
    }

    [Fact]
    public void An_acknowledgement_that_is_not_the_recipients_own_makes_nobody_secure()
    {
        using Call call = new();
        call.Tamper = p => E2eeMessage.Decode(p.Body)?.Type == E2eeMessageType.Ack
            ? p with { Body = E2eeMessage.Ack(E2eeMessage.Decode(p.Body)!.Epoch, new byte[28]).Encode() } : p;
        CallMember[] m = call.Join("ana", "ben");
        call.Advance(5_000);
        call.TellRoster();
        Assert.False(m[0].Session.IsSecure("ben") || m[1].Session.IsSecure("ana"));
        Assert.True(m[0].Session.Counters.BadMessages > 0);
    }

    [Fact]
    public void Mad_roster_lines_are_counted_and_ignored()
    {
        using Call call = new();
        CallMember[] m = call.Join("ana", "ben");
        RosterKeys ben = m[1].Line.E2ee!;
        RosterEntry Eve(RosterKeys keys) => m[1].Line with { Participant = "eve", E2ee = keys };
        char last = ben.PublicKey[^2] == 'A' ? 'B' : 'A';
        foreach (RosterEntry line in new[]
        {
            Eve(m[0].Line.E2ee! with { Member = 9 }), Eve(ben), Eve(ben with { Member = 9 }), Eve(ben with { Member = 300 }), Eve(ben with { Member = -1 }),
            Eve(new RosterKeys(9, "AAAA", ben.Commitment)), Eve(new RosterKeys(9, ben.PublicKey[..^2] + last + ben.PublicKey[^1], ben.Commitment)),
            Eve(new RosterKeys(9, ben.PublicKey, "!")), Eve(new RosterKeys(9, null!, null!)), Eve(new RosterKeys(9, new string('A', 87), ben.Commitment)),
            m[1].Line with { E2ee = ben with { Member = 9 } }, Eve(ben with { Member = 9 }) with { Participant = null! },
        })
        {
            long before = m[0].Session.Counters.BadRoster;
            call.Tell(m[0], m[0].Line, m[1].Line, line);
            Assert.True(m[0].Session.Counters.BadRoster > before, line.ToString());
            Assert.False(m[0].Session.IsSecure("eve"));
            Assert.True(m[0].Session.IsSecure("ben"));
        }
    }

    [Fact]
    public void No_more_than_1024_instances_are_taken_in_by_one_session()
    {
        using Call call = new();
        CallMember ana = call.Join("ana")[0];
        for (int i = 0; i < 1_025; i++)
        {
            CallMember ben = call.Members["ben"] = call.Create("ben");
            ben.Line = ben.Line with { E2ee = ben.Line.E2ee! with { Member = 1 + i % 250 } };
            call.Tell(ana, ana.Line, ben.Line);
            call.Tell(ben, ana.Line, ben.Line);
            call.Settle();
            Assert.Equal(i < 1_024, ana.Session.IsSecure("ben"));
        }

        Assert.Equal(1, ana.Session.Counters.BadRoster);
    }

    [Theory]
    [InlineData("")]
    [InlineData("A")]
    [InlineData("!!!!")]
    [InlineData("AQ")]
    [InlineData("AQE")]
    [InlineData("AQkAAAAAAA")]
    [InlineData("AQ==")]
    [InlineData("AQ EAA")]
    public void Bodies_that_are_no_messages_are_counted_and_ignored(string body)
    {
        using Call call = new();
        CallMember ana = call.Join("ana", "ben")[0];
        ana.Session.OnBody("ben", body, call.Now);
        ana.Session.OnBody("ben", body + new string('x', 100_000), call.Now);
        Assert.Equal(2, ana.Session.Counters.BadMessages);
        Assert.True(ana.Session.IsSecure("ben"));
    }

    [Fact]
    public void Messages_before_their_senders_roster_are_tried_again_once_and_at_most_64_kept()
    {
        using Call call = new();
        CallMember ana = call.Join("ana")[0];
        string body = E2eeMessage.Ack(1, new byte[28]).Encode();
        for (int i = 0; i < 70; i++)
        {
            ana.Session.OnBody("ben", body, call.Now);
        }

        Assert.Equal(6, ana.Session.Counters.BadMessages);
        call.TellRoster();
        Assert.Equal(70, ana.Session.Counters.BadMessages);
        call.TellRoster();
        Assert.Equal(70, ana.Session.Counters.BadMessages);
    }

    [Fact]
    public void A_key_that_overtakes_the_roster_is_installed_after_it()
    {
        using Call call = new();
        CallMember ana = call.Join("ana")[0];
        CallMember ben = call.Members["ben"] = call.Create("ben");
        call.Tell(ben, ana.Line, ben.Line);
        call.Settle();
        Assert.False(ana.Session.IsSecure("ben"));
        call.Tell(ana, ana.Line, ben.Line);
        call.Settle();
        Assert.True(ana.Session.IsSecure("ben") && ben.Session.IsSecure("ana"));
    }
}
