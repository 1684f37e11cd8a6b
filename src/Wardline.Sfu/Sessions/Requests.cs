namespace Wardline.Sfu;

/// <summary>A participant's number, given by the shell; unique within the session and never used again in it.</summary>
public readonly record struct ParticipantId(int Value)
{
    public override string ToString() => $"p{Value}";
}

public enum TrackSource
{
    Microphone,
    Camera,
    Screen,
}

/// <summary>The m-section <paramref name="Mid"/> of the offer carries this source of the offerer to the server.</summary>
public sealed record PublishRequest(string Mid, TrackSource Source);

/// <summary>The m-section <paramref name="Mid"/> of the offer is to carry that participant's source to the offerer.</summary>
public sealed record SubscribeRequest(string Mid, ParticipantId Publisher, TrackSource Source);

/// <summary>Device pixels at which a received video is shown; 0 × 0 is hidden and receives nothing.</summary>
public sealed record ViewSlot(string Mid, int Width, int Height);
