namespace Wardline.Client;

/// <summary>What a participant publishes; the number stands in the metadata of each sealed frame (docs/design/e2ee.md).</summary>
public enum MediaSource
{
    Microphone = 1,
    Camera = 2,
    Screen = 3,
}
