using Wardline.Client.E2ee;

namespace Wardline.Client.Tests.E2ee;

/// <summary>Two and three members whose server does what it should.</summary>
public sealed class MemberSessionTests
{
    private static readonly byte[] Key = Call.Vp8(true);
    private static readonly byte[] Delta = Call.Vp8(false);

    [Fact]
    public void Two_members_open_sound_and_pictures_of_each_other_and_see_the_same_digits()
    {
        using Call call = new();
        CallMember[] m = call.Join("ana", "ben");
        Assert.True(m[0].Session.IsSecure("ben"));
        Assert.True(m[1].Session.IsSecure("ana"));
        Assert.Matches(@"^\d{3} \d{3}$", m[0].Session.ShortCode);
        Assert.Equal(m[0].Session.ShortCode, m[1].Session.ShortCode);
        foreach ((MediaSource source, byte[] frame) in new[]
        {
            (MediaSource.Camera, Key), (MediaSource.Camera, Delta), (MediaSource.Screen, Key), (MediaSource.Microphone, Call.Vp8(true, 80)), (MediaSource.Microphone, []),
        })
        {
            foreach ((CallMember from, CallMember to) in new[] { (m[0], m[1]), (m[1], m[0]) })
            {
                byte[] sealedFrame = Call.Seal(from, source, frame);
                Assert.InRange(sealedFrame.Length - frame.Length, 17, MemberSession.MaxOverheadBytes);
                (OpenResult result, byte[] opened) = call.Open(to, from.Name, source, sealedFrame);
                Assert.Equal(OpenResult.Opened, result);
                Assert.Equal(frame, opened);
            }
        }
    }

    [Fact]
    public void Exactly_the_VP8_header_stays_readable_and_nothing_of_sound()
    {
        using Call call = new();
        CallMember ana = call.Join("ana", "ben")[0];
        foreach ((MediaSource source, byte[] frame, int clear) in new[] { (MediaSource.Camera, Key, 10), (MediaSource.Screen, Delta, 3), (MediaSource.Microphone, Delta, 0) })
        {
            byte[] sealedFrame = Call.Seal(ana, source, frame);
            Assert.Equal(frame[..clear], sealedFrame[..clear]);
            Assert.Equal(-1, sealedFrame.AsSpan().IndexOf(frame.AsSpan(clear, 8)));
        }
    }

    [Fact]
    public void A_picture_too_short_to_be_one_is_not_sent_and_neither_is_a_frame_without_a_key()
    {
        using Call call = new();
        CallMember alone = call.Create("eve");
        byte[] room = new byte[300];
        Assert.False(alone.Session.TrySeal(MediaSource.Camera, Key, room, out int length));
        Assert.Equal(0, length);
        CallMember ana = call.Join("ana", "ben")[0];
        foreach (byte[] frame in new[] { [], Key[..9], Delta[..2] })
        {
            Assert.False(ana.Session.TrySeal(MediaSource.Camera, frame, room, out _));
        }

        Assert.Equal(3, ana.Session.Counters.Unsealable);
        Assert.Throws<ArgumentException>(() => ana.Session.TrySeal(MediaSource.Camera, Key, new byte[Key.Length], out _));
    }

    [Fact]
    public void No_counter_is_used_twice_over_all_streams_of_a_sender()
    {
        using Call call = new();
        CallMember ana = call.Join("ana", "ben")[0];
        HashSet<ulong> counters = [], keyIds = [];
        for (int i = 0; i < 600; i++)
        {
            MediaSource source = (MediaSource)(1 + i % 3);
            byte[] sealedFrame = Call.Seal(ana, source, Delta);
            Assert.True(SFrameHeader.TryRead(sealedFrame.AsSpan(source == MediaSource.Microphone ? 0 : 3), out SFrameHeader header));
            Assert.True(counters.Add(header.Counter));
            keyIds.Add(header.KeyId);
        }

        Assert.Single(keyIds);
    }

    [Fact]
    public void Sealing_and_opening_good_frames_allocates_nothing()
    {
        using Call call = new();
        CallMember[] m = call.Join("ana", "ben");
        byte[] sealedFrame = new byte[300], opened = new byte[300];
        void Pass(int times)
        {
            for (int i = 0; i < times; i++)
            {
                MediaSource source = (MediaSource)(1 + i % 3);
                Assert.True(m[0].Session.TrySeal(source, Delta, sealedFrame, out int length));
                if (m[1].Session.Open("ana", source, sealedFrame.AsSpan(0, length), opened, out _, call.Now) != OpenResult.Opened)
                {
                    throw new InvalidOperationException("not opened");
                }
            }
        }

        // The compiler may step into a loop once and make objects of its own on this thread: the best of several counts.
        long least = long.MaxValue;
        for (int round = 0; round < 5; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            Pass(1_000);
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.Equal(0, least);
    }

    [Fact]
    public void A_session_says_nothing_and_does_nothing_after_it_was_disposed()
    {
        using Call call = new();
        CallMember[] m = call.Join("ana", "ben");
        byte[] sealedFrame = Call.Seal(m[1], MediaSource.Camera, Key);
        m[0].Session.Dispose();
        call.Tell(m[0], m[0].Line, m[1].Line);
        m[0].Session.OnState(false, call.Now);
        m[0].Session.OnState(true, call.Now);
        m[0].Session.HandleTimeout(call.Now);
        Assert.Equal(Wardline.Rtc.Instant.Never, m[0].Session.NextTimeout);
        Assert.False(m[0].Session.TryTakeMessage(out _, out _));
        Assert.False(m[0].Session.TrySeal(MediaSource.Camera, Key, new byte[300], out _));
        Assert.Equal(OpenResult.NoKey, call.Open(m[0], "ben", MediaSource.Camera, sealedFrame).Result);
    }
}
