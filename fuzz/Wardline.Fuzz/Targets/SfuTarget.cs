using System.Net;
using Wardline.Fuzz.Running;
using Wardline.Rtc;
using Wardline.Rtc.Dtls;
using Wardline.Rtc.Ice;
using Wardline.Rtc.Rtp;
using Wardline.Rtc.Sdp;
using Wardline.Rtc.Tests.Sdp;
using Wardline.Sfu;

namespace Wardline.Fuzz.Targets;

/// <summary>
/// A session with a publisher and a receiver, both hostile: the input is a sequence of plain packets, sealed with the
/// key of the one that the first byte of each names. Nothing throws, both stay connected, and what goes out stays in
/// proportion to what came in.
/// </summary>
internal sealed class SfuTarget : IFuzzTarget, IDisposable
{
    private static readonly ParticipantId Publisher = new(1);
    private static readonly ParticipantId Receiver = new(2);
    private static readonly TransportAddress PublisherAt = TransportAddress.From(new IPEndPoint(IPAddress.Parse("192.0.2.10"), 40000));
    private static readonly TransportAddress ReceiverAt = TransportAddress.From(new IPEndPoint(IPAddress.Parse("192.0.2.11"), 40000));

    private readonly OpenSslDtls _servers = Certificates.NewFactory();
    private readonly OpenSslDtls _clients = Certificates.NewFactory();
    private readonly PacketTrains _output = new(256);
    private readonly byte[] _copy = new byte[2048];
    private SfuSession? _session;
    private BrowserEnd _publisher = null!;
    private BrowserEnd _receiver = null!;
    private Instant _now;
    private int _runs;

    public string Name => "sfu";

    public int MaxBytes => 8 * 1024;

    // The packet path itself is held to 0 by bench/budgets.json; here sessions start anew and news are made.
    public long AllocationBudget => 64 * 1024 * 1024;

    public IEnumerable<byte[]> Seeds
    {
        get
        {
            byte[][] fromPublisher = [.. Packets.All, Compounds.Reports()];
            byte[][] fromReceiver = [Compounds.Feedback(), Compounds.TransportCc(), Compounds.Reports()];
            return
            [
                Datagrams.Join([.. fromPublisher.Select(p => (byte[])[0, .. p]), .. fromReceiver.Select(p => (byte[])[1, .. p])]),
                Datagrams.Join(Enumerable.Range(0, 12).Select(Frame)),
                .. fromReceiver.Select(p => Datagrams.Join([Frame(0), Frame(1), [1, .. p], Frame(2), [3, .. p]])),
            ];
        }
    }

    public void Run(ReadOnlySpan<byte> input)
    {
        // A session keeps what its members did; it starts over now and then, and before consent runs out.
        if (_session is null || ++_runs % 64 == 0 || _now > Instant.FromMilliseconds(20_000))
        {
            Start();
        }

        int received = 0, sent = 0;
        for (Datagrams datagrams = new(input); datagrams.MoveNext();)
        {
            if (datagrams.Current.Length is < 2 or > 1500)
            {
                continue;
            }

            // Bit 0: who; the rest: how long after the one before.
            byte head = datagrams.Current[0];
            bool receiver = (head & 1) != 0;
            _now += TimeSpan.FromMilliseconds(head >> 1 & 31);
            datagrams.Current[1..].CopyTo(_copy);
            if ((receiver ? _receiver : _publisher).TrySeal(_copy, datagrams.Current.Length - 1, out int length))
            {
                _session!.Handle(receiver ? Receiver : Publisher, _copy.AsSpan(0, length), receiver ? ReceiverAt : PublisherAt, _now, _output);
                received++;
            }

            _session!.HandleTimeout(_now, _output);
            sent += _output.PacketCount;
            _output.Clear();
        }

        // Retransmissions answer each NACK of 1,500 bytes from a bounded buffer and within a budget.
        Promise.Hold(sent <= 1000 + 256 * received, "What goes out stays in proportion to what came in.");
        while (_session!.TryTakeEvent(out SfuEvent news))
        {
            Promise.Hold(news is not null, "News are news.");
        }
    }

    public void Dispose()
    {
        _session?.Dispose();
        _output.Dispose();
        _servers.Dispose();
        _clients.Dispose();
    }

    /// <summary>A packet of the publisher's camera with mid, sequence number and picture id going on.</summary>
    private static byte[] Frame(int index)
    {
        byte[] vp8 = [.. Packets.Vp8];
        vp8[3] += (byte)index;
        byte[] packet = Packets.Rtp(96, Packets.OneByte, vp8);
        RtpHeader.SetSequence(packet, new((ushort)(1000 + index)));
        RtpHeader.SetTimestamp(packet, new(90000u + 3000u * (uint)index));
        return [20, .. packet];
    }

    private void Start()
    {
        _session?.Dispose();
        _now = Instant.FromMilliseconds(1000);
        _session = new SfuSession(new SfuSessionOptions(), _servers, new SeededSource(_runs));
        _publisher = Join(Publisher, PublisherAt, "sendonly", [new("0", TrackSource.Microphone), new("1", TrackSource.Camera)], []);
        _receiver = Join(
            Receiver, ReceiverAt, "recvonly", [], [new("0", Publisher, TrackSource.Microphone), new("1", Publisher, TrackSource.Camera)]);

        // A target that forwards nothing would hold every promise.
        byte[] first = Frame(0)[1..];
        first.CopyTo(_copy, 0);
        Promise.Hold(_publisher.TrySeal(_copy, first.Length, out int length), "A frame is sealed.");
        _session.Handle(Publisher, _copy.AsSpan(0, length), PublisherAt, _now, _output);
        bool forwarded = false;
        foreach (PacketTrains.Train train in _output.Trains)
        {
            forwarded |= train.To == ReceiverAt;
        }

        _output.Clear();
        Promise.Hold(forwarded, "A key frame reaches the receiver.");
    }

    private BrowserEnd Join(
        ParticipantId id, TransportAddress from, string direction, IReadOnlyList<PublishRequest> publish, IReadOnlyList<SubscribeRequest> subscribe)
    {
        IceCredentials local = _session!.AddParticipant(id, _now);
        string offer = Offers.ChromiumPlain
            .Replace("a=sendrecv", "a=" + direction, StringComparison.Ordinal)
            .Replace("a=ice-ufrag:l7lv", "a=ice-ufrag:" + Checks.Remote.Ufrag, StringComparison.Ordinal)
            .Replace("a=ice-pwd:wJZet38tSPPSv2M8qlojGZuy", "a=ice-pwd:" + Checks.Remote.Password, StringComparison.Ordinal);
        int at = offer.IndexOf("a=fingerprint:", StringComparison.Ordinal);
        string certificate = offer[at..offer.IndexOf('\n', at)];
        offer = offer.Replace(certificate, $"a=fingerprint:{_clients.Fingerprint}", StringComparison.Ordinal);
        bool answered = _session.TryNegotiate(id, offer, publish, subscribe, [], _now, out _, out SdpError error);
        Promise.Hold(answered, $"The offer is answered: {error}");
        return new BrowserEnd(_clients, _servers.Fingerprint, local, _now, _output, d => _session.Handle(id, d, from, _now, _output));
    }
}
