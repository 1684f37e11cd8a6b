using System.Buffers.Binary;
using FsCheck;
using FsCheck.Fluent;
using Wardline.Rtc.Srtp;

namespace Wardline.Rtc.Tests.Srtp;

/// <summary>Order, repetition and rollover.</summary>
public sealed class SrtpReplayTests
{
    public static TheoryData<SrtpProfile> Profiles => [.. SrtpKit.Profiles];

    [Theory]
    [MemberData(nameof(Profiles))]
    public void Drops_a_replayed_packet_before_decrypting(SrtpProfile profile)
    {
        (SrtpSender sender, SrtpReceiver receiver) = SrtpKit.Pair(profile);
        byte[] packet = SrtpKit.Seal(sender, 5);
        byte[] copy = [.. packet];
        Assert.True(receiver.TryUnprotectRtp(packet, out _));
        copy[^1] ^= 1; // would fail its authentication, if anybody looked
        byte[] before = [.. copy];
        Assert.False(receiver.TryUnprotectRtp(copy, out _));
        Assert.Equal(before, copy);
        Assert.Equal(1, receiver.Counters[SrtpDrop.Replayed]);
        Assert.Equal(0, receiver.Counters[SrtpDrop.Authentication]);
    }

    [Theory]
    [MemberData(nameof(Profiles))]
    public void Drops_a_replayed_report(SrtpProfile profile)
    {
        (SrtpSender sender, SrtpReceiver receiver) = SrtpKit.Pair(profile);
        byte[] first = SrtpKit.SealRtcp(sender);
        byte[] second = SrtpKit.SealRtcp(sender);
        byte[] copy = [.. first];
        Assert.True(receiver.TryUnprotectRtcp(second, out _));
        Assert.True(receiver.TryUnprotectRtcp(first, out _)); // late is not replayed
        Assert.False(receiver.TryUnprotectRtcp(copy, out _));
        Assert.Equal(1, receiver.Counters[SrtpDrop.Replayed]);
    }

    [Fact]
    public void The_window_reaches_1023_packets_back_and_no_further()
    {
        (SrtpSender sender, SrtpReceiver receiver) = SrtpKit.Pair(SrtpProfile.AeadAes256Gcm);
        List<byte[]> packets = [.. Enumerable.Range(0, 1100).Select(i => SrtpKit.Seal(sender, (ushort)i))];
        Assert.True(receiver.TryUnprotectRtp(packets[1099], out _));
        Assert.False(receiver.TryUnprotectRtp(packets[1099 - 1024], out _));
        Assert.True(receiver.TryUnprotectRtp(packets[1099 - 1023], out _));
        Assert.Equal(1, receiver.Counters[SrtpDrop.TooOld]);
    }

    [Fact]
    public void A_forged_packet_far_ahead_does_not_move_the_window()
    {
        (SrtpSender sender, SrtpReceiver receiver) = SrtpKit.Pair(SrtpProfile.AeadAes256Gcm);
        Assert.True(receiver.TryUnprotectRtp(SrtpKit.Seal(sender, 100), out _));
        for (ushort ahead = 200; ahead < 30_000; ahead += 500)
        {
            Assert.False(receiver.TryUnprotectRtp(SrtpKit.Rtp(ahead, 50), out _));
        }

        Assert.True(receiver.TryUnprotectRtp(SrtpKit.Seal(sender, 101), out _));
        Assert.Equal(2, receiver.Counters.Rtp);
    }

    [Fact]
    public void A_flood_of_forged_sources_grows_nothing()
    {
        (SrtpSender sender, SrtpReceiver receiver) = SrtpKit.Pair(SrtpProfile.AeadAes256Gcm);
        byte[] forged = SrtpKit.Rtp(1, 100);
        byte[] report = SrtpKit.Rtcp();
        report[^4] = 0x80;
        receiver.TryUnprotectRtp(forged, out _);
        receiver.TryUnprotectRtcp(report, out _);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (uint ssrc = 0; ssrc < 50_000; ssrc++)
        {
            BinaryPrimitives.WriteUInt32BigEndian(forged.AsSpan(8), ssrc);
            BinaryPrimitives.WriteUInt32BigEndian(report.AsSpan(4), ssrc);
            report[^4] = 0x80;
            if (receiver.TryUnprotectRtp(forged, out _) || receiver.TryUnprotectRtcp(report, out _))
            {
                Assert.Fail("forged");
            }
        }

        Allocation.AssertNone(GC.GetAllocatedBytesForCurrentThread() - before, 50_000);
        Assert.Equal(0, receiver.StreamCount);
        Assert.True(receiver.TryUnprotectRtp(SrtpKit.Seal(sender, 1), out _));
    }

    [Fact]
    public void Even_a_genuine_peer_gets_only_so_many_streams_and_the_old_ones_keep_theirs()
    {
        (SrtpSender sender, SrtpReceiver receiver) = SrtpKit.Pair(SrtpProfile.AeadAes128Gcm, maxStreams: 40);
        for (uint ssrc = 0; ssrc < 60; ssrc++)
        {
            Assert.Equal(ssrc < 40, receiver.TryUnprotectRtp(SrtpKit.Seal(sender, 1, ssrc: ssrc), out _));
            Assert.Equal(ssrc < 40, receiver.TryUnprotectRtcp(SrtpKit.SealRtcp(sender, ssrc), out _));
        }

        Assert.Equal(40, receiver.StreamCount);
        Assert.Equal(40, receiver.Counters[SrtpDrop.TooManyStreams]);
        Assert.True(receiver.TryUnprotectRtp(SrtpKit.Seal(sender, 2, ssrc: 7), out _));
    }

    [Theory]
    [MemberData(nameof(Profiles))]
    public void The_rollover_counter_survives_four_wraps_with_loss_and_reordering(SrtpProfile profile)
    {
        Random random = new(11);
        (SrtpSender sender, SrtpReceiver receiver) = SrtpKit.Pair(profile);
        PriorityQueue<byte[], int> air = new();
        int sent = 0;
        int expected = 0;
        for (int i = 20_000; i < 20_000 + 4 * 65_536; i++)
        {
            byte[] packet = SrtpKit.Seal(sender, (ushort)i, payload: 8);
            sent++;
            if (random.Next(10) != 0)
            {
                air.Enqueue(packet, i + random.Next(400));
                expected++;
            }

            if (random.Next(20_000) == 0)
            {
                i += random.Next(30_000); // a long silence on the link
            }

            while (air.TryPeek(out _, out int due) && due <= i)
            {
                Assert.True(receiver.TryUnprotectRtp(air.Dequeue(), out _));
                expected--;
            }
        }

        while (air.TryDequeue(out byte[]? packet, out _))
        {
            Assert.True(receiver.TryUnprotectRtp(packet, out _));
            expected--;
        }

        Assert.Equal(0, expected);
        Assert.Equal(0, receiver.Counters.Dropped);
        Assert.True(sent > 100_000);
    }

    [Fact]
    public void A_packet_from_before_the_first_one_of_a_stream_completes_or_is_too_old_but_never_wraps_below_zero()
    {
        (SrtpSender sender, SrtpReceiver receiver) = SrtpKit.Pair(SrtpProfile.AeadAes256Gcm);
        byte[] ten = SrtpKit.Seal(sender, 10);
        Assert.True(receiver.TryUnprotectRtp(SrtpKit.Seal(sender, 12), out _));
        Assert.True(receiver.TryUnprotectRtp(ten, out _));
        Assert.False(receiver.TryUnprotectRtp(SrtpKit.Rtp(65_000, 50), out _));
        Assert.Equal(1, receiver.Counters[SrtpDrop.TooOld]);
    }

    [Fact]
    public void The_sender_never_seals_one_sequence_number_twice()
    {
        // Under GCM that would give the authentication key away.
        (SrtpSender sender, _) = SrtpKit.Pair(SrtpProfile.AeadAes256Gcm);
        SrtpKit.Seal(sender, 10);
        SrtpKit.Seal(sender, 9); // out of order is fine
        byte[] again = SrtpKit.Rtp(10, 20);
        Assert.False(sender.TryProtectRtp(again, again.Length - 16, out _));
        Assert.Equal(1, sender.Counters[SrtpDrop.Replayed]);
        SrtpKit.Seal(sender, 10, ssrc: 99); // another stream, another nonce
        for (int i = 11; i < 11 + 65_536; i++)
        {
            SrtpKit.Seal(sender, (ushort)i, payload: 0); // and after a rollover the number is another index
        }
    }

    [Fact]
    public void Reports_end_before_their_index_repeats()
    {
        byte[] key = new byte[16];
        using SrtpSender sender = new(SrtpTransform.Create(SrtpProfile.AeadAes128Gcm, key, new byte[12], encrypt: true), firstRtcpIndex: (1u << 31) - 2);
        using SrtpReceiver receiver = new(SrtpProfile.AeadAes128Gcm, key, new byte[12]);
        Assert.True(receiver.TryUnprotectRtcp(SrtpKit.SealRtcp(sender), out _));
        Assert.True(receiver.TryUnprotectRtcp(SrtpKit.SealRtcp(sender), out _));
        Assert.False(sender.TryProtectRtcp(SrtpKit.Rtcp(), 16, out _));
        Assert.Equal(1, sender.Counters[SrtpDrop.Exhausted]);
    }

    [Fact]
    public void The_window_agrees_with_a_plain_set_of_all_indices_seen()
    {
        Prop.ForAll(
            Gen.Choose(-1500, 700).ListOf(400).ToArbitrary(),
            steps =>
            {
                ReplayWindow window = default;
                HashSet<ulong> seen = [];
                ulong highest = 0;
                foreach (int step in steps)
                {
                    long at = (long)highest + step;
                    if (at < 0)
                    {
                        continue;
                    }

                    ulong index = (ulong)at;
                    SrtpDrop expected = seen.Count > 0 && index + ReplayWindow.Size <= highest ? SrtpDrop.TooOld
                        : seen.Contains(index) ? SrtpDrop.Replayed : SrtpDrop.None;
                    if (window.Check(index) != expected || !window.TryComplete((ushort)index, out ulong completed) || (seen.Count > 0 && completed != index))
                    {
                        return false;
                    }

                    if (expected == SrtpDrop.None)
                    {
                        window.Accept(index);
                        seen.Add(index);
                        highest = Math.Max(highest, index);
                    }
                }

                return true;
            }).Check(Config.QuickThrowOnFailure.WithMaxTest(300).WithReplay(4711, 4713));
    }
}
