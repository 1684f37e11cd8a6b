namespace Wardline.Bench.Load;

/// <summary>What the generator is to do; one line of JSON on its standard input.</summary>
internal sealed record LoadPlan
{
    /// <summary>wardline, janus, pion or yardstick: how a peer gets in.</summary>
    public required string Kind { get; init; }

    /// <summary>The generator's own IPv4 address.</summary>
    public required string Bind { get; init; }

    /// <summary>The server's IPv4 address.</summary>
    public required string Server { get; init; }

    /// <summary>Where the server is spoken to: a Unix socket (wardline) or a URL (janus, pion); unused by the yardstick.</summary>
    public string Control { get; init; } = "";

    /// <summary>The process whose CPU time and memory are read.</summary>
    public required int ServerPid { get; init; }

    public required int Rooms { get; init; }

    public required int RoomSize { get; init; }

    /// <summary>Only the first of a room sends; otherwise everybody does.</summary>
    public bool Fan { get; init; }

    public double VideoPacketsPerSecond { get; init; } = 180;

    public double AudioPacketsPerSecond { get; init; } = 50;

    public int VideoBurst { get; init; } = 6;

    /// <summary>Of a sealed video packet: UDP payload.</summary>
    public int VideoBytes { get; init; } = 1118;

    public double WarmUpSeconds { get; init; } = 2;

    public double Seconds { get; init; } = 5;

    /// <summary>How long instructions are counted, after the measured time; 0: not.</summary>
    public double CounterSeconds { get; init; }

    /// <summary>Master key and salt of the yardstick, 88 hex digits.</summary>
    public string Keys { get; init; } = "";

    /// <summary>The yardstick expects peer i at this port + i.</summary>
    public int FirstPort { get; init; } = 20000;

    public int ServerPort { get; init; } = 7881;

    public int Participants => Rooms * RoomSize;

    /// <summary>Packets that all publishers together send in a second.</summary>
    public double OfferedPerSecond => Rooms * (Fan ? 1 : RoomSize) * (VideoPacketsPerSecond + AudioPacketsPerSecond);

    /// <summary>Packets that reach receivers in a second when nothing is lost.</summary>
    public double ExpectedPerSecond => OfferedPerSecond * (RoomSize - 1);
}

/// <summary>What the generator saw; one line of JSON on its standard output.</summary>
internal sealed record LoadResult
{
    public required double Seconds { get; init; }

    public required long Sent { get; init; }

    /// <summary>What should have arrived: each sent packet at each other member of its room.</summary>
    public required long Expected { get; init; }

    public required long Received { get; init; }

    /// <summary>Gaps in the sequence numbers that stayed open.</summary>
    public required long Lost { get; init; }

    public required long Reordered { get; init; }

    /// <summary>Packets that were opened, and of these the ones that were not what somebody else in that room had sent.</summary>
    public required long Sampled { get; init; }

    public required long Wrong { get; init; }

    public required double ServerCpuMicroseconds { get; init; }

    public required double ServerBusy { get; init; }

    public required double GeneratorBusy { get; init; }

    /// <summary>Of all processor time of the machine in the measured seconds, what its host gave to somebody else.</summary>
    public double StolenShare { get; init; }

    /// <summary>The 99th percentile of how late packets left, in microseconds: whether the offered load is what it should be.</summary>
    public required double SendLatenessP99 { get; init; }

    public required double DelayP50 { get; init; }

    public required double DelayP99 { get; init; }

    public required double DelayP999 { get; init; }

    public required double DelayMax { get; init; }

    /// <summary>Server CPU for one participant from signaling to keys, with as many peer connections as that server's way needs.</summary>
    public required double JoinCpuMicroseconds { get; init; }

    public required int Connections { get; init; }

    /// <summary>Resident bytes of the server: before the first join, after the last, and at the end of the measured time.</summary>
    public required long MemoryBefore { get; init; }

    public required long MemoryJoined { get; init; }

    public required long MemoryActive { get; init; }

    public required string Profile { get; init; }

    public double? UserInstructions { get; init; }

    public double? KernelInstructions { get; init; }

    /// <summary>Managed bytes that the server allocated in the measured time, a forwarded packet; null where nobody can tell.</summary>
    public double? AllocatedBytesPerPacket { get; init; }

    /// <summary>Datagrams that found the receive buffers of the server's and of the generator's sockets full.</summary>
    public long ServerBufferDrops { get; init; }

    public long GeneratorBufferDrops { get; init; }

    /// <summary>What the server itself counted in the measured time, without what is zero; null where it is not asked.</summary>
    public Dictionary<string, long>? ServerCounts { get; init; }

    public double ForwardedPerSecond => Received / Seconds;

    public double CpuMicrosecondsPerPacket => Received == 0 ? double.NaN : ServerCpuMicroseconds / Received;

    /// <summary>Of what should have arrived. A stream that stands still has no gaps, so the larger of both ways to count is told.</summary>
    public double Loss => Expected == 0 ? 1 : Math.Max((double)Lost / Expected, Missing > 0.002 ? Missing : 0);

    private double Missing => 1 - (double)Received / Expected;
}

/// <summary>The run cannot go on; the message says why in a way that helps.</summary>
internal sealed class LoadException(string message) : Exception(message);
