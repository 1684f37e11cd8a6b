using System.Net;
using Wardline.Media.Loops;
using Wardline.Rtc;

namespace Wardline.Media.Tests.Loops;

/// <summary>How long packets are held back for others, on a clock that only notes.</summary>
public sealed class GathererTests : IDisposable
{
    private static readonly TimeSpan Most = TimeSpan.FromMicroseconds(800);
    private static readonly TransportAddress To = TransportAddress.From(new IPEndPoint(IPAddress.Loopback, 9));

    private readonly PacketTrains _output = new(16);
    private readonly List<TimeSpan> _slept = [];

    [Fact]
    public void The_rest_of_a_frame_is_waited_for_as_long_as_allowed()
    {
        Write();
        _output.NoteFrame(complete: false);
        Assert.True(Gatherer().Pause(_output, datagrams: 1));
        Assert.Equal([Most], _slept);
    }

    [Fact]
    public void Audio_waits_a_quarter_whatever_else_is_unfinished()
    {
        Write();
        _output.NoteFrame(complete: false);
        _output.NoteUrgent();
        Assert.True(Gatherer().Pause(_output, datagrams: 2));
        Assert.Equal([Most / 4], _slept);
    }

    [Fact]
    public void A_complete_frame_waits_a_quarter()
    {
        Write();
        _output.NoteFrame(complete: false);
        _output.NoteFrame(complete: true);
        Assert.True(Gatherer().Pause(_output, datagrams: 6));
        Assert.Equal([Most / 4], _slept);
    }

    [Fact]
    public void Nothing_to_send_nothing_received_or_a_full_batch_waits_for_nobody()
    {
        Assert.False(Gatherer().Pause(_output, datagrams: 3));
        Write();
        Assert.False(Gatherer().Pause(_output, datagrams: 0));
        Assert.False(Gatherer().Pause(_output, Media.Loops.Gatherer.FullBatch));
        Assert.Empty(_slept);
    }

    [Fact]
    public void Zero_turns_it_off()
    {
        Write();
        _output.NoteFrame(complete: false);
        Assert.False(new Gatherer(TimeSpan.Zero, _slept.Add).Pause(_output, datagrams: 1));
        Assert.Empty(_slept);
    }

    [Fact]
    public void What_was_noted_is_forgotten_when_it_has_been_sent()
    {
        Write();
        _output.NoteFrame(complete: false);
        _output.NoteUrgent();
        _output.Clear();
        Write();
        Gatherer().Pause(_output, datagrams: 1);
        Assert.Equal([Most / 4], _slept);
        Assert.False(_output.IsUrgent);
    }

    [Fact]
    public void No_setting_holds_a_packet_for_longer_than_a_millisecond()
    {
        MediaOptions options = Shell.Engines.Options;
        (options with { Gather = TimeSpan.FromMilliseconds(1) }).Validate();
        InvalidOperationException refused = Assert.Throws<InvalidOperationException>(() => (options with { Gather = TimeSpan.FromMilliseconds(1.1) }).Validate());
        Assert.Contains("Gather", refused.Message, StringComparison.Ordinal);
        Assert.Throws<InvalidOperationException>(() => (options with { Gather = TimeSpan.FromMilliseconds(-1) }).Validate());
    }

    public void Dispose() => _output.Dispose();

    private Gatherer Gatherer() => new(Most, _slept.Add);

    private void Write()
    {
        _output.TryReserve(To, out _);
        _output.Commit(100);
    }
}
