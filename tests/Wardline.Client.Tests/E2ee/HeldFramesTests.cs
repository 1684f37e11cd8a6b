using Wardline.Client.E2ee;
using Wardline.Rtc;

namespace Wardline.Client.Tests.E2ee;

/// <summary>Frames that overtake their key.</summary>
public sealed class HeldFramesTests
{
    private static bool IsKey(Passing message) => E2eeMessage.Decode(message.Body)?.Type == E2eeMessageType.Key;

    /// <summary>A leave whose new key comes late: 30 pictures and 50 packets of sound a second meanwhile, for 600 ms.</summary>
    private static (Dictionary<MediaSource, List<long>> Sent, Dictionary<MediaSource, List<long>> Got, CallMember Ben) LeaveWithLateKey(double lateMs, bool twice)
    {
        using Call call = new();
        CallMember[] m = call.Join("ana", "ben", "cleo");
        call.Advance(2_000);
        List<Passing> late = [];
        Instant arrives = call.Now + TimeSpan.FromMilliseconds(lateMs);
        call.Tamper = message =>
        {
            if (message.From != "ana" || message.To != "ben" || !IsKey(message) || call.Now >= arrives)
            {
                return message;
            }

            late.Add(message);
            return null;
        };
        Dictionary<MediaSource, List<long>> sent = new() { [MediaSource.Camera] = [], [MediaSource.Microphone] = [] };
        Dictionary<MediaSource, List<long>> got = new() { [MediaSource.Camera] = [], [MediaSource.Microphone] = [] };
        long next = 0;
        int taken = 0;
        void TakeHeld()
        {
            for (; taken < call.Held.Count; taken++)
            {
                (string to, HeldFrame frame, byte[] bytes) = call.Held[taken];
                Assert.Equal(("ben", "ana", bytes.Length), (to, frame.Participant, frame.Length));
                if (frame.Result == OpenResult.Opened)
                {
                    Assert.Equal(Call.Vp8(false, 60, (int)frame.Tag), bytes);
                    got[frame.Source].Add(frame.Tag);
                }
            }
        }

        void Send(MediaSource source)
        {
            long number = next++;
            byte[] sealedFrame = Call.Seal(m[0], source, Call.Vp8(false, 60, (int)number));
            sent[source].Add(number);
            for (int copies = twice ? 2 : 1; copies > 0; copies--)
            {
                if (call.Open(m[1], "ana", source, sealedFrame, number).Result == OpenResult.Opened)
                {
                    got[source].Add(number);
                }
            }
        }

        Send(MediaSource.Camera);
        call.Leave("cleo");
        for (int at = 0; at < 600; at += 20)
        {
            Send(MediaSource.Microphone);
            if (at % 40 == 0)
            {
                Send(MediaSource.Camera);
            }

            for (int step = 0; step < 20; step++)
            {
                call.Advance(1);
                if (late.Count > 0 && call.Now >= arrives)
                {
                    late.ForEach(l => m[1].Session.OnBody(l.From, l.Body, call.Now));
                    late.Clear();
                    call.Settle();
                }

                TakeHeld();
            }
        }

        call.Advance(1_000);
        TakeHeld();
        return (sent, got, m[1]);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(40)]
    [InlineData(200)]
    [InlineData(280)]
    public void A_key_late_by_up_to_300_ms_loses_no_frame_opens_none_twice_and_keeps_the_order(double lateMs)
    {
        (Dictionary<MediaSource, List<long>> sent, Dictionary<MediaSource, List<long>> got, CallMember ben) = LeaveWithLateKey(lateMs, twice: true);
        Assert.Equal(sent[MediaSource.Camera], got[MediaSource.Camera]);
        Assert.Equal(sent[MediaSource.Microphone], got[MediaSource.Microphone]);
        Assert.Equal(0, ben.Session.Counters[OpenResult.NoKey]);
        Assert.Equal(lateMs > 0, ben.Session.Counters[OpenResult.Held] > 0);
    }

    [Fact]
    public void A_key_late_by_longer_loses_only_what_waited_too_long()
    {
        (Dictionary<MediaSource, List<long>> sent, Dictionary<MediaSource, List<long>> got, CallMember ben) = LeaveWithLateKey(450, twice: false);
        foreach (MediaSource source in sent.Keys)
        {
            Assert.Equal(sent[source].Where(got[source].Contains), got[source]);
            Assert.Equal(sent[source][^5..], got[source][^5..]);
        }

        Assert.InRange(sent[MediaSource.Microphone].Count - got[MediaSource.Microphone].Count, 1, (450 - 300) / 20 + 1);
        Assert.True(ben.Session.Counters[OpenResult.NoKey] > 0);
    }

    [Fact]
    public void A_frame_that_comes_before_the_held_ones_are_taken_does_not_overtake_them()
    {
        using Call call = new();
        CallMember[] m = call.Join("ana", "ben", "cleo");
        Passing? late = null;
        call.Tamper = p => IsKey(p) && p.From == "ana" ? (late = p) == null ? p : null : p;
        call.Leave("cleo");
        byte[][] frames = [.. Enumerable.Range(0, 3).Select(i => Call.Seal(m[0], MediaSource.Microphone, [(byte)i]))];
        byte[] buffer = new byte[HeldFrames.MaxBytes];
        Assert.Equal(OpenResult.Held, call.Open(m[1], "ana", MediaSource.Microphone, frames[0], 0).Result);
        m[1].Session.OnBody("ana", late!.Body, call.Now);
        Assert.Equal(OpenResult.Held, call.Open(m[1], "ana", MediaSource.Microphone, frames[1], 1).Result);
        Assert.Equal(OpenResult.Opened, call.Opens(m[1], m[0]));
        foreach (byte expected in new byte[] { 0, 1 })
        {
            Assert.True(m[1].Session.TryTakeHeld(buffer, call.Now, out HeldFrame frame));
            Assert.Equal((OpenResult.Opened, (long)expected, expected), (frame.Result, frame.Tag, buffer[0]));
        }

        Assert.False(m[1].Session.TryTakeHeld(buffer, call.Now, out _));
        Assert.Equal(OpenResult.Opened, call.Open(m[1], "ana", MediaSource.Microphone, frames[2], 2).Result);
    }

    [Fact]
    public void Nothing_is_held_of_an_older_epoch_of_a_member_without_a_key_or_of_somebody_who_is_gone()
    {
        using Call call = new();
        CallMember[] m = call.Join("ana", "ben");
        byte[] old = Call.Seal(m[0], MediaSource.Camera, Call.Vp8(true));
        call.Rotate(m[0], 1);
        for (int times = 0; times < 3; times++)
        {
            call.Advance(1_000);
            Assert.Equal(OpenResult.Opened, call.Opens(m[1], m[0]));
        }

        Assert.Equal(OpenResult.NoKey, call.Open(m[1], "ana", MediaSource.Camera, old).Result);
        call.Tamper = message => IsKey(message) ? null : message;
        call.Advance(2_500);
        Assert.Equal(OpenResult.Held, call.Opens(m[1], m[0]));
        call.Tell(m[1], m[1].Line);
        Assert.Equal(2, m[1].Session.Counters[OpenResult.NoKey]);
        call.Tell(m[1], m[0].Line, m[1].Line);
        Assert.Equal(OpenResult.NoKey, call.Opens(m[1], m[0]));
        call.Advance(1_000);
        Assert.Empty(call.Held);
    }

    [Theory]
    [InlineData(1, true)]
    [InlineData(127, true)]
    [InlineData(128, false)]
    [InlineData(255, false)]
    public void Held_are_frames_of_1_to_127_epochs_ahead(int ahead, bool isHeld)
    {
        using Call call = new();
        CallMember[] m = call.Join("ana", "ben");
        using SFrameKey key = new(FrameLayout.KeyId(0, (uint)(m[0].Session.Epoch + ahead)), new byte[32]);
        byte[] sealedFrame = new byte[64];
        int length = key.Seal(0, [(byte)MediaSource.Microphone], "sound"u8, sealedFrame);
        Assert.Equal(isHeld ? OpenResult.Held : OpenResult.NoKey, call.Open(m[1], "ana", MediaSource.Microphone, sealedFrame[..length]).Result);
    }

    [Fact]
    public void At_most_64_frames_and_256_kB_of_one_sender_are_held_for_300_ms()
    {
        Instant now = Instant.FromMilliseconds(0);
        using HeldFrames many = new();
        for (int i = 0; i < HeldFrames.MaxFrames; i++)
        {
            Assert.True(many.TryAdd(MediaSource.Camera, new byte[100], i, isReady: false, now));
        }

        Assert.False(many.TryAdd(MediaSource.Camera, new byte[1], 64, isReady: false, now));
        Assert.Equal(Instant.FromMilliseconds(300), many.NextTimeout);
        many.Expire(Instant.FromMilliseconds(299));
        Assert.False(many.TryTake(out _));
        many.Expire(Instant.FromMilliseconds(300));
        for (int i = 0; i < HeldFrames.MaxFrames; i++)
        {
            Assert.True(many.TryTake(out HeldFrames.Entry entry));
            Assert.Equal(i, entry.Tag);
            HeldFrames.Return(entry);
        }

        Assert.Equal(Instant.Never, many.NextTimeout);

        using HeldFrames large = new();
        Assert.True(large.TryAdd(MediaSource.Camera, new byte[HeldFrames.MaxBytes], 0, isReady: false, now));
        Assert.False(large.TryAdd(MediaSource.Camera, new byte[1], 1, isReady: false, now));
        large.Release();
        Assert.True(large.TryTake(out HeldFrames.Entry taken));
        Assert.Equal(HeldFrames.MaxBytes, taken.Frame.Length);
        HeldFrames.Return(taken);
        Assert.True(large.TryAdd(MediaSource.Camera, new byte[HeldFrames.MaxBytes], 2, isReady: false, now));
    }
}
