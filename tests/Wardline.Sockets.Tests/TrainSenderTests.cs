using System.Net;
using Wardline.Rtc;

namespace Wardline.Sockets.Tests;

/// <summary>Trains on the loopback, and kernels that refuse.</summary>
public sealed unsafe class TrainSenderTests : IDisposable
{
    private readonly BoundSocket _from = BoundSocket.Udp(IPAddress.Loopback, 0, 4 << 20);
    private readonly BoundSocket _to = BoundSocket.Udp(IPAddress.Loopback, 0, 4 << 20);
    private readonly PacketTrains _trains = new(512);
    private readonly DatagramBatch _batch = new();
    private readonly List<int> _refusals = [];

    private TransportAddress To => TransportAddress.From(new IPEndPoint(IPAddress.Loopback, _to.Port));

    [Fact]
    public void Equal_packets_leave_as_one_message_and_arrive_as_they_were()
    {
        using TrainSender sender = new(_from, segments: true);
        Write(1104, 1104, 1104, 1104, 900);
        Send(sender);
        Assert.Equal(1, sender.MessagesSent);
        Assert.Equal(5, sender.PacketsSent);
        Assert.Equal(4 * 1104 + 900, sender.BytesSent);
        Assert.Equal([(1104, 0), (1104, 1), (1104, 2), (1104, 3), (900, 4)], Received());
    }

    [Fact]
    public void A_longer_packet_begins_a_new_message_and_a_shorter_one_ends_it()
    {
        using TrainSender sender = new(_from, segments: true);
        Write(1103, 1103, 1104, 1104, 90, 1104, 91);
        Send(sender);
        Assert.Equal(3, sender.MessagesSent);
        Assert.Equal([(1103, 0), (1103, 1), (1104, 2), (1104, 3), (90, 4), (1104, 5), (91, 6)], Received());
    }

    [Fact]
    public void No_message_has_more_than_64_packets_or_65000_bytes()
    {
        List<(int Packets, int Bytes)> messages = [];
        using TrainSender sender = new(_from, segments: true, (_, batch, count) =>
        {
            for (int i = 0; i < count; i++)
            {
                messages.Add(((int)batch[i].Header.VectorCount, Enumerable.Range(0, (int)batch[i].Header.VectorCount).Sum(n => (int)batch[i].Header.Vectors[n].Length)));
            }

            return count;
        });
        Write([.. Enumerable.Repeat(200, 150), .. Enumerable.Repeat(1400, 100)]);
        Send(sender);
        Assert.Equal([64, 64, 22, 46, 46, 8], messages.Select(m => m.Packets));
        Assert.All(messages, m => Assert.InRange(m.Bytes, 1, TrainSender.MaxMessageBytes));
        Assert.Equal(250, sender.PacketsSent);
    }

    [Fact]
    public void Without_the_offload_every_packet_is_a_message()
    {
        using TrainSender sender = new(_from, segments: false);
        Write(500, 500, 500);
        Send(sender);
        Assert.Equal(3, sender.MessagesSent);
        Assert.Equal([(500, 0), (500, 1), (500, 2)], Received());
    }

    [Theory]
    [InlineData(Libc.IoError)]
    [InlineData(Libc.Invalid)]
    [InlineData(Libc.MessageTooLong)]
    public void When_the_kernel_refuses_to_cut_every_packet_still_arrives_and_the_path_is_remembered(int error)
    {
        using TrainSender sender = new(_from, segments: true, Refusing(error));
        Write(500, 500, 500);
        Send(sender);
        Assert.Equal([(500, 0), (500, 1), (500, 2)], Received());
        Assert.Equal((3, 1, 0), (sender.PacketsSent, sender.OffloadRefused, sender.PacketsRefused));

        Write(600, 600);
        Send(sender);
        Assert.Equal([(600, 0), (600, 1)], Received());
        Assert.Equal(1, sender.OffloadRefused);
        Assert.True(sender.Segments, "One path that refuses says nothing about the others.");
    }

    [Fact]
    public void One_path_that_refuses_does_not_take_the_offload_from_the_others()
    {
        using BoundSocket other = BoundSocket.Udp(IPAddress.Loopback, 0, 64 << 10);
        TransportAddress narrow = TransportAddress.From(new IPEndPoint(IPAddress.Loopback, other.Port));
        using TrainSender sender = new(_from, segments: true, Refusing(Libc.Invalid, other.Port));
        for (int i = 0; i < 100; i++)
        {
            Write(500, 500);
            WriteTo(narrow, 500, 500);
            Send(sender);
            Assert.Equal([(500, 0), (500, 1)], Received());
        }

        Assert.True(sender.Segments);
        Assert.Equal(1, sender.OffloadRefused);
        Assert.Equal(100 + 200, sender.MessagesSent);
    }

    [Fact]
    public void When_every_path_refuses_nobody_is_asked_any_more()
    {
        using TrainSender sender = new(_from, segments: true, Refusing(Libc.IoError));
        for (int port = 20_000; port < 20_100; port++)
        {
            WriteTo(TransportAddress.From(new IPEndPoint(IPAddress.Loopback, port)), 500, 500);
            Send(sender);
        }

        Assert.False(sender.Segments);
        Assert.Equal(RefusedPaths.NothingWorks, sender.OffloadRefused);
        Assert.Equal(200, sender.PacketsSent);
    }

    [Fact]
    public void A_full_kernel_queue_loses_what_is_left_and_counts_its_packets()
    {
        using TrainSender sender = new(_from, segments: true, (_, _, _) => -Libc.TryAgain);
        Write(500, 500, 500, 700);
        Send(sender);
        Assert.Equal((0, 4, 0), (sender.PacketsSent, sender.PacketsRefused, sender.OffloadRefused));
    }

    [Fact]
    public void This_kernel_is_probed_truly()
    {
        KernelOffload offload = KernelOffload.Probe();
        using TrainSender sender = new(_from, segments: true);
        Write(500, 500);
        Send(sender);
        Assert.Equal(offload.Segments, sender.OffloadRefused == 0);
        Assert.Equal(offload.Coalesces, _to.TryCoalesce());
    }

    public void Dispose()
    {
        _batch.Dispose();
        _trains.Dispose();
        _from.Dispose();
        _to.Dispose();
    }

    private TrainSender.SendCall Refusing(int error, int? port = null) => (fd, messages, count) =>
    {
        if (messages[0].Header.ControlLength > 0 && (port is null || PortOf(messages) == port))
        {
            _refusals.Add(error);
            return -error;
        }

        // Like the kernel: up to the first that it refuses.
        int good = 1;
        while (good < count && (messages[good].Header.ControlLength == 0 || (port is not null && PortOf(messages + good) != port)))
        {
            good++;
        }

        return Libc.SendMany(fd, messages, (uint)good, Libc.MsgDontWait);
    };

    private static int PortOf(Libc.BatchMessage* message)
    {
        Assert.True(SocketAddressCodec.TryRead(new ReadOnlySpan<byte>(message->Header.Name, (int)message->Header.NameLength), out _, out ushort port));
        return port;
    }

    private void Write(params int[] lengths) => WriteTo(To, lengths);

    private void WriteTo(TransportAddress to, params int[] lengths)
    {
        for (int i = 0; i < lengths.Length; i++)
        {
            Assert.True(_trains.TryReserve(to, out Span<byte> slot));
            slot[..lengths[i]].Fill((byte)i);
            _trains.Commit(lengths[i]);
        }
    }

    private void Send(TrainSender sender)
    {
        foreach (PacketTrains.Train train in _trains.Trains)
        {
            sender.Append(_trains, train);
        }

        sender.Flush();
        _trains.Clear();
    }

    private List<(int Length, int Number)> Received()
    {
        List<(int, int)> received = [];
        for (int count = _batch.Receive(_to.Fd); count > 0; count = _batch.Receive(_to.Fd))
        {
            for (int i = 0; i < count; i++)
            {
                Assert.True(_batch.TryGet(i, out Span<byte> datagram, out TransportAddress from));
                Assert.Equal(_from.Port, from.Port);
                Assert.Equal(-1, datagram.IndexOfAnyExcept(datagram[0]));
                received.Add((datagram.Length, datagram[0]));
            }
        }

        return received;
    }
}
