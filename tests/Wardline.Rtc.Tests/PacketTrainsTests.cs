using System.Net;

namespace Wardline.Rtc.Tests;

public sealed class PacketTrainsTests
{
    private static readonly TransportAddress A = TransportAddress.From(new IPEndPoint(IPAddress.Parse("192.0.2.1"), 1000));
    private static readonly TransportAddress B = TransportAddress.From(new IPEndPoint(IPAddress.Parse("2001:db8::1"), 1000));

    [Fact]
    public void Packets_to_one_receiver_form_one_train_in_their_order_whoever_is_served_between()
    {
        using PacketTrains trains = new(8);
        byte number = 0;
        foreach (TransportAddress to in new[] { A, A, B, A, B })
        {
            Assert.True(trains.TryReserve(to, out Span<byte> slot));
            slot[0] = ++number;
            trains.Commit(100 + number);
        }

        Assert.Equal([new(A, 0, 3), new(B, 3, 2)], trains.Trains.ToArray());
        Assert.Equal([1, 2, 4, 3, 5], Written(trains));
        Assert.Equal([101, 102, 104, 103, 105], trains.Packets.ToArray().Select(p => p.Length));
        Assert.Equal(B, trains.LastTo);
        Assert.Equal(5, trains.LastBytes[0]);
    }

    [Fact]
    public void A_full_arena_refuses_instead_of_growing()
    {
        using PacketTrains trains = new(1);
        Assert.True(trains.TryReserve(A, out _));
        trains.Commit(1);
        Assert.False(trains.TryReserve(A, out _));
        trains.Clear();
        Assert.True(trains.TryReserve(A, out _));
    }

    [Fact]
    public void An_abandoned_reservation_leaves_nothing_behind()
    {
        using PacketTrains trains = new(2);
        Assert.True(trains.TryReserve(A, out _));
        Assert.True(trains.TryReserve(B, out _));
        trains.Commit(5);
        Assert.Equal([new(B, 0, 1)], trains.Trains.ToArray());
    }

    [Fact]
    public void An_address_survives_the_way_to_bytes_and_back()
    {
        Span<byte> bytes = stackalloc byte[16];
        Assert.Equal(A, TransportAddress.Udp(bytes[..A.WriteAddress(bytes)], 1000));
        Assert.Equal(B, TransportAddress.Udp(bytes[..B.WriteAddress(bytes)], 1000));
        Assert.NotEqual(A, TransportAddress.From(new IPEndPoint(IPAddress.Parse("192.0.2.1"), 1000), TransportProtocol.Tcp, 1));
    }

    [Fact]
    public void Looking_at_the_trains_in_between_changes_nothing()
    {
        using PacketTrains trains = new(8);
        foreach (TransportAddress to in new[] { A, B, A, B })
        {
            trains.TryReserve(to, out Span<byte> slot);
            slot[0] = (byte)(trains.PacketCount + 1);
            trains.Commit(10);
            Assert.Equal(trains.PacketCount, trains.Trains.ToArray().Sum(t => t.Count));
        }

        Assert.Equal([new(A, 0, 2), new(B, 2, 2)], trains.Trains.ToArray());
        Assert.Equal([1, 3, 2, 4], Written(trains));
    }

    [Fact]
    public void Any_mix_of_receivers_is_gathered_completely_and_in_order_round_after_round()
    {
        Random random = new(7);
        TransportAddress[] receivers = [.. Enumerable.Range(0, 300).Select(i => TransportAddress.From(new IPEndPoint(new IPAddress([10, 0, (byte)(i % 7), (byte)i]), 2000 + i / 2)))];
        using PacketTrains trains = new(600);
        for (int round = 0; round < 50; round++)
        {
            Dictionary<TransportAddress, List<int>> expected = [];
            for (int i = 0; i < 600; i++)
            {
                TransportAddress to = receivers[random.Next(1 + random.Next(receivers.Length))];
                trains.TryReserve(to, out Span<byte> slot);
                System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(slot, i);
                trains.Commit(4);
                (expected.TryGetValue(to, out List<int>? list) ? list : expected[to] = []).Add(i);
            }

            Assert.Equal(expected.Keys, trains.Trains.ToArray().Select(t => t.To));
            foreach (PacketTrains.Train train in trains.Trains)
            {
                List<int> got = [];
                foreach (PacketTrains.Packet packet in trains.Packets.Slice(train.First, train.Count))
                {
                    got.Add(System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(trains.Bytes(packet)));
                }

                Assert.Equal(expected[train.To], got);
            }

            trains.Clear();
        }
    }

    private static List<int> Written(PacketTrains trains)
    {
        List<int> written = [];
        foreach (PacketTrains.Packet packet in trains.Packets)
        {
            written.Add(trains.Bytes(packet)[0]);
        }

        return written;
    }
}
