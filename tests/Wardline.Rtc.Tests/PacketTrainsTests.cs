using System.Net;

namespace Wardline.Rtc.Tests;

public sealed class PacketTrainsTests
{
    private static readonly TransportAddress A = TransportAddress.From(new IPEndPoint(IPAddress.Parse("192.0.2.1"), 1000));
    private static readonly TransportAddress B = TransportAddress.From(new IPEndPoint(IPAddress.Parse("2001:db8::1"), 1000));

    [Fact]
    public void Consecutive_packets_to_one_receiver_form_one_train()
    {
        using PacketTrains trains = new(8);
        foreach (TransportAddress to in new[] { A, A, B, A })
        {
            Assert.True(trains.TryReserve(to, out Span<byte> slot));
            slot[0] = 7;
            trains.Commit(100);
        }

        Assert.Equal([new(A, 0, 2), new(B, 2, 1), new(A, 3, 1)], trains.Trains.ToArray());
        Assert.Equal(7, trains.Bytes(trains.Packets[3])[0]);
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
}
