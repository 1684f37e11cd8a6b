namespace Wardline.Cli.Load;

/// <summary>What one participant sends. The rates are those of real calls: Opus 50 frames a second, VP8 in three layers.</summary>
/// <param name="AudioBytes">Bytes of one Opus frame; 0: no microphone.</param>
/// <param name="Layers">Camera layers, smallest first; none: no camera.</param>
internal sealed record LoadProfile(string Name, string Means, int AudioBytes, IReadOnlyList<LoadLayer> Layers)
{
    public static readonly IReadOnlyList<LoadProfile> All =
    [
        new("consult", "voice and a camera in three layers, 1.2 Mbit/s in all", 80, [new(90, 15), new(280, 20), new(800, 25)]),
        new("hd", "voice and a camera in three layers, 2.6 Mbit/s in all", 100, [new(150, 15), new(500, 25), new(1900, 30)]),
        new("phone", "voice and one small picture", 80, [new(150, 15)]),
        new("voice", "voice alone", 80, []),
        new("signaling", "nobody sends or receives: sockets alone", 0, []),
    ];

    public bool HasMedia => AudioBytes > 0;
}

/// <param name="Kilobits">A second.</param>
internal sealed record LoadLayer(int Kilobits, int FramesPerSecond)
{
    public TimeSpan Interval => TimeSpan.FromSeconds(1.0 / FramesPerSecond);

    /// <summary>A key frame is six times as long as the others; one comes every ten seconds, and when it is asked for.</summary>
    public int FrameBytes(bool key) => (key ? 6 : 1) * Kilobits * 1000 / 8 / FramesPerSecond;
}
