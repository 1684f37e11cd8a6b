using System.Net;
using Wardline.Media.Loops;

namespace Wardline.Media;

public enum MediaOffload
{
    /// <summary>Segmentation when the kernel can, found out at start.</summary>
    Auto,

    /// <summary>Segmentation and receive offload, as far as the kernel can.</summary>
    Both,

    /// <summary>Datagram by datagram, for devices and drivers that cut wrongly.</summary>
    Off,
}

/// <summary>Where media is received and what a stranger may cost. All values are checked at start.</summary>
public sealed record MediaOptions
{
    /// <summary>For <see cref="UdpPort"/> and <see cref="TcpPort"/>: any free port, told by the candidate lines (tests).</summary>
    public const int AnyPort = -1;

    /// <summary>Local address of every socket; <see cref="IPAddress.IPv6Any"/> takes IPv4 too.</summary>
    public IPAddress BindAddress { get; init; } = IPAddress.IPv6Any;

    /// <summary>The addresses that browsers reach this machine by; each becomes a candidate.</summary>
    public required IReadOnlyList<IPAddress> AdvertisedAddresses { get; init; }

    /// <summary>UDP port of the first worker; each further worker takes the next one.</summary>
    public int UdpPort { get; init; } = 7881;

    /// <summary>Passive ICE-TCP port of the first worker (RFC 6544), the next one for each further worker; 0: no ICE-TCP.</summary>
    public int TcpPort { get; init; }

    public int Workers { get; init; } = 1;

    /// <summary>Whether the kernel's segmentation offload is used where it has one.</summary>
    public MediaOffload Offload { get; init; } = MediaOffload.Auto;

    /// <summary>
    /// A busy worker reads and sends this far apart at least, 0 to 1 ms: what comes meanwhile shares one waking. Nothing
    /// is held longer, and nothing at all on a quiet worker. Zero turns it off (docs/design/packet-path.md).
    /// </summary>
    public TimeSpan TurnSpacing { get; init; } = TimeSpan.FromMicroseconds(400);

    /// <summary>Binds each worker to one of the processors that the process may use, in order.</summary>
    public bool PinWorkers { get; init; }

    /// <summary>Kernel buffer of a UDP socket, each way. A burst of 12 publishers' key frames must fit.</summary>
    public int SocketBufferBytes { get; init; } = 4 << 20;

    /// <summary>TCP connections a worker keeps open at once.</summary>
    public int MaxTcpConnections { get; init; } = 512;

    /// <summary>TCP connections from one IP address; a hospital behind one address translator still fits.</summary>
    public int MaxTcpConnectionsPerAddress { get; init; } = 64;

    /// <summary>How long an accepted connection may take to send its first STUN check.</summary>
    public TimeSpan TcpFirstFrame { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a connection may go on without belonging to a participant.</summary>
    public TimeSpan TcpProof { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How long a connection may stay silent; consent checks come every 5 s (RFC 7675).</summary>
    public TimeSpan TcpSilence { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>What waits for a slow reader; beyond it packets to that reader are dropped.</summary>
    public int TcpSendQueueBytes { get; init; } = 128 << 10;

    /// <summary>STUN checks from unproven addresses that a worker verifies per millisecond (an HMAC each); the burst is 20 ms' worth.</summary>
    public int UnprovenChecksPerMillisecond { get; init; } = 20;

    /// <summary>The same for one participant, per second, so that one invited person cannot use up everybody's share.</summary>
    public int UnprovenChecksPerParticipantPerSecond { get; init; } = 200;

    /// <summary>
    /// Datagrams that one participant may send; the burst is half a second's. Four times what a browser sends with three
    /// camera layers, a shared screen and a microphone, retransmissions and feedback included.
    /// </summary>
    public int PacketsPerParticipantPerSecond { get; init; } = 4000;

    /// <summary>The same in bytes: 24 Mbit/s.</summary>
    public int BytesPerParticipantPerSecond { get; init; } = 3_000_000;

    /// <summary>
    /// Packets with a participant's address and not its seal that do not count as its own. Each costs about a microsecond
    /// to find out.
    /// </summary>
    public int ForgedPerParticipantPerSecond { get; init; } = 20_000;

    /// <summary>Addresses that one participant may be known by at once (candidate pairs, network switches); the oldest gives way.</summary>
    public int MaxAddressesPerParticipant { get; init; } = 16;

    /// <summary>Packets that a worker gathers before it sends them.</summary>
    public int OutputPackets { get; init; } = 4096;

    /// <summary>All that is wrong, each with value and rule.</summary>
    /// <exception cref="InvalidOperationException"/>
    public void Validate()
    {
        List<string> errors = [];
        void Rule(bool holds, string rule)
        {
            if (!holds)
            {
                errors.Add(rule);
            }
        }

        Rule(AdvertisedAddresses.Count is > 0 and <= 8, $"AdvertisedAddresses has {AdvertisedAddresses.Count} entries: 1 to 8 are allowed");
        Rule(AdvertisedAddresses.All(a => !a.Equals(IPAddress.Any) && !a.Equals(IPAddress.IPv6Any)), "AdvertisedAddresses holds a wildcard: name addresses that a browser can reach");
        Rule(Workers is >= 1 and <= 256, $"Workers is {Workers}: 1 to 256 are allowed");
        Rule(UdpPort == AnyPort || (UdpPort >= 1 && UdpPort + Workers - 1 <= 65535), $"UdpPort is {UdpPort}: with {Workers} workers it must be 1 to {65536 - Workers}");
        Rule(TcpPort is AnyPort or 0 || (TcpPort >= 1 && TcpPort + Workers - 1 <= 65535), $"TcpPort is {TcpPort}: with {Workers} workers it must be 1 to {65536 - Workers}, or 0 for none");
        Rule(TurnSpacing >= TimeSpan.Zero && TurnSpacing <= Loops.TurnSpacing.Limit, $"TurnSpacing is {TurnSpacing}: 0 to 1 ms are allowed");
        Rule(SocketBufferBytes >= 64 << 10, $"SocketBufferBytes is {SocketBufferBytes}: at least 65536");
        Rule(MaxTcpConnections is >= 1 and <= 65536, $"MaxTcpConnections is {MaxTcpConnections}: 1 to 65536 are allowed");
        Rule(MaxTcpConnectionsPerAddress >= 1, $"MaxTcpConnectionsPerAddress is {MaxTcpConnectionsPerAddress}: at least 1");
        Rule(TcpFirstFrame > TimeSpan.Zero && TcpProof > TimeSpan.Zero && TcpSilence > TimeSpan.Zero, "TcpFirstFrame, TcpProof and TcpSilence must be longer than zero");
        Rule(TcpSendQueueBytes >= 8 << 10, $"TcpSendQueueBytes is {TcpSendQueueBytes}: at least 8192");
        Rule(UnprovenChecksPerMillisecond >= 1, $"UnprovenChecksPerMillisecond is {UnprovenChecksPerMillisecond}: at least 1");
        Rule(UnprovenChecksPerParticipantPerSecond >= 10, $"UnprovenChecksPerParticipantPerSecond is {UnprovenChecksPerParticipantPerSecond}: at least 10, a browser checks every 50 ms");
        Rule(PacketsPerParticipantPerSecond is >= 100 and <= 1_000_000, $"PacketsPerParticipantPerSecond is {PacketsPerParticipantPerSecond}: 100 to 1000000 are allowed");
        Rule(ForgedPerParticipantPerSecond is >= 100 and <= 1_000_000, $"ForgedPerParticipantPerSecond is {ForgedPerParticipantPerSecond}: 100 to 1000000 are allowed");
        Rule(BytesPerParticipantPerSecond is >= 100_000 and <= 1_000_000_000, $"BytesPerParticipantPerSecond is {BytesPerParticipantPerSecond}: 100000 to 1000000000 are allowed");
        Rule(MaxAddressesPerParticipant is >= 2 and <= 256, $"MaxAddressesPerParticipant is {MaxAddressesPerParticipant}: 2 to 256 are allowed");
        Rule(OutputPackets is >= 1024 and <= 65536, $"OutputPackets is {OutputPackets}: 1024 to 65536 are allowed");
        if (errors.Count > 0)
        {
            throw new InvalidOperationException("Media options: " + string.Join("; ", errors) + ".");
        }
    }
}
