using System.Buffers.Binary;
using System.Net.Sockets;
using System.Security.Cryptography;
using Wardline.Media.Tests.Peers;
using Wardline.Rtc;
using Wardline.Rtc.Rtcp;
using Wardline.Rtc.Rtp;
using Wardline.Rtc.Srtp;
using Wardline.Sfu;

namespace Wardline.Media.Tests.Hostile;

/// <summary>
/// Somebody who reads the wire and can send from the victim's own address and port. The victim's own socket does that
/// here: to the server its datagrams are the same as spoofed ones.
/// </summary>
public sealed class RecordedAndForgedMediaTests
{
    [Fact]
    public async Task Recorded_packets_sent_again_are_heard_once_also_after_the_sequence_number_rolled_over()
    {
        await using Call call = await Call.StartAsync(firstSequence: 65_500);
        Random random = new(1);
        // The largest layer at a pace that leaves the replay window (1024 packets) behind.
        call.Ada.Sources[3].Pace = TimeSpan.FromMilliseconds(3);
        SrtpCounters srtp = call.Inside.Srtp(call.Ada.Id);
        (long replayed, long tooOld, long genuine) = (srtp[SrtpDrop.Replayed], srtp[SrtpDrop.TooOld], srtp.Rtp);
        call.Ada.Wiretap!.Clear();
        List<byte[]> recorded = [];
        long again = 0;
        bool rolledOver = false;
        call.Survives(() =>
        {
            recorded.AddRange(call.Ada.Wiretap.Where(IsRtp));
            call.Ada.Wiretap.Clear();
            rolledOver |= recorded.Any(p => RtpHeader.Sequence(p).Value > 65_000) && RtpHeader.Sequence(recorded[^1]).Value < 30_000;
            for (int i = 0; i < 4 && recorded.Count > 0; i++, again += 2)
            {
                call.Ada.Socket.Send(recorded[^1]);
                call.Ada.Socket.Send(recorded[random.Next(recorded.Count)]);
            }

            // And the very first one, from before the rollover, again and again.
            if (recorded.Count > 0)
            {
                call.Ada.Socket.Send(recorded[0]);
                again++;
            }

            return recorded.Count(p => RtpHeader.Ssrc(p) == call.Ada.Sources[3].Ssrc) > 1500;
        });
        Assert.True(rolledOver);
        Assert.Equal(again, srtp[SrtpDrop.Replayed] - replayed + srtp[SrtpDrop.TooOld] - tooOld);
        Assert.True(srtp[SrtpDrop.Replayed] > replayed, "some within the window");
        Assert.True(srtp[SrtpDrop.TooOld] > tooOld, "some before the window");
        Assert.Equal(0, srtp[SrtpDrop.Authentication]);
        Assert.True(srtp.Rtp > genuine);
    }

    [Fact]
    public async Task A_packet_with_one_bit_turned_over_reaches_nobody_and_each_is_counted()
    {
        await using Call call = await Call.StartAsync();
        Random random = new(2);
        TransportReport transport = call.Inside.Transport(call.Ada.Id);
        long before = Refused();
        long turned = 0;
        long ahead = 0;
        call.Survives(() =>
        {
            foreach (byte[] packet in call.Ada.Wiretap!.Where(IsRtp))
            {
                byte[] bad = [.. packet];
                bad[random.Next(bad.Length)] ^= (byte)(1 << random.Next(8));
                call.Ada.Socket.Send(bad);

                // The server has not seen that number yet, so only the tag can tell; nor may the window move by it.
                byte[] early = [.. packet];
                early[random.Next(12, early.Length)] ^= (byte)(1 << random.Next(8));
                BinaryPrimitives.WriteUInt16BigEndian(early.AsSpan(2), (ushort)(RtpHeader.Sequence(packet).Value + 20_000));
                call.Ada.Socket.Send(early);
                (turned, ahead) = (turned + 2, ahead + 1);
            }

            call.Ada.Wiretap!.Clear();
            return turned > 1000;
        });
        // A bit of the first byte makes it another protocol's, or nobody's (RFC 7983).
        Assert.Equal(turned, Refused() - before);
        Assert.InRange(transport.Received![SrtpDrop.Authentication], ahead, turned);

        long Refused() => transport.Received!.Dropped + transport.Counters[TransportDrop.UnknownKind] + call.Engine.Snapshot().UnknownUfrag;
    }

    [Fact]
    public async Task Recorded_packets_from_another_address_are_a_strangers()
    {
        await using Call call = await Call.StartAsync();
        using Socket stranger = call.Stranger();
        long before = call.Engine.Snapshot().UnknownAddress;
        long sent = 0;
        call.Survives(() =>
        {
            foreach (byte[] packet in call.Ada.Wiretap!.Where(p => p[0] >= 20))
            {
                stranger.Send(packet);
                sent++;
            }

            call.Ada.Wiretap!.Clear();
            return sent > 300;
        });
        Assert.Equal(sent, call.Engine.Snapshot().UnknownAddress - before);
        Assert.Equal(0, call.Inside.Srtp(call.Ada.Id).Dropped);
        Assert.Equal(0, stranger.Available);
    }

    [Fact]
    public async Task Reports_that_are_sealed_with_another_key_or_not_at_all_change_nothing()
    {
        await using Call call = await Call.StartAsync();
        SrtpProfile profile = call.Ada.Profile!.Value;
        using SrtpMasterKeys wrong = new(profile, RandomNumberGenerator.GetBytes(profile.ExportedBytes()));
        using SrtpSender forger = wrong.CreateSender(asClient: true);
        using Socket stranger = call.Stranger();
        byte[][] reports = [Goodbye(call.Ada), LeastBitrate(call.Ada), NackOf(call.BenHears.Ssrc), NackOf(call.AdaHears.Ssrc), EverythingLost];
        TransportReport transport = call.Inside.Transport(call.Ada.Id);
        long strangersBefore = call.Engine.Snapshot().UnknownAddress;
        int rounds = 0;
        call.Survives(() =>
        {
            foreach (byte[] report in reports)
            {
                byte[] @sealed = new byte[report.Length + 64];
                report.CopyTo(@sealed, 0);
                Assert.True(forger.TryProtectRtcp(@sealed, report.Length, out int length));
                call.Ada.Socket.Send(@sealed.AsSpan(0, length));
                call.Ada.Socket.Send(report);
                stranger.Send(@sealed.AsSpan(0, length));
            }

            return ++rounds >= 100;
        });
        SrtpCounters srtp = transport.Received!;
        Assert.Equal(reports.Length * rounds * 2L, srtp.Dropped);
        Assert.True(srtp[SrtpDrop.Authentication] >= reports.Length * rounds);
        Assert.True(srtp[SrtpDrop.Malformed] + srtp[SrtpDrop.NotEncrypted] > 0);
        Assert.Equal(reports.Length * rounds, call.Engine.Snapshot().UnknownAddress - strangersBefore);
        Assert.Equal(0, call.Inside.Sfu.RetransmissionsRefused);
    }

    [Fact]
    public async Task A_participant_who_reports_nonsense_with_its_own_key_harms_only_itself()
    {
        await using Call call = await Call.StartAsync();
        using NativePeer eve = await NativePeer.JoinAsync(call.Inside.Session, 103);
        eve.Publishing = false;
        (string audio, _) = await eve.SubscribeAsync(call.Ada);
        (call.Ada.Publishing, call.Ben.Publishing) = (true, true);
        Assert.True(NativePeer.Run(() => eve.Received[audio].Packets > 10, TimeSpan.FromSeconds(15), call.Ada, call.Ben, eve));
        byte[][] reports =
        [
            Goodbye(call.Ada), LeastBitrate(eve), EverythingLost,
            NackOf(call.BenHears.Ssrc), // what is sent to Ben, not to Eve
            NackOf(eve.Received[audio].Ssrc), NackOf(new Ssrc(0xDEADBEEF)),
        ];
        long sentBefore = call.Engine.Snapshot().PacketsSent;
        (int said, int heard) = (call.Ada.Sources[0].FramesSent, call.BenHears.Packets);
        int rounds = 0;
        Assert.True(NativePeer.Run(
            () =>
            {
                if (rounds < 300)
                {
                    Array.ForEach(reports, r => eve.SayRtcp(r));
                    rounds++;
                }

                return rounds == 300 && call.Ada.Sources[0].FramesSent > said + 100;
            },
            TimeSpan.FromSeconds(20), call.Ada, call.Ben, eve));
        call.Ada.Publishing = false;
        NativePeer.Run(() => false, TimeSpan.FromMilliseconds(200), call.Ada, call.Ben, eve);
        Assert.InRange(call.BenHears.Packets - heard, call.Ada.Sources[0].FramesSent - said, call.Ada.Sources[0].FramesSent - said + 3);
        Assert.Equal((0, 0), (call.BenHears.Damaged, call.BenHears.Duplicates));
        Assert.Equal((0, 0), (call.BenSees.Damaged, call.BenSees.PictureGaps));

        // 300 × 6 NACKs for 17 packets each are over thirty thousand wishes: the amplifier that it could be, it is not.
        Assert.InRange(call.Engine.Snapshot().PacketsSent - sentBefore, 0, 10_000);
        Assert.True(call.Inside.Sfu.RetransmissionsRefused > 1000);
        Assert.Equal(0, call.Engine.Snapshot().SessionsFaulted);
    }

    private static bool IsRtp(byte[] datagram) => datagram[0] is >= 128 and <= 191 && !RtpHeader.LooksLikeRtcp(datagram);

    private static byte[] Goodbye(NativePeer of) => Report((ref RtcpWriter w) =>
        w.TryWriteReceiverReport(of.Sources[0].Ssrc, []) && w.TryWriteBye([.. of.Sources.Select(s => s.Ssrc)]));

    private static byte[] LeastBitrate(NativePeer of) => Report((ref RtcpWriter w) =>
        w.TryWriteReceiverReport(of.Sources[0].Ssrc, []) && w.TryWriteRemb(of.Sources[0].Ssrc, new Bitrate(1), [of.Sources[0].Ssrc]));

    private static byte[] NackOf(Ssrc media) => Report((ref RtcpWriter w) =>
        w.TryWriteNack(new Ssrc(1), media, [.. Enumerable.Range(0, 170).Select(i => new SequenceNumber((ushort)(i * 385)))]));

    // draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1: one run of 8191 packets that never came.
    private static byte[] EverythingLost =>
        [0x8F, 205, 0, 5, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0x1F, 0xFF, 0, 0, 0, 0, 0x1F, 0xFF, 0, 0];

    private delegate bool Writing(ref RtcpWriter writer);

    private static byte[] Report(Writing write)
    {
        byte[] buffer = new byte[1000];
        RtcpWriter writer = new(buffer);
        Assert.True(write(ref writer));
        return buffer[..writer.Length];
    }
}
