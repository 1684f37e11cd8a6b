using System.Diagnostics;
using System.Security.Cryptography;
using Wardline.Media.Tests.Peers;
using Wardline.Media;
using Wardline.Rtc.Dtls;
using Wardline.Rtc;
using Wardline.Sfu;
using Wardline.Sockets;

namespace Wardline.Bench;

/// <summary>One publisher with a simulcast camera and a microphone, eleven receivers, a perfect link, virtual time.</summary>
internal sealed class SfuMeasures : IDisposable
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(1);

    private readonly IDtlsEngineFactory _dtls = MediaCertificate.Create(TimeProvider.System, static (certificate, key) => new OpenSslDtls(certificate, key));
    private readonly SfuSession _session;
    private readonly PacketTrains _output = new(4096);
    private readonly List<BenchPeer> _peers = [];
    private readonly Queue<(BenchPeer From, byte[] Datagram)> _said = new();
    private readonly List<PublishedSource> _sources;
    private readonly byte[] _packet = new byte[2048];
    private Instant _now = Instant.FromMilliseconds(1);
    private ushort _transportSequence;
    private long _allocated;
    private long _ticks;
    private int _packets;
    private bool _measuring;

    private SfuMeasures(int receivers)
    {
        _session = new SfuSession(new SfuSessionOptions { MaxParticipants = receivers + 1 }, _dtls, new SystemRandom());
        BenchPeer publisher = new(new ParticipantId(1), null);
        _peers.Add(publisher);
        for (int i = 0; i < receivers; i++)
        {
            _peers.Add(new BenchPeer(new ParticipantId(2 + i), publisher));
        }

        Random random = new(1);
        _sources = [.. from rid in (string[])["q", "h", "f"] select new PublishedSource(BenchPeer.VideoMid, TrackSource.Camera, rid, random)];
        _sources.Add(new PublishedSource("2", TrackSource.Microphone, null, random));
        Connect();
    }

    private BenchPeer Publisher => _peers[0];

    public static IEnumerable<Measure> All()
    {
        using SfuMeasures scene = new(receivers: 11);
        scene.Run(TimeSpan.FromSeconds(10));
        if (scene._peers.Skip(1).Any(p => p.VideoPackets < 100))
        {
            throw new InvalidOperationException($"Nothing flows: {string.Join(' ', scene._peers.Select(p => p.VideoPackets))}");
        }

        scene._measuring = true;
        scene.Run(TimeSpan.FromSeconds(20));
        scene._measuring = false;
        yield return new Measure("sfu.forward-1-to-11", scene._allocated / (double)scene._packets, scene._packets);
        yield return scene.Retransmit();
    }

    /// <summary>Microseconds of the session's own work for one forwarded packet: no socket, no kernel, no waking.</summary>
    public static double MicrosecondsForwarding(int receivers)
    {
        using SfuMeasures scene = new(receivers);
        scene.Run(TimeSpan.FromSeconds(6));
        long before = scene._session.Counters.RtpForwarded;
        scene._measuring = true;
        scene.Run(TimeSpan.FromSeconds(10));
        return TimeSpan.FromTicks(scene._ticks).TotalMicroseconds / (scene._session.Counters.RtpForwarded - before);
    }

    public void Dispose()
    {
        _session.Dispose();
        _peers.ForEach(p => p.Dispose());
        _output.Dispose();
        _dtls.Dispose();
    }

    private void Connect()
    {
        foreach (BenchPeer peer in _peers)
        {
            peer.Join(_session, _now);
            Hand(peer, peer.Check());
        }

        for (int i = 0; i < 5000 && _peers.Exists(p => p.Sender is null); i++)
        {
            Step();
        }

        if (_peers.Exists(p => p.Sender is null))
        {
            throw new InvalidOperationException("A handshake did not end.");
        }
    }

    private void Run(TimeSpan duration)
    {
        Instant end = _now + duration;
        Instant nextCheck = _now;
        while (_now < end)
        {
            if (_now >= nextCheck)
            {
                nextCheck = _now + TimeSpan.FromSeconds(2);
                _peers.ForEach(p => Hand(p, p.Check()));
            }

            foreach (Ssrc asked in Publisher.KeyFramesAsked)
            {
                _sources.Find(s => s.Ssrc == asked)?.AskKeyFrame();
            }

            Publisher.KeyFramesAsked.Clear();
            foreach (PublishedSource source in _sources)
            {
                if (_now >= source.Due)
                {
                    source.Frame(_now, () => _transportSequence++, Send);
                }
            }

            Step();
        }
    }

    /// <summary>One millisecond: deadlines, feedback, and what was said at once.</summary>
    private void Step()
    {
        _now += Tick;
        if (_session.NextTimeout <= _now)
        {
            // Timers are apart from the packet budget: once a second they write a quality report for people.
            _session.HandleTimeout(_now, _output);
            Carry();
        }

        foreach (BenchPeer peer in _peers)
        {
            int length = peer.Feedback(_now, _packet);
            if (length > 0)
            {
                Measured(peer, _packet.AsSpan(0, length));
            }
        }

        while (_said.TryDequeue(out (BenchPeer From, byte[] Datagram) next))
        {
            Hand(next.From, next.Datagram);
        }

        while (_session.TryTakeEvent(out _))
        {
            // The shell would read them; here they only must not pile up.
        }
    }

    private void Send(Span<byte> buffer, int plainLength)
    {
        if (!Publisher.Sender!.TryProtectRtp(buffer, plainLength, out int length))
        {
            throw new InvalidOperationException("The publisher cannot seal.");
        }

        Measured(Publisher, buffer[..length]);
    }

    private void Hand(BenchPeer from, byte[] datagram)
    {
        _session.Handle(from.Id, datagram, from.Address, _now, _output);
        Carry();
    }

    private void Measured(BenchPeer from, Span<byte> datagram)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        long began = Stopwatch.GetTimestamp();
        _session.Handle(from.Id, datagram, from.Address, _now, _output);
        if (_measuring)
        {
            _ticks += Stopwatch.GetElapsedTime(began).Ticks;
            _allocated += GC.GetAllocatedBytesForCurrentThread() - before;
            _packets++;
        }

        Carry();
    }

    private void Carry()
    {
        foreach (PacketTrains.Train train in _output.Trains)
        {
            BenchPeer to = _peers.Find(p => p.Address == train.To)!;
            for (int i = 0; i < train.Count; i++)
            {
                to.Take(_output.Bytes(_output.Packets[train.First + i]), _now, (peer, datagram) => _said.Enqueue((peer, datagram)));
            }
        }

        _output.Clear();
    }

    private Measure Retransmit()
    {
        // Each packet is asked for once, with time between, so that every NACK is worth an answer.
        BenchPeer receiver = _peers[1];
        int before = receiver.Retransmissions;
        const int Asked = 300;
        (_allocated, _packets) = (0, 0);
        for (int i = 0; i < Asked; i++)
        {
            Run(TimeSpan.FromMilliseconds(40));
            int length = receiver.Nack(_packet);
            CryptographicOperations.ZeroMemory(_packet.AsSpan(length));
            _measuring = i >= 50;
            Measured(receiver, _packet.AsSpan(0, length));
            _measuring = false;
            Run(TimeSpan.FromMilliseconds(10));
        }

        if (receiver.Retransmissions - before < Asked / 2)
        {
            throw new InvalidOperationException($"Only {receiver.Retransmissions - before} of {Asked} were sent again.");
        }

        return new Measure("sfu.nack-to-retransmission", _allocated / (double)_packets, _packets);
    }
}
