using System.Collections.Concurrent;
using System.Security.Cryptography;
using Wardline.Vault.KeySources;

namespace Wardline.Vault.KeyRing;

/// <summary>Tenant keys in memory: unwrapped once, compared with the store every so often, wiped when they must not be used.</summary>
internal sealed class TenantCache(RingStore store, KeySourceSet sources, KeyRingOptions options, TimeProvider time) : IDisposable
{
    // Keys whose source did not answer are asked for again this soon, and not by every request.
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<string, Slot> _slots = new(StringComparer.Ordinal);
    private volatile bool _closed;

    public ValueTask<TenantKeys> GetAsync(string tenant, CancellationToken cancel)
    {
        VaultNames.Check("tenant", tenant);
        return _slots.TryGetValue(tenant, out Slot? slot) && slot.Keys is { } keys && time.GetElapsedTime(slot.LoadedAt) < slot.FreshFor
            ? ValueTask.FromResult(keys)
            : LoadAsync(tenant, evenIfFresh: false, cancel);
    }

    /// <summary>As the store has them now.</summary>
    public ValueTask<TenantKeys> ReloadAsync(string tenant, CancellationToken cancel) => LoadAsync(tenant, evenIfFresh: true, cancel);

    /// <summary>
    /// Asks the source of a tenant's newest key whether it would still unwrap it. A source that refuses takes the keys that are
    /// in memory; one that is away does so only when it has been for <see cref="KeyRingOptions.BridgeFor"/>.
    /// </summary>
    /// <exception cref="VaultException">The source's.</exception>
    public async ValueTask AskSourceAsync(string tenant, CancellationToken cancel)
    {
        if (!_slots.TryGetValue(tenant, out Slot? slot) || slot.Keys is not { } keys || keys.Record.Keys.Count == 0)
        {
            return;
        }

        try
        {
            (await UnwrapAsync(tenant, TenantKeys.Newest(keys.Record, KeyPurpose.Data), cancel)).Dispose();
            slot.AnsweredAt = time.GetTimestamp();
        }
        catch (VaultException failure)
        {
            if (failure.Code != SourceErrors.AwayCode || time.GetElapsedTime(slot.AnsweredAt) >= options.BridgeFor)
            {
                Wipe(slot);
            }

            throw;
        }
    }

    public void Dispose()
    {
        _closed = true;
        foreach (Slot slot in _slots.Values)
        {
            Wipe(slot);
        }
    }

    /// <summary>Unwraps and compares with what was kept beside it.</summary>
    public async ValueTask<SecretBytes> UnwrapAsync(string tenant, WrappedKey wrapped, CancellationToken cancel)
    {
        IKeySource source = sources.Find(wrapped.Source);
        return Accept(source, wrapped, await source.UnwrapAsync(wrapped.Wrapped, wrapped.Context(tenant), cancel));
    }

    internal static SecretBytes Accept(IKeySource source, WrappedKey wrapped, byte[] unwrapped)
    {
        if (unwrapped.Length == KeyDerivation.KeyBytes && CryptographicOperations.FixedTimeEquals(KeyDerivation.CheckValue(unwrapped), wrapped.Check))
        {
            return SecretBytes.Take(unwrapped);
        }

        CryptographicOperations.ZeroMemory(unwrapped);
        throw SourceErrors.Lied(source.Id, "what it unwrapped is not the key that was wrapped.");
    }

    private async ValueTask<TenantKeys> LoadAsync(string tenant, bool evenIfFresh, CancellationToken cancel)
    {
        VaultNames.Check("tenant", tenant);
        Slot slot = _slots.GetOrAdd(tenant, static _ => new Slot());
        await slot.One.WaitAsync(cancel);
        try
        {
            if (!evenIfFresh && slot.Keys is { } fresh && time.GetElapsedTime(slot.LoadedAt) < slot.FreshFor)
            {
                return fresh; // another caller was first
            }

            if (await store.ReadTenantAsync(tenant, cancel) is not { } kept)
            {
                Wipe(slot);
                _slots.TryRemove(tenant, out _);
                throw RingErrors.UnknownTenant(tenant);
            }

            // Of an erased tenant nothing is held, though its keys may still be in the record for a moment.
            TenantKeys next = new(kept, kept.Record.Erased is null ? await HoldAsync(kept.Record, slot, cancel) : []);
            WipeMissing(slot.Keys, next);
            slot.Keys = next;
            slot.LoadedAt = time.GetTimestamp();
            slot.FreshFor = next.Keys.Any(k => k.Key is null) ? RetryAfter : options.RefreshAfter;
            if (_closed)
            {
                Wipe(slot);
                throw RingErrors.Closed();
            }

            return next;
        }
        finally
        {
            slot.One.Release();
        }
    }

    // What is in memory stays; what is not is unwrapped. A source that is away is not asked once more for each key.
    private async ValueTask<List<HeldKey>> HoldAsync(TenantRecord record, Slot slot, CancellationToken cancel)
    {
        List<HeldKey> held = [];
        Dictionary<string, VaultException> away = new(StringComparer.Ordinal);
        foreach (WrappedKey wrapped in record.Keys)
        {
            if (slot.Keys?.Keys.FirstOrDefault(h => IsSame(h.Wrapped, wrapped)).Key is { Wiped: false } known)
            {
                held.Add(new(wrapped, known, null));
                continue;
            }

            if (away.TryGetValue(wrapped.Source, out VaultException? absent))
            {
                held.Add(new(wrapped, null, absent));
                continue;
            }

            try
            {
                held.Add(new(wrapped, await UnwrapAsync(record.Tenant, wrapped, cancel), null));
                slot.AnsweredAt = time.GetTimestamp();
            }
            catch (VaultException failure)
            {
                held.Add(new(wrapped, null, failure));
                if (failure.Code is SourceErrors.AwayCode)
                {
                    away[wrapped.Source] = failure;
                }
            }
        }

        return held;
    }

    // Wrapped anew by a re-wrap it is still the same key: the check value says so.
    private static bool IsSame(WrappedKey? a, WrappedKey b) =>
        a is not null && a.Purpose == b.Purpose && a.Version == b.Version && a.Check.AsSpan().SequenceEqual(b.Check);

    private static void WipeMissing(TenantKeys? before, TenantKeys now)
    {
        foreach (HeldKey held in before?.Keys ?? [])
        {
            if (held.Key is { } key && !now.Keys.Any(k => ReferenceEquals(k.Key, key)))
            {
                key.Dispose();
            }
        }
    }

    private static void Wipe(Slot slot)
    {
        TenantKeys? keys = slot.Keys;
        slot.Keys = null;
        foreach (HeldKey held in keys?.Keys ?? [])
        {
            held.Key?.Dispose();
        }
    }

    private sealed class Slot
    {
        public readonly SemaphoreSlim One = new(1, 1);
        public volatile TenantKeys? Keys;
        public long LoadedAt;
        public long AnsweredAt;
        public TimeSpan FreshFor;
    }
}
