using System.Buffers.Binary;
using Wardline.Rtc.Srtp;
using Wardline.Rtc.Tests.Transport;

namespace Wardline.Rtc.Tests.Srtp;

/// <summary>Replay where sequence numbers roll over, in both directions of one association, and with sources that come back.</summary>
public sealed class RolloverTests
{
    public static TheoryData<SrtpProfile> Profiles => [.. SrtpKit.Profiles];

    [Fact]
    public void The_index_is_completed_as_rfc_3711_appendix_a_says_for_every_distance()
    {
        for (int highest = 3 * 65_536; highest < 4 * 65_536; highest += 257)
        {
            foreach (int distance in (int[])[0, 1, 1023, 1024, 32_766, 32_767, 32_768, 32_769, 65_534, 65_535])
            {
                ReplayWindow window = default;
                window.Accept((ulong)highest);
                ushort sequence = (ushort)(highest + distance);
                Assert.True(window.TryComplete(sequence, out ulong index));
                Assert.Equal(Expected((uint)highest >> 16, (ushort)highest, sequence), index);
            }
        }

        // The pseudo-code of the appendix, word by word: s_l, SEQ, ROC, v.
        static ulong Expected(uint roc, int last, int sequence)
        {
            uint v = last < 32_768
                ? sequence - last > 32_768 ? roc - 1 : roc
                : last - 32_768 > sequence ? roc + 1 : roc;
            return ((ulong)v << 16) + (uint)sequence;
        }
    }

    [Theory]
    [MemberData(nameof(Profiles))]
    public void Every_packet_of_three_rollovers_is_heard_once_however_late_it_is_sent_again(SrtpProfile profile)
    {
        Random random = new(21);
        (SrtpSender sender, SrtpReceiver receiver) = SrtpKit.Pair(profile);
        List<byte[]> recorded = [];
        long refused = 0;
        int heard = 0;
        for (int i = 30_000; i < 30_000 + 3 * 65_536; i++)
        {
            byte[] packet = SrtpKit.Seal(sender, (ushort)i, payload: 4);
            recorded.Add([.. packet]);
            Assert.True(receiver.TryUnprotectRtp(packet, out _));
            heard++;
            if (i % 16 == 0)
            {
                // From just now, from anywhere before, and with the very number that comes next, one rollover earlier.
                Again(recorded[^1]);
                Again(recorded[random.Next(recorded.Count)]);
                if (recorded.Count > 65_536)
                {
                    Again(recorded[^65_536]);
                }
            }
        }

        Assert.Equal((heard, refused), (receiver.Counters.Rtp, receiver.Counters.Dropped));
        Assert.True(receiver.Counters[SrtpDrop.Replayed] > 0 && receiver.Counters[SrtpDrop.TooOld] > 0);
        Assert.True(receiver.Counters[SrtpDrop.Authentication] > 0, "a number of the rollover before is one of this one that does not authenticate");

        void Again(byte[] packet)
        {
            Assert.False(receiver.TryUnprotectRtp((byte[])packet.Clone(), out _));
            refused++;
        }
    }

    [Fact]
    public void What_we_send_is_not_taken_when_it_is_thrown_back_also_after_a_rollover_of_both_sides()
    {
        using TransportKit kit = TransportKit.Connected();
        List<byte[]> ours = [];
        byte[] plain = SrtpKit.Rtp(0, 8)[..^16];
        for (int i = 65_000; i < 65_000 + 3000; i++)
        {
            // Both directions with one source and one numbering, the likeliest to be confused.
            BinaryPrimitives.WriteUInt16BigEndian(plain.AsSpan(2), (ushort)i);
            Assert.True(kit.Transport.TryReserve(kit.Output, out Span<byte> slot));
            plain.CopyTo(slot);
            Assert.True(kit.Transport.TryCommitRtp(kit.Output, slot, plain.Length));
            ours.AddRange(kit.Take().Select(p => p.Bytes));
            Assert.Equal(TransportInput.Rtp, kit.Handle(SrtpKit.Seal(kit.PeerSender, (ushort)i, 8), TransportKit.Home));
        }

        foreach (byte[] packet in ours)
        {
            Assert.Equal(TransportInput.Nothing, kit.Handle([.. packet], TransportKit.Home));
            Assert.True(kit.PeerReceiver.TryUnprotectRtp(packet, out _));
        }

        Assert.Equal(ours.Count, kit.Transport.Received!.Dropped);
        Assert.Equal(3000, kit.Transport.Received.Rtp);
    }

    [Fact]
    public void A_source_that_comes_back_goes_on_where_it_was_and_its_old_packets_stay_old()
    {
        (SrtpSender sender, SrtpReceiver receiver) = SrtpKit.Pair(SrtpProfile.AeadAes256Gcm);
        List<byte[]> first = [.. Enumerable.Range(65_400, 300).Select(i => SrtpKit.Seal(sender, (ushort)i))];
        foreach (byte[] packet in first)
        {
            Assert.True(receiver.TryUnprotectRtp((byte[])packet.Clone(), out _));
        }

        // Meanwhile a hundred others: nothing pushes it out.
        for (uint ssrc = 1; ssrc < 100; ssrc++)
        {
            Assert.True(receiver.TryUnprotectRtp(SrtpKit.Seal(sender, 1, ssrc: ssrc), out _));
        }

        foreach (byte[] packet in first)
        {
            Assert.False(receiver.TryUnprotectRtp(packet, out _));
        }

        // Its numbers may jump, in the direction of time.
        Assert.True(receiver.TryUnprotectRtp(SrtpKit.Seal(sender, 20_000), out _));
        Assert.Equal(300, receiver.Counters[SrtpDrop.Replayed]);
    }

    [Fact]
    public void Reports_and_packets_of_one_source_have_windows_of_their_own()
    {
        (SrtpSender sender, SrtpReceiver receiver) = SrtpKit.Pair(SrtpProfile.AeadAes256Gcm);
        for (int i = 0; i < 3000; i++)
        {
            Assert.True(receiver.TryUnprotectRtp(SrtpKit.Seal(sender, (ushort)(65_000 + i), 4), out _));
        }

        byte[] report = SrtpKit.SealRtcp(sender);
        Assert.True(receiver.TryUnprotectRtcp((byte[])report.Clone(), out _));
        Assert.False(receiver.TryUnprotectRtcp(report, out _));
        Assert.Equal((3000L, 1L, 1L), (receiver.Counters.Rtp, receiver.Counters.Rtcp, receiver.Counters.Dropped));
    }
}
