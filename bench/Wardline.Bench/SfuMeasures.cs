using System.Diagnostics;
using System.Security.Cryptography;
using Wardline.Media;
using Wardline.Rtc.Dtls;
using Wardline.Rtc;
using Wardline.Sfu;

namespace Wardline.Bench;

/// <summary>One publisher with a simulcast camera and a microphone, and receivers of both.</summary>
internal sealed class SfuMeasures : IDisposable
{
    private readonly IDtlsEngineFactory _dtls = MediaCertificate.Create(TimeProvider.System, static (certificate, key) => new OpenSslDtls(certificate, key));
    private readonly VirtualScene _scene;
    private readonly byte[] _packet = new byte[2048];
    private long _allocated;
    private long _ticks;
    private int _packets;
    private bool _measuring;

    private SfuMeasures(int receivers)
    {
        BenchPeer publisher = new(new ParticipantId(1), BenchPeer.Media());
        IEnumerable<BenchPeer> others = Enumerable.Range(2, receivers).Select(i => new BenchPeer(new ParticipantId(i), BenchPeer.Media(publisher.Id)));
        _scene = new VirtualScene(new SfuSessionOptions { MaxParticipants = receivers + 1 }, _dtls, [publisher, .. others]) { Deliver = Measured };
        _scene.Connect();
    }

    public static IEnumerable<Measure> All()
    {
        using SfuMeasures scene = new(receivers: 11);
        scene._scene.Run(TimeSpan.FromSeconds(10));
        if (scene._scene.Peers.Skip(1).Any(p => p.VideoPackets < 100))
        {
            throw new InvalidOperationException($"Nothing flows: {string.Join(' ', scene._scene.Peers.Select(p => p.VideoPackets))}");
        }

        scene._measuring = true;
        scene._scene.Run(TimeSpan.FromSeconds(20));
        scene._measuring = false;
        yield return new Measure("sfu.forward-1-to-11", scene._allocated / (double)scene._packets, scene._packets);
        yield return scene.Retransmit();
    }

    /// <summary>Microseconds of the session's own work for one forwarded packet: no socket, no kernel, no waking.</summary>
    /// <param name="rounds">The best of them counts: whatever else the machine does only adds.</param>
    public static double MicrosecondsForwarding(int receivers, int rounds)
    {
        using SfuMeasures scene = new(receivers);
        scene._scene.Run(TimeSpan.FromSeconds(6));
        scene._measuring = true;
        double best = double.MaxValue;
        for (int i = 0; i < rounds; i++)
        {
            long before = scene._scene.Session.Counters.RtpForwarded;
            scene._ticks = 0;
            scene._scene.Run(TimeSpan.FromSeconds(2));
            best = Math.Min(best, Stopwatch.GetElapsedTime(0, scene._ticks).TotalMicroseconds / (scene._scene.Session.Counters.RtpForwarded - before));
        }

        return best;
    }

    public void Dispose()
    {
        _scene.Dispose();
        _dtls.Dispose();
    }

    private void Measured(BenchPeer from, Memory<byte> datagram)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        long began = Stopwatch.GetTimestamp();
        _scene.HandOnly(from, datagram);
        if (_measuring)
        {
            _ticks += Stopwatch.GetTimestamp() - began;
            _allocated += GC.GetAllocatedBytesForCurrentThread() - before;
            _packets++;
        }

        _scene.Carry();
    }

    private Measure Retransmit()
    {
        // Each packet is asked for once, with time between, so that every NACK is worth an answer.
        BenchPeer receiver = _scene.Peers[1];
        int before = receiver.Retransmissions;
        const int Asked = 300;
        (_allocated, _packets) = (0, 0);
        for (int i = 0; i < Asked; i++)
        {
            _scene.Run(TimeSpan.FromMilliseconds(40));
            int length = receiver.Nack(_packet);
            CryptographicOperations.ZeroMemory(_packet.AsSpan(length));
            _measuring = i >= 50;
            Measured(receiver, _packet.AsMemory(0, length));
            _measuring = false;
            _scene.Run(TimeSpan.FromMilliseconds(10));
        }

        if (receiver.Retransmissions - before < Asked / 2)
        {
            throw new InvalidOperationException($"Only {receiver.Retransmissions - before} of {Asked} were sent again.");
        }

        return new Measure("sfu.nack-to-retransmission", _allocated / (double)_packets, _packets);
    }
}
