using System.Net;
using Wardline.Rtc;

namespace Wardline.Sockets.Tests;

/// <summary>Datagrams that the kernel hands over together, and kernels that say strange things.</summary>
public sealed unsafe class DatagramBatchTests : IDisposable
{
    private readonly BoundSocket _from = BoundSocket.Udp(IPAddress.Loopback, 0, 4 << 20);
    private readonly BoundSocket _to = BoundSocket.Udp(IPAddress.Loopback, 0, 4 << 20);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_was_sent_together_is_received_as_it_was(bool coalesced)
    {
        Assert.True(!coalesced || _to.TryCoalesce());
        Random random = new(3);
        using DatagramBatch batch = new(coalesced);
        using TrainSender sender = new(_from, segments: true);
        using PacketTrains trains = new(256);
        for (int round = 0; round < 100; round++)
        {
            List<byte[]> sent = [];
            for (int frame = random.Next(1, 5); frame > 0; frame--)
            {
                int size = random.Next(20, 1400);
                int packets = random.Next(1, 30);
                for (int i = 0; i < packets; i++)
                {
                    byte[] packet = new byte[i == packets - 1 ? random.Next(1, size + 1) : size];
                    random.NextBytes(packet);
                    sent.Add(packet);
                    trains.TryReserve(TransportAddress.From(new IPEndPoint(IPAddress.Loopback, _to.Port)), out Span<byte> slot);
                    packet.CopyTo(slot);
                    trains.Commit(packet.Length);
                }
            }

            sender.Append(trains, trains.Trains[0]);
            sender.Flush();
            trains.Clear();
            List<byte[]> received = Receive(batch, _to.Fd);
            Assert.Equal(sent.Count, received.Count);
            Assert.All(sent.Zip(received), pair => Assert.Equal(pair.First, pair.Second));
        }
    }

    [Theory]
    [InlineData(1000, 100, 10, 100)]
    [InlineData(1001, 100, 11, 1)]
    [InlineData(100, 100, 1, 100)]
    [InlineData(100, 200, 1, 100)]
    [InlineData(100, 0, 1, 100)]
    [InlineData(100, -5, 1, 100)]
    [InlineData(0, 0, 1, 0)]
    [InlineData(0, 50, 1, 0)]
    public void A_message_is_parted_by_the_size_that_the_kernel_says(int total, int size, int count, int lastLength)
    {
        using DatagramBatch batch = new(coalesced: true, Kernel(total, size));
        Assert.Equal(count, batch.Receive(0));
        Assert.True(batch.TryGet(count - 1, out Span<byte> last, out TransportAddress from));
        Assert.Equal(lastLength, last.Length);
        Assert.Equal(4242, from.Port);
        Assert.False(batch.WasFull);
    }

    [Fact]
    public void More_pieces_than_any_kernel_makes_stay_within_the_table()
    {
        using DatagramBatch batch = new(coalesced: true, Kernel(65_535, 1));
        Assert.Equal(DatagramBatch.MaxCoalesced, batch.Receive(0));
        Assert.True(batch.TryGet(0, out Span<byte> first, out _));
        Assert.Equal(1, first.Length);
        Assert.False(batch.TryGet(DatagramBatch.MaxCoalesced - 1, out _, out _));
    }

    [Fact]
    public void A_size_of_another_option_is_not_taken_for_one()
    {
        using DatagramBatch batch = new(coalesced: true, Kernel(1000, 100, type: Libc.UdpSegment));
        Assert.Equal(1, batch.Receive(0));
    }

    [Fact]
    public void A_datagram_longer_than_anything_agreed_on_is_refused_coalesced_or_not()
    {
        foreach (bool coalesced in (bool[])[false, true])
        {
            using BoundSocket to = BoundSocket.Udp(IPAddress.Loopback, 0, 1 << 20);
            Assert.True(!coalesced || to.TryCoalesce());
            using System.Net.Sockets.Socket stranger = new(System.Net.Sockets.AddressFamily.InterNetwork, System.Net.Sockets.SocketType.Dgram, System.Net.Sockets.ProtocolType.Udp);
            stranger.SendTo(new byte[DatagramBatch.MaxDatagramBytes + 1], new IPEndPoint(IPAddress.Loopback, to.Port));
            stranger.SendTo(new byte[DatagramBatch.MaxDatagramBytes], new IPEndPoint(IPAddress.Loopback, to.Port));
            using DatagramBatch batch = new(coalesced);
            Assert.Equal(2, batch.Receive(to.Fd));
            Assert.False(batch.TryGet(0, out _, out _));
            Assert.True(batch.TryGet(1, out _, out _));
        }
    }

    public void Dispose()
    {
        _from.Dispose();
        _to.Dispose();
    }

    private static DatagramBatch.ReceiveCall Kernel(int total, int size, int type = Libc.UdpGro) => (_, messages, _) =>
    {
        SocketAddressCodec.Write(TransportAddress.From(new IPEndPoint(IPAddress.Loopback, 4242)), Libc.AfInet, new Span<byte>(messages->Header.Name, SocketAddressCodec.IPv6Bytes));
        messages->Header.NameLength = SocketAddressCodec.IPv4Bytes;
        messages->Length = (uint)total;
        Libc.ControlMessage* control = (Libc.ControlMessage*)messages->Header.Control;
        *control = new Libc.ControlMessage { Length = Libc.ControlMessage.HeaderBytes + sizeof(int), Level = Libc.IpProtoUdp, Type = type, Value = size };
        return 1;
    };

    private static List<byte[]> Receive(DatagramBatch batch, int fd)
    {
        List<byte[]> received = [];
        for (int count = batch.Receive(fd); count > 0; count = batch.Receive(fd))
        {
            for (int i = 0; i < count; i++)
            {
                Assert.True(batch.TryGet(i, out Span<byte> datagram, out _));
                received.Add(datagram.ToArray());
            }
        }

        return received;
    }
}
