namespace Wardline.Server.Features.Signaling;

/// <summary>docs/protocol.md §2, close codes.</summary>
internal enum CloseCode
{
    Left = 1000,
    GoingAway = 1001,
    TooLarge = 1009,
    Fault = 1011,
    Replaced = 4001,
    Removed = 4002,
    Ended = 4003,
    Idle = 4004,
    ProtocolError = 4005,
    TooMany = 4006,
    Superseded = 4007,
    Silence = 4008,
}
