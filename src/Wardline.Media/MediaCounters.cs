using Wardline.Media.Loops;
using Wardline.Sfu;

namespace Wardline.Media;

/// <summary>What the media shell has done since it started, over all workers. Gauges stand at the end.</summary>
public sealed record MediaCounters
{
    /// <summary>UDP datagrams and TCP frames.</summary>
    public long DatagramsReceived { get; init; }

    public long BytesReceived { get; init; }

    /// <summary>recvmmsg calls that brought something; datagrams per batch says how well the system calls are shared.</summary>
    public long Batches { get; init; }

    public long PacketsSent { get; init; }

    public long BytesSent { get; init; }

    /// <summary>The kernel's send buffer was full, or the network could not be reached.</summary>
    public long PacketsRefusedByKernel { get; init; }

    /// <summary>What the kernel was handed over UDP; packets a message says what segmentation offload brings.</summary>
    public long MessagesSent { get; init; }

    /// <summary>Messages that the kernel would not cut, so that their packets were sent one by one; none was lost by it.</summary>
    public long OffloadRefused { get; init; }

    /// <summary>For a TCP connection that is gone.</summary>
    public long PacketsWithoutConnection { get; init; }

    /// <summary>Longer than any packet that we take.</summary>
    public long Truncated { get; init; }

    /// <summary>DTLS, RTP or RTCP from an address that nobody has proven.</summary>
    public long UnknownAddress { get; init; }

    /// <summary>STUN that is not a check for anybody here.</summary>
    public long UnknownUfrag { get; init; }

    /// <summary>Checks from unproven addresses beyond what is verified in that time.</summary>
    public long ChecksOverBudget { get; init; }

    /// <summary>Datagrams beyond what one participant may send.</summary>
    public long OverRate { get; init; }

    /// <summary>Proven addresses that gave way to newer ones of the same participant.</summary>
    public long AddressesForgotten { get; init; }

    public long TcpAccepted { get; init; }

    /// <summary>Connections beyond the bounds.</summary>
    public long TcpRefused { get; init; }

    /// <summary>Connections closed for a frame length that cannot be.</summary>
    public long TcpBadFrame { get; init; }

    /// <summary>Connections closed because their first frame was not a check for anybody here.</summary>
    public long TcpUnexpected { get; init; }

    /// <summary>Connections closed for silence, or for not proving to be somebody's.</summary>
    public long TcpTimedOut { get; init; }

    /// <summary>Packets not queued for a slow reader.</summary>
    public long TcpQueueFull { get; init; }

    /// <summary>Sessions closed because of an error of our own.</summary>
    public long SessionsFaulted { get; init; }

    /// <summary>Session events that nobody read in time.</summary>
    public long EventsDropped { get; init; }

    public long Sessions { get; init; }

    public long Participants { get; init; }

    /// <summary>Entries of the address tables.</summary>
    public long Addresses { get; init; }

    public long TcpConnections { get; init; }

    /// <summary>Workers that let the kernel cut their trains.</summary>
    public long WorkersSegmenting { get; init; }

    /// <summary>What the sessions dropped, those that are over included; at most half a second old.</summary>
    public DropCounts SessionDrops { get; init; } = new();

    internal static MediaCounters Sum(IEnumerable<WorkerCounters> workers)
    {
        MediaCounters sum = new();
        foreach (WorkerCounters worker in workers)
        {
            sum = sum.Plus(worker);
            for (int i = 0; i < DropCounts.Reasons; i++)
            {
                sum.SessionDrops.Add((DropReason)i, Volatile.Read(ref worker.SessionDrops[i]));
            }
        }

        return sum;
    }

    private MediaCounters Plus(WorkerCounters w) => new()
    {
        DatagramsReceived = DatagramsReceived + Volatile.Read(ref w.DatagramsReceived),
        BytesReceived = BytesReceived + Volatile.Read(ref w.BytesReceived),
        Batches = Batches + Volatile.Read(ref w.Batches),
        PacketsSent = PacketsSent + Volatile.Read(ref w.PacketsSent),
        BytesSent = BytesSent + Volatile.Read(ref w.BytesSent),
        PacketsRefusedByKernel = PacketsRefusedByKernel + Volatile.Read(ref w.PacketsRefusedByKernel),
        MessagesSent = MessagesSent + Volatile.Read(ref w.MessagesSent),
        OffloadRefused = OffloadRefused + Volatile.Read(ref w.OffloadRefused),
        WorkersSegmenting = WorkersSegmenting + Volatile.Read(ref w.Segmenting),
        PacketsWithoutConnection = PacketsWithoutConnection + Volatile.Read(ref w.PacketsWithoutConnection),
        Truncated = Truncated + Volatile.Read(ref w.Truncated),
        UnknownAddress = UnknownAddress + Volatile.Read(ref w.UnknownAddress),
        UnknownUfrag = UnknownUfrag + Volatile.Read(ref w.UnknownUfrag),
        ChecksOverBudget = ChecksOverBudget + Volatile.Read(ref w.ChecksOverBudget),
        OverRate = OverRate + Volatile.Read(ref w.OverRate),
        AddressesForgotten = AddressesForgotten + Volatile.Read(ref w.AddressesForgotten),
        TcpAccepted = TcpAccepted + Volatile.Read(ref w.TcpAccepted),
        TcpRefused = TcpRefused + Volatile.Read(ref w.TcpRefused),
        TcpBadFrame = TcpBadFrame + Volatile.Read(ref w.TcpBadFrame),
        TcpUnexpected = TcpUnexpected + Volatile.Read(ref w.TcpUnexpected),
        TcpTimedOut = TcpTimedOut + Volatile.Read(ref w.TcpTimedOut),
        TcpQueueFull = TcpQueueFull + Volatile.Read(ref w.TcpQueueFull),
        SessionsFaulted = SessionsFaulted + Volatile.Read(ref w.SessionsFaulted),
        EventsDropped = EventsDropped + Volatile.Read(ref w.EventsDropped),
        Sessions = Sessions + Volatile.Read(ref w.Sessions),
        Participants = Participants + Volatile.Read(ref w.Participants),
        Addresses = Addresses + Volatile.Read(ref w.Addresses),
        TcpConnections = TcpConnections + Volatile.Read(ref w.TcpConnections),
        SessionDrops = SessionDrops,
    };
}
