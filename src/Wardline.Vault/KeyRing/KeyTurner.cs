using System.Security.Cryptography;
using Wardline.Vault.KeySources;

namespace Wardline.Vault.KeyRing;

/// <summary>Makes tenant keys: the first ones, and the next versions.</summary>
internal sealed class KeyTurner(RingStore store, KeySourceSet sources, KeyRingOptions options, TimeProvider time)
{
    private const int LastVersion = ushort.MaxValue; // two bytes of a sealed field name it

    // A clock that was ahead by more than this when the newest key was made does not keep that key for longer.
    private static readonly TimeSpan ClocksDiffer = TimeSpan.FromHours(1);

    public bool IsDue(TenantRecord record)
    {
        TimeSpan age = time.GetUtcNow() - TenantKeys.Newest(record, KeyPurpose.Data).Created;
        return age >= options.TurnAfter || age < -ClocksDiffer;
    }

    /// <summary>Makes the keys of a new tenant; nothing when it has them.</summary>
    public async ValueTask EnsureTenantAsync(string tenant, CancellationToken cancel)
    {
        if (await store.ReadTenantAsync(tenant, cancel) is not { } kept)
        {
            List<WrappedKey> keys = [];
            foreach (string purpose in KeyPurpose.All)
            {
                keys.Add(await MakeAsync(tenant, purpose, 1, cancel));
            }

            if (await store.TryWriteAsync(new TenantRecord { Tenant = tenant, Keys = keys }, replaces: 0, cancel))
            {
                return;
            }

            kept = await store.ReadTenantAsync(tenant, cancel) ?? throw RingErrors.UnknownTenant(tenant);
        }

        EnsureAlive(kept.Record);
    }

    /// <summary>Adds a version. Two servers that turn a due key at once make one version and not two.</summary>
    /// <returns>Whether there is a new version of this call's making.</returns>
    public async ValueTask<bool> TurnAsync(string tenant, string purpose, bool onlyIfDue, CancellationToken cancel)
    {
        WrappedKey? made = null;
        await store.ChangeTenantAsync(
            tenant,
            async record =>
            {
                EnsureAlive(record);
                if (onlyIfDue && !IsDue(record))
                {
                    made = null;
                    return null;
                }

                int version = TenantKeys.Newest(record, purpose).Version + 1;
                if (version > LastVersion)
                {
                    throw new VaultException("vault.key-versions-used-up", $"Tenant {tenant} has had {LastVersion} {purpose} keys; there is no number for another one.");
                }

                if (made?.Version != version)
                {
                    made = await MakeAsync(tenant, purpose, version, cancel);
                }

                return record with { Keys = [.. record.Keys, made] };
            },
            cancel);
        return made is not null;
    }

    /// <summary>Wraps a key with a source and has it back before anybody relies on that.</summary>
    public static async ValueTask<WrappedKey> WrapAsync(IKeySource source, string tenant, string purpose, int version, DateTimeOffset created, SecretBytes key, CancellationToken cancel)
    {
        byte[] copy = key.Span.ToArray();
        try
        {
            KeyContext context = new(tenant, purpose, version, created);
            WrappedKey wrapped = new(purpose, version, created, source.Id, await source.WrapAsync(copy, context, cancel), KeyDerivation.CheckValue(copy));
            if (wrapped.Wrapped.AsSpan().IndexOf(copy) >= 0)
            {
                throw SourceErrors.Lied(source.Id, "what it wrapped holds the key in clear.");
            }

            TenantCache.Accept(source, wrapped, await source.UnwrapAsync(wrapped.Wrapped, context, cancel)).Dispose();
            return wrapped;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(copy);
        }
    }

    private static void EnsureAlive(TenantRecord record)
    {
        if (record.Erased is not null)
        {
            throw RingErrors.Erased(record.Tenant, null);
        }
    }

    private async ValueTask<WrappedKey> MakeAsync(string tenant, string purpose, int version, CancellationToken cancel)
    {
        using SecretBytes key = SecretBytes.Draw(KeyDerivation.KeyBytes);
        DateTimeOffset now = DateTimeOffset.FromUnixTimeMilliseconds(time.GetUtcNow().ToUnixTimeMilliseconds());
        return await WrapAsync(sources.Current, tenant, purpose, version, now, key, cancel);
    }
}
