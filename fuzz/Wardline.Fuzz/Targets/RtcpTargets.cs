using Wardline.Fuzz.Running;
using Wardline.Rtc;
using Wardline.Rtc.Bwe;
using Wardline.Rtc.Rtcp;

namespace Wardline.Fuzz.Targets;

internal static class Compounds
{
    private static readonly Ssrc Sender = new(1);
    private static readonly Ssrc Media = new(2);

    public static byte[] Reports()
    {
        byte[] buffer = new byte[400];
        RtcpWriter writer = new(buffer);
        ReportBlock[] blocks = [new(Media, 10, 3, 1000, 5, 0x12345678, 100)];
        _ = writer.TryWriteSenderReport(Sender, new SenderInfo(0x1234567890, new(1), 2, 3), blocks);
        _ = writer.TryWriteReceiverReport(Sender, blocks);
        _ = writer.TryWriteCname(Sender, "fuzz"u8);
        _ = writer.TryWriteBye([Sender, Media]);
        return buffer[..writer.Length];
    }

    public static byte[] Feedback()
    {
        byte[] buffer = new byte[400];
        RtcpWriter writer = new(buffer);
        _ = writer.TryWriteNack(Sender, Media, [new(1), new(3), new(400)]);
        _ = writer.TryWritePli(Sender, Media);
        _ = writer.TryWriteFir(Sender, Media, 3);
        _ = writer.TryWriteRemb(Sender, Bitrate.FromKilobits(500), [Media]);
        return buffer[..writer.Length];
    }

    public static byte[] TransportCc()
    {
        byte[] buffer = new byte[400];
        TransportCcWriter writer = new(buffer, Sender, Media, 65530, Instant.FromMilliseconds(640), 1);
        Instant at = Instant.FromMilliseconds(641);
        for (int i = 0; i < 40; i++)
        {
            at += TimeSpan.FromMilliseconds(i % 5 == 0 ? 90 : 3);
            _ = writer.TryAdd(i % 3 == 0 ? i : 0, at);
        }

        return buffer[..writer.Finish()];
    }
}

/// <summary>A compound is walked to its end, every view of every packet is read to its last element.</summary>
internal sealed class RtcpTarget : IFuzzTarget
{
    public string Name => "rtcp";

    public IEnumerable<byte[]> Seeds => [Compounds.Reports(), Compounds.Feedback(), Compounds.TransportCc(), [.. Compounds.Reports(), .. Compounds.TransportCc()]];

    public IEnumerable<byte[]> Dictionary => [[0x80, 200], [0x9F, 201, 0, 1], [0x81, 202], [0x81, 203], [0x81, 205], [0x8F, 205], [0x84, 206], [0x8F, 206], [0xA0, 201, 0, 1], "REMB"u8.ToArray()];

    public void Run(ReadOnlySpan<byte> input)
    {
        RtcpReader reader = new(input);
        int packets = 0, bytes = 0;
        while (reader.TryRead(out RtcpPacket packet))
        {
            packets++;
            bytes += packet.Bytes.Length;
            Promise.Hold(packets <= input.Length / RtcpPacket.HeaderBytes && bytes <= input.Length, "Packets lie in the datagram.");
            int elements = Read(packet);
            Promise.Hold(elements <= 17 * packet.Bytes.Length + TransportCcView.MaxStatusCount, "Elements are bounded by bytes.");
        }
    }

    private static int Read(RtcpPacket packet)
    {
        int count = 0;
        switch (packet.Kind)
        {
            case RtcpKind.SenderReport when SenderReportView.TryRead(packet, out SenderReportView view):
                foreach (ReportBlock block in view.Blocks)
                {
                    count += block.Loss <= 1 ? 1 : int.MaxValue;
                    _ = block.RoundTrip(0x12345678);
                }

                return count;
            case RtcpKind.ReceiverReport when ReceiverReportView.TryRead(packet, out ReceiverReportView view):
                foreach (ReportBlock block in view.Blocks)
                {
                    count++;
                    _ = block.RoundTrip(1);
                }

                return count;
            case RtcpKind.SourceDescription when SdesView.TryRead(packet, out SdesView view):
                foreach (SdesItem item in view)
                {
                    count += 1 + item.Value.Length;
                }

                return count;
            case RtcpKind.Bye when ByeView.TryRead(packet, out ByeView view):
                for (int i = 0; i < view.Count; i++)
                {
                    _ = view[i];
                }

                return view.Count + view.Reason.Length;
            case RtcpKind.Nack when NackView.TryRead(packet, out NackView view):
                foreach (SequenceNumber _ in view)
                {
                    count++;
                }

                return count;
            case RtcpKind.Pli:
                _ = PliView.TryRead(packet, out _);
                return 1;
            case RtcpKind.Fir when FirView.TryRead(packet, out FirView view):
                for (int i = 0; i < view.Count; i++)
                {
                    _ = view[i];
                }

                return view.Count;
            case RtcpKind.Remb when RembView.TryRead(packet, out RembView view):
                for (int i = 0; i < view.SourceCount; i++)
                {
                    _ = view.Source(i);
                }

                Promise.Hold(view.Bitrate >= Bitrate.Zero, "A rate is not negative.");
                return view.SourceCount;
            case RtcpKind.TransportCc when TransportCcView.TryRead(packet, out TransportCcView view):
                foreach (TransportCcView.Arrival arrival in view)
                {
                    Promise.Hold(arrival.Index < view.StatusCount, "An arrival is one of the reported.");
                    count++;
                }

                Promise.Hold(count == view.ReceivedCount, "As many arrivals as counted.");
                return count;
            default:
                return 0;
        }
    }
}

/// <summary>
/// Transport-wide feedback into the bandwidth estimator, and sequence numbers into the recorder: a hostile receiver can
/// move the estimate only between its bounds, a hostile sender gets feedback that parses.
/// </summary>
internal sealed class TransportCcTarget : IFuzzTarget
{
    private static readonly SendSideEstimatorOptions Bounds = new();
    private readonly SendSideEstimator _estimator = new(Bounds);
    private readonly TwccRecorder _recorder = new();
    private readonly byte[] _feedback = new byte[1200];
    private Instant _now = Instant.FromMilliseconds(1000);
    private ushort _sequence;

    public string Name => "transport-cc";

    public IEnumerable<byte[]> Seeds => [[0, 10, .. Compounds.TransportCc()], [2, 200, .. Compounds.TransportCc()]];

    public void Run(ReadOnlySpan<byte> input)
    {
        if (input.Length < 2)
        {
            return;
        }

        // 1. Send a little, so that feedback may be about something.
        for (int i = 0; i < (input[0] & 15); i++)
        {
            _estimator.OnSent(_sequence++, 1100, _now, probe: (i & 1) != 0);
            _now += TimeSpan.FromMicroseconds(50 * input[1]);
        }

        // 2. Hear about it.
        RtcpReader reader = new(input[2..]);
        while (reader.TryRead(out RtcpPacket packet))
        {
            if (packet.Kind == RtcpKind.TransportCc && TransportCcView.TryRead(packet, out TransportCcView view))
            {
                _estimator.OnFeedback(view, _now);
            }
        }

        _estimator.HandleTimeout(_now);
        Promise.Hold(_estimator.Estimate >= Bounds.Min && _estimator.Estimate <= Bounds.Max, "The estimate stays between its bounds.");
        Promise.Hold(_estimator.Loss is >= 0 and <= 1 && _estimator.AckedRate >= Bitrate.Zero, "A loss is a share, a rate not negative.");
        Promise.Hold(_estimator.RoundTrip is not { } trip || trip >= TimeSpan.Zero, "A round trip takes time.");
        Promise.Hold(_estimator.ProbeBytesDue(_now) >= 0, "Probes are not negative.");

        // 3. The same bytes as sequence numbers of a hostile sender.
        for (int i = 2; i + 1 < input.Length; i += 2)
        {
            _recorder.OnPacket((ushort)(input[i] << 8 | input[i + 1]), _now);
        }

        for (int reports = 0; _recorder.TryWriteFeedback(_now, new Ssrc(1), new Ssrc(2), _feedback, out int length); reports++)
        {
            Promise.Hold(reports < 100, "Feedback comes to an end.");
            RtcpReader own = new(_feedback.AsSpan(0, length));
            Promise.Hold(own.TryRead(out RtcpPacket packet) && TransportCcView.TryRead(packet, out _), "Our own feedback parses.");
            _now += TimeSpan.FromMilliseconds(1);
        }
    }
}
