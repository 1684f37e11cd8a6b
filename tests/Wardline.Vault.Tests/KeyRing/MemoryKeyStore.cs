using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Wardline.Vault.KeyRing;

namespace Wardline.Vault.Tests.KeyRing;

/// <summary>A store that several rings can share, as several servers share a database.</summary>
internal sealed class MemoryKeyStore : IKeyStore
{
    private readonly ConcurrentDictionary<(string Tenant, string? Patient), KeyRecord> _records = new();

    /// <summary>Called before each operation: throws, waits, or changes something behind the ring's back.</summary>
    public Func<string, string, string?, ValueTask>? Before { get; set; }

    public IEnumerable<KeyValuePair<(string Tenant, string? Patient), KeyRecord>> All => _records;

    public async ValueTask<KeyRecord?> ReadAsync(string tenant, string? patient, CancellationToken cancel)
    {
        await BeforeAsync("read", tenant, patient, cancel);
        return _records.TryGetValue((tenant, patient), out KeyRecord record) ? record : null;
    }

    public async ValueTask<bool> TryWriteAsync(string tenant, string? patient, ReadOnlyMemory<byte> content, long replaces, CancellationToken cancel)
    {
        await BeforeAsync("write", tenant, patient, cancel);
        lock (_records)
        {
            if ((_records.TryGetValue((tenant, patient), out KeyRecord before) ? before.Revision : 0) != replaces)
            {
                return false;
            }

            _records[(tenant, patient)] = new(content.ToArray(), replaces + 1);
            return true;
        }
    }

    public async IAsyncEnumerable<string> TenantsAsync([EnumeratorCancellation] CancellationToken cancel)
    {
        await BeforeAsync("tenants", "", null, cancel);
        foreach (string tenant in _records.Keys.Where(k => k.Patient is null).Select(k => k.Tenant).Order(StringComparer.Ordinal).ToArray())
        {
            yield return tenant;
        }
    }

    public async IAsyncEnumerable<string> PatientsAsync(string tenant, string? after, [EnumeratorCancellation] CancellationToken cancel)
    {
        await BeforeAsync("patients", tenant, null, cancel);
        foreach (string patient in _records.Keys.Where(k => k.Tenant == tenant && k.Patient is not null && string.CompareOrdinal(k.Patient, after) > 0).Select(k => k.Patient!).Order(StringComparer.Ordinal).ToArray())
        {
            yield return patient;
        }
    }

    /// <summary>As an attacker with the database would, or a restored backup.</summary>
    public void Put(string tenant, string? patient, KeyRecord? record)
    {
        if (record is { } given)
        {
            _records[(tenant, patient)] = given;
        }
        else
        {
            _records.TryRemove((tenant, patient), out _);
        }
    }

    public KeyRecord Get(string tenant, string? patient) => _records[(tenant, patient)];

    private async ValueTask BeforeAsync(string what, string tenant, string? patient, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        if (Before is { } before)
        {
            await before(what, tenant, patient);
        }
    }
}
