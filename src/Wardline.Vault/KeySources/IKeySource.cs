namespace Wardline.Vault.KeySources;

/// <summary>
/// Where a key-encryption key lives. It wraps and unwraps tenant keys (32 bytes each) and is asked for nothing else: no call
/// gives the key itself. Who administrates a source holds no wrapped key, and who holds wrapped keys cannot use a source.
/// </summary>
/// <remarks>
/// A call fails with a <see cref="VaultException"/>: <c>vault.key-source-away</c> (does not answer; comes back by itself),
/// <c>vault.key-source-refused</c> (answers no: PIN, permission, key disabled), <c>vault.key-source-lied</c> (answers what
/// cannot be), <c>vault.wrapped-key</c> (these bytes were not wrapped by it in this context).
/// </remarks>
public interface IKeySource : IAsyncDisposable
{
    /// <summary>Which key this is: written beside what it wraps, and shown to a key administrator. Never secret.</summary>
    string Id { get; }

    /// <summary>Seals <paramref name="key"/>, bound to <paramref name="context"/>.</summary>
    ValueTask<byte[]> WrapAsync(ReadOnlyMemory<byte> key, KeyContext context, CancellationToken cancel);

    /// <summary>The reverse; the caller wipes the answer.</summary>
    ValueTask<byte[]> UnwrapAsync(ReadOnlyMemory<byte> wrapped, KeyContext context, CancellationToken cancel);

    /// <summary>Wraps and unwraps a throw-away key. Never throws but on cancellation.</summary>
    ValueTask<KeySourceHealth> CheckAsync(CancellationToken cancel);
}

/// <summary>How a key source does.</summary>
/// <param name="Code">null when it works; else the code of what it failed with.</param>
/// <param name="Detail">one sentence for a person.</param>
public sealed record KeySourceHealth(bool Works, string? Code, string Detail)
{
    internal static async ValueTask<KeySourceHealth> TryAsync(IKeySource source, CancellationToken cancel)
    {
        byte[] probe = new byte[32];
        byte[]? back = null;
        System.Security.Cryptography.RandomNumberGenerator.Fill(probe);
        try
        {
            KeyContext context = new("-", "health", 1, DateTimeOffset.UnixEpoch);
            back = await source.UnwrapAsync(await source.WrapAsync(probe, context, cancel), context, cancel);
            return back.AsSpan().SequenceEqual(probe)
                ? new(true, null, $"{source.Id} wraps and unwraps.")
                : new(false, SourceErrors.LiedCode, $"{source.Id} unwrapped something else than it had wrapped.");
        }
        catch (VaultException failure)
        {
            return new(false, failure.Code, failure.Message);
        }
        finally
        {
            System.Security.Cryptography.CryptographicOperations.ZeroMemory(back);
        }
    }
}
