using Wardline.Rtc;
using Wardline.Sfu.Tests.Harness;

namespace Wardline.Sfu.Tests.Sessions;

/// <summary>What an operator is told of packets that went nowhere.</summary>
public sealed class DropsTests : IDisposable
{
    private readonly CameraKit _kit = new();

    private DropCounts Drops
    {
        get
        {
            DropCounts drops = new();
            _kit.Kit.Session.AddDrops(drops);
            return drops;
        }
    }

    [Fact]
    public void Every_layer_names_its_reason_and_counts_a_packet_once()
    {
        _kit.Kit.Wire = [];
        _kit.Q.Key();
        byte[] media = _kit.Kit.Wire[0].Bytes;
        byte[] forged = [.. media];
        forged[2] ^= 0x40; // another sequence number
        _kit.Kit.Wire.Clear();
        _kit.Watcher.Peer.Check();
        _kit.Kit.Deliver();
        byte[] check = _kit.Kit.Wire[0].Bytes;
        byte[] garbled = [.. check];
        garbled[^1] ^= 1; // the fingerprint
        Expect(DropReason.SrtpReplayed, () => _kit.Kit.Inject(_kit.Publisher, media));
        Expect(DropReason.SrtpAuthentication, () => _kit.Kit.Inject(_kit.Publisher, forged));
        Expect(DropReason.SrtpMalformed, () => _kit.Kit.Inject(_kit.Publisher, [0x80, 96, 0]));
        Expect(DropReason.IceMalformed, () => _kit.Kit.Inject(_kit.Watcher, garbled));
        Expect(DropReason.IceReplayed, () => From(9999, check));
        Expect(DropReason.MediaFromUnprovenAddress, () => From(9999, media));
        Expect(DropReason.DtlsFromUnprovenAddress, () => From(9999, [22, 0xFE, 0xFD]));
        Expect(DropReason.DtlsMalformed, () => _kit.Kit.Inject(_kit.Publisher, [22, 0xFE, 0xFD]));
        Expect(DropReason.DtlsDiscarded, () => _kit.Kit.Inject(_kit.Publisher, [21, 0xFE, 0xFD, 0, 0, 0, 0, 0, 0, 0, 9, 0, 2, 2, 40]));
        Expect(DropReason.UnknownKind, () => _kit.Kit.Inject(_kit.Publisher, [77]));
        Expect(DropReason.RtpUnknownSsrc, () => _kit.Publisher.Send(new TestStream(_kit.Publisher, 900, "7").Frame()));
        Expect(DropReason.UnknownParticipant, () => _kit.Kit.Session.Handle(new ParticipantId(99), [1], _kit.Watcher.Peer.Address, _kit.Kit.Now, _kit.Kit.Output));

        void From(int port, byte[] bytes) =>
            _kit.Kit.Session.Handle(_kit.Watcher.Id, [.. bytes], Peer.AddressOf(2, port), _kit.Kit.Now, _kit.Kit.Output);
    }

    [Fact]
    public void What_was_dropped_of_somebody_who_left_and_of_a_session_that_ended_is_not_forgotten()
    {
        _kit.Kit.Inject(_kit.Publisher, [77]);
        _kit.Kit.Inject(_kit.Watcher, [78]);
        Assert.Equal((2L, 2L), (Drops[DropReason.UnknownKind], Drops.Total));
        _kit.Kit.Remove(_kit.Publisher);
        Assert.Equal((2L, 1L, 3L), (Drops[DropReason.UnknownKind], Drops[DropReason.UnknownParticipant], Drops.Total)); // it says goodbye too
        _kit.Kit.Inject(_kit.Watcher, [79]);
        _kit.Kit.Session.Dispose();
        Assert.Equal((3L, 4L), (Drops[DropReason.UnknownKind], Drops.Total));
        _kit.Kit.Session.Dispose();
        Assert.Equal(4, Drops.Total);
    }

    [Fact]
    public void A_call_in_which_nothing_goes_wrong_drops_nothing()
    {
        _kit.Q.Key();
        _kit.Q.Delta(30);
        _kit.Kit.Wait(2000);
        Assert.Equal(0, Drops.Total);
    }

    [Fact]
    public void A_report_tells_of_the_transport_and_of_nobody_who_is_not_there()
    {
        TransportReport report = _kit.Kit.Session.ReportOn(_kit.Publisher.Id)!;
        Assert.Equal((TransportState.Connected, TransportFailure.None, _kit.Publisher.Peer.Address), (report.State, report.Failure, report.Selected!.Value));
        long before = report.Received!.Rtp;
        _kit.Q.Key();
        Assert.Equal(before + 1, report.Received.Rtp);
        Assert.Null(_kit.Kit.Session.ReportOn(new ParticipantId(99)));
    }

    public void Dispose() => _kit.Dispose();

    private void Expect(DropReason reason, Action attack)
    {
        DropCounts before = Drops;
        attack();
        DropCounts after = Drops;
        foreach (DropReason each in Enum.GetValues<DropReason>())
        {
            Assert.True(after[each] - before[each] == (each == reason ? 1 : 0), $"{reason}: {each} rose by {after[each] - before[each]}");
        }
    }
}
