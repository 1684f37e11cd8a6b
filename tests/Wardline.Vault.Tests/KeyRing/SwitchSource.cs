using Wardline.Vault.KeySources;

namespace Wardline.Vault.Tests.KeyRing;

/// <summary>A real key source that a test takes away, lets refuse, lie or count.</summary>
internal sealed class SwitchSource(IKeySource real) : IKeySource
{
    private int _wraps;
    private int _unwraps;

    /// <summary>The code with which every call fails; null: none does.</summary>
    public string? Failing { get; set; }

    /// <summary>Changes what is unwrapped.</summary>
    public Action<byte[]>? Unwrapped { get; set; }

    public int Wraps => _wraps;

    public int Unwraps => _unwraps;

    public string Id => real.Id;

    public ValueTask<byte[]> WrapAsync(ReadOnlyMemory<byte> key, KeyContext context, CancellationToken cancel)
    {
        Interlocked.Increment(ref _wraps);
        return Failing is { } code ? throw new VaultException(code, "switched") : real.WrapAsync(key, context, cancel);
    }

    public async ValueTask<byte[]> UnwrapAsync(ReadOnlyMemory<byte> wrapped, KeyContext context, CancellationToken cancel)
    {
        Interlocked.Increment(ref _unwraps);
        if (Failing is { } code)
        {
            throw new VaultException(code, "switched");
        }

        byte[] key = await real.UnwrapAsync(wrapped, context, cancel);
        Unwrapped?.Invoke(key);
        return key;
    }

    public ValueTask<KeySourceHealth> CheckAsync(CancellationToken cancel) => KeySourceHealth.TryAsync(this, cancel);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
