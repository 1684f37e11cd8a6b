using Wardline.Client.Media;
using Wardline.Client.Signaling;

namespace Wardline.Client;

/// <summary>How a participant takes part.</summary>
public sealed record ParticipantOptions
{
    /// <summary>Whom to take for the server: the system's authorities, or a pinned key.</summary>
    public ServerTrust Trust { get; init; } = ServerTrust.System;

    /// <summary>Whom to take for the relay where it is reached by TLS; null: as <see cref="Trust"/>.</summary>
    public ServerTrust? RelayTrust { get; init; }

    /// <summary>How long the server may take for each step: an HTTP call, opening the socket, its welcome, one answer.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Media goes through a relay alone (RFC 8656), so that the server's media port does not see this machine's address.</summary>
    public bool RelayOnly { get; init; }

    /// <summary>What is published, each source once; nothing is published by default.</summary>
    public IReadOnlyList<IFrameSource> Publish { get; init; } = [];

    /// <summary>
    /// Layers of a camera are sent as far as the way to the server carries them. False: all are, whatever becomes of them; for
    /// load tests, whose load must not depend on what is under test.
    /// </summary>
    public bool Adapts { get; init; } = true;

    /// <summary>Gets every frame that came whole and opened.</summary>
    public FrameReceiver? OnFrame { get; init; }

    /// <summary>Told of each new state, on a thread of the pool.</summary>
    public Action<Participant, ParticipantState>? OnState { get; init; }

    /// <summary>Told of each new roster, on a thread of the pool.</summary>
    public Action<Participant, IReadOnlyList<RosterEntry>>? OnRoster { get; init; }

    /// <summary>False: receives nothing of the others, and is only seen and heard.</summary>
    public bool Receives { get; init; } = true;

    /// <summary>The size at which received pictures are looked at: decides which layer the server sends. 0×0: none.</summary>
    public (int Width, int Height) ViewSize { get; init; } = (1280, 720);

    /// <summary>Carries the media; null: one of this participant's own.</summary>
    public ClientEngine? Engine { get; init; }

    /// <summary>
    /// True: sends and takes unsealed media, for tests in visits of the profile <c>test-no-e2ee</c>. What a server says never
    /// switches encryption off.
    /// </summary>
    public bool Unencrypted { get; init; }

    /// <summary>False: signaling alone, as somebody who stays in the waiting room. For load tests of the signaling.</summary>
    public bool Media { get; init; } = true;
}

/// <summary>Where a participant stands.</summary>
public enum ParticipantState
{
    /// <summary>On the way in.</summary>
    Joining,

    /// <summary>In the waiting room.</summary>
    Waiting,

    /// <summary>In the call; media may still be on its way.</summary>
    InCall,

    /// <summary>The connection was lost; it is coming back by itself.</summary>
    Reconnecting,

    /// <summary>Over; <see cref="Participant.Ending"/> tells why.</summary>
    Ended,
}

/// <param name="CloseCode">The server's close code (docs/protocol.md §2); null when the connection could not be brought back.</param>
/// <param name="Error">What went wrong, when something did.</param>
public sealed record ParticipantEnding(int? CloseCode, WardlineException? Error);

/// <summary>What has gone through a participant's peer connection so far.</summary>
public sealed record ParticipantStats
{
    /// <summary>The state of the media connection, as in RFC 8445 and RFC 6347: checking, handshaking, connected, failed.</summary>
    public required string Transport { get; init; }

    /// <summary>SRTP profile and DTLS suite; empty before the handshake.</summary>
    public required string Ciphers { get; init; }

    /// <summary>The selected path: <c>direct</c>, <c>relay/udp</c>, <c>relay/stream</c> (TLS or TCP), or empty while there is none.</summary>
    public string Path { get; init; } = "";

    /// <summary>What the way to the server is taken to carry, in kbit/s; learned from what the server says has arrived.</summary>
    public double EstimateKbps { get; init; }

    /// <summary>Simulcast layers of the camera that are sent now; 0 without a camera.</summary>
    public int CameraLayers { get; init; }

    public long PacketsSent { get; init; }

    public long FramesSent { get; init; }

    public long PacketsRepairedForOthers { get; init; }

    public long KeyFramesAsked { get; init; }

    /// <summary>Frames of others that were opened end to end; in a visit without encryption, all whole ones.</summary>
    public long FramesOpened { get; init; }

    /// <summary>Frames that did not open.</summary>
    public long FramesRefused { get; init; }

    /// <summary>Datagrams that belonged to nothing.</summary>
    public long Dropped { get; init; }

    public IReadOnlyList<StreamStats> Received { get; init; } = [];
}

/// <param name="Lost">Neither came nor was repaired.</param>
/// <param name="Reordered">Came behind a later one.</param>
public sealed record StreamStats(string Participant, MediaSource Source, long Packets, long Bytes, long Lost, long Repaired, long Reordered, long Frames)
{
    /// <summary>Pictures that never came whole, by the sender's count; 0 for sound, whose packets are its frames.</summary>
    public long FramesLost { get; init; }
}
