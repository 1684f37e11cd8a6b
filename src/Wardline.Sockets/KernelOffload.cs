using System.Net;

namespace Wardline.Sockets;

/// <summary>What this kernel does with many datagrams at once, found out by doing it once on the loopback.</summary>
/// <param name="Segments">It cuts one message into datagrams (UDP_SEGMENT, Linux 4.18).</param>
/// <param name="Coalesces">It hands over datagrams of one sender as one (UDP_GRO, Linux 5.0).</param>
internal readonly record struct KernelOffload(bool Segments, bool Coalesces)
{
    private const int ProbeBytes = 100;
    private const int ProbePackets = 3;

    public static KernelOffload None => default;

    /// <summary>Opens two sockets for a moment. Never throws: what cannot be tried is not there.</summary>
    public static KernelOffload Probe()
    {
        try
        {
            using BoundSocket from = BoundSocket.Udp(IPAddress.Loopback, 0, 64 << 10);
            using BoundSocket to = BoundSocket.Udp(IPAddress.Loopback, 0, 64 << 10);
            return new KernelOffload(Cuts(from, to), to.TryCoalesce());
        }
        catch (IOException)
        {
            return None;
        }
    }

    private static bool Cuts(BoundSocket from, BoundSocket to)
    {
        using Rtc.PacketTrains trains = new(ProbePackets);
        Rtc.TransportAddress address = Rtc.TransportAddress.From(new IPEndPoint(IPAddress.Loopback, to.Port));
        for (int i = 0; i < ProbePackets; i++)
        {
            trains.TryReserve(address, out Span<byte> slot);
            slot[..ProbeBytes].Fill((byte)i);
            trains.Commit(ProbeBytes);
        }

        using TrainSender sender = new(from, segments: true);
        sender.Append(trains, trains.Trains[0]);
        sender.Flush();
        if (sender.MessagesSent != 1)
        {
            return false;
        }

        // A kernel that ignores the request would deliver one long datagram.
        using DatagramBatch batch = new();
        return batch.Receive(to.Fd) == ProbePackets;
    }
}
