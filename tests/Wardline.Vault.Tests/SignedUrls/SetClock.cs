namespace Wardline.Vault.Tests.SignedUrls;

/// <summary>A clock that goes on when the test says so, and that somebody may set: then only what it says changes.</summary>
internal sealed class SetClock : TimeProvider
{
    private DateTimeOffset _says = new(2026, 11, 23, 9, 0, 0, TimeSpan.Zero);
    private long _ticks = 1_000_000;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow() => _says;

    public override long GetTimestamp() => _ticks;

    public void GoOn(TimeSpan by)
    {
        _says += by;
        _ticks += by.Ticks;
    }

    public void Set(TimeSpan by) => _says += by;
}
