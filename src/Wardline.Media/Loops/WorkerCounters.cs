using Wardline.Sfu;

namespace Wardline.Media.Loops;

/// <summary>Written by one worker, read by anybody: 64-bit fields, each exact, together not a snapshot of one moment.</summary>
internal sealed class WorkerCounters
{
    public long DatagramsReceived;
    public long BytesReceived;
    public long Batches;
    public long PacketsSent;
    public long BytesSent;
    public long PacketsRefusedByKernel;
    public long MessagesSent;
    public long OffloadRefused;
    public long Segmenting;
    public long PacketsWithoutConnection;
    public long Truncated;
    public long UnknownAddress;
    public long UnknownUfrag;
    public long ChecksOverBudget;
    public long OverRate;
    public long AddressesForgotten;
    public long TcpAccepted;
    public long TcpRefused;
    public long TcpBadFrame;
    public long TcpUnexpected;
    public long TcpTimedOut;
    public long TcpQueueFull;
    public long SessionsFaulted;
    public long EventsDropped;
    public long Sessions;
    public long Participants;
    public long Addresses;
    public long TcpConnections;

    /// <summary>By <see cref="DropReason"/>: what the sessions of this worker, open and ended, had dropped when it last published.</summary>
    public readonly long[] SessionDrops = new long[DropCounts.Reasons];
}
