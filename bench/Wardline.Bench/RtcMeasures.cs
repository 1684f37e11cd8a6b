using System.Net;
using Wardline.Media.Tests.Peers;
using Wardline.Media;
using Wardline.Rtc.Bwe;
using Wardline.Rtc.Ice;
using Wardline.Rtc.Rtcp;
using Wardline.Rtc.Rtp;
using Wardline.Rtc.Srtp;
using Wardline.Rtc;
using Wardline.Sockets;

namespace Wardline.Bench;

/// <summary>The steps of one peer, each alone.</summary>
internal static class RtcMeasures
{
    private const int Packets = 20_000;
    private static readonly byte[] Key = [.. Enumerable.Range(0, 32).Select(i => (byte)i)];

    public static IEnumerable<Measure> All()
    {
        yield return StunCheck();
        yield return Srtp("rtc.srtp.rtp-seal-and-open", SrtpProfile.AeadAes256Gcm, rtcp: false);
        yield return Srtp("rtc.srtp.rtp-seal-and-open-128", SrtpProfile.AeadAes128Gcm, rtcp: false);
        yield return Srtp("rtc.srtp.rtcp-seal-and-open", SrtpProfile.AeadAes256Gcm, rtcp: true);
        yield return SrtpRefused();
        yield return Rewrite();
        yield return Rtcp();
        yield return TransportFeedback();
    }

    private static Measure StunCheck()
    {
        SystemRandom random = new();
        IceCredentials remote = IceCredentials.Create(random);
        IceLiteAgent agent = new(IceCredentials.Create(random), IceOptions.Default);
        agent.SetRemote(remote);

        // Each a transaction of its own: one that is repeated is only answered.
        IceChecker checker = new(remote, agent.Local);
        byte[][] checks = [.. Enumerable.Range(0, 4 * Packets).Select(_ => checker.Check())];
        int next = 0;
        TransportAddress from = TransportAddress.From(new IPEndPoint(IPAddress.Parse("192.0.2.1"), 4000));
        byte[] response = new byte[IceLiteAgent.MaxResponseBytes];
        Instant now = default;
        return Measure.Of("rtc.ice.check", Packets, () =>
        {
            now += TimeSpan.FromMilliseconds(1);
            if (agent.Handle(checks[next++], from, now, response, out _) is not (IceOutcome.Answered or IceOutcome.AnsweredAndSelected))
            {
                throw new InvalidOperationException("The check was not answered.");
            }
        });
    }

    private static Measure Srtp(string name, SrtpProfile profile, bool rtcp)
    {
        using SrtpSender sender = new(profile, Key.AsSpan(0, profile.KeyBytes()), Key.AsSpan(0, profile.SaltBytes()));
        using SrtpReceiver receiver = new(profile, Key.AsSpan(0, profile.KeyBytes()), Key.AsSpan(0, profile.SaltBytes()));
        byte[] packet = new byte[PacketTrains.SlotBytes];
        ushort sequence = 0;
        return Measure.Of(name, Packets, () =>
        {
            bool good;
            if (rtcp)
            {
                RtcpWriter writer = new(packet);
                writer.TryWritePli(new Ssrc(1), new Ssrc(2));
                good = sender.TryProtectRtcp(packet, writer.Length, out int length) && receiver.TryUnprotectRtcp(packet.AsSpan(0, length), out _);
            }
            else
            {
                RtpHeader.Write(packet, 96, marker: false, new SequenceNumber(++sequence), new RtpTimestamp(sequence), new Ssrc(7));
                good = sender.TryProtectRtp(packet, 1100, out int length) && receiver.TryUnprotectRtp(packet.AsSpan(0, length), out _);
            }

            if (!good)
            {
                throw new InvalidOperationException("A packet did not pass.");
            }
        });
    }

    private static Measure SrtpRefused()
    {
        using SrtpReceiver receiver = new(SrtpProfile.AeadAes256Gcm, Key, Key.AsSpan(0, 12));
        byte[] forged = new byte[1100];
        ushort sequence = 0;
        return Measure.Of("rtc.srtp.forged-refused", Packets, () =>
        {
            RtpHeader.Write(forged, 96, marker: false, new SequenceNumber(++sequence), new RtpTimestamp(1), new Ssrc(7));
            if (receiver.TryUnprotectRtp(forged, out _))
            {
                throw new InvalidOperationException("A forged packet passed.");
            }
        });
    }

    private static Measure Rewrite()
    {
        byte[] source = new byte[1100];
        RtpHeader.Write(source, 96, marker: true, new SequenceNumber(1), new RtpTimestamp(1), new Ssrc(7));
        RtpExtensionPlan plan = new(4, "3"u8, 3, 2);
        byte[] destination = new byte[PacketTrains.SlotBytes];
        ushort sequence = 0;
        return Measure.Of("rtc.rtp.rewrite", Packets, () =>
        {
            RtpRewrite rewrite = new()
            {
                PayloadType = 96, Ssrc = new Ssrc(9), Sequence = new SequenceNumber(++sequence), Timestamp = new RtpTimestamp(2), TransportSequence = sequence,
            };
            if (!RtpRewriter.TryWrite(source, plan, rewrite, destination, out _))
            {
                throw new InvalidOperationException("It does not fit.");
            }
        });
    }

    private static Measure Rtcp()
    {
        byte[] compound = new byte[400];
        SequenceNumber[] missing = [new(5), new(6), new(40)];
        return Measure.Of("rtc.rtcp.write-and-read", Packets, () =>
        {
            RtcpWriter writer = new(compound);
            writer.TryWriteReceiverReport(new Ssrc(1), default);
            writer.TryWriteNack(new Ssrc(1), new Ssrc(2), missing);
            writer.TryWritePli(new Ssrc(1), new Ssrc(2));
            RtcpReader reader = new(compound.AsSpan(0, writer.Length));
            int count = 0;
            while (reader.TryRead(out RtcpPacket packet))
            {
                if (packet.Kind == RtcpKind.Nack && NackView.TryRead(packet, out NackView nack))
                {
                    foreach (SequenceNumber _ in nack)
                    {
                        count++;
                    }
                }
            }

            if (count != missing.Length || reader.IsMalformed)
            {
                throw new InvalidOperationException("The compound was not read as written.");
            }
        });
    }

    /// <summary>One packet over a link: sent, received, and every 20 packets the feedback written, read and believed.</summary>
    private static Measure TransportFeedback()
    {
        SendSideEstimator estimator = new();
        TwccRecorder recorder = new();
        byte[] feedback = new byte[PacketTrains.SlotBytes];
        Instant now = default;
        ushort sequence = 0;
        return Measure.Of("rtc.bwe.packet-and-feedback", Packets, () =>
        {
            now += TimeSpan.FromMilliseconds(5);
            estimator.OnSent(++sequence, 1100, now);
            recorder.OnPacket(sequence, now + TimeSpan.FromMilliseconds(20));
            if (sequence % 20 == 0 && recorder.TryWriteFeedback(now + TimeSpan.FromMilliseconds(200), new Ssrc(1), new Ssrc(2), feedback, out int length))
            {
                RtcpReader reader = new(feedback.AsSpan(0, length));
                while (reader.TryRead(out RtcpPacket packet))
                {
                    if (TransportCcView.TryRead(packet, out TransportCcView view))
                    {
                        estimator.OnFeedback(view, now + TimeSpan.FromMilliseconds(30));
                    }
                }
            }

            estimator.HandleTimeout(now);
        });
    }
}
