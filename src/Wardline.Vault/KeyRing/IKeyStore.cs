namespace Wardline.Vault.KeyRing;

/// <summary>
/// Where wrapped keys are kept: one small record a tenant (its wrapped keys) and one a patient (that patient's wrapped key, or
/// that it was erased). The ring decides what is in a record; a store keeps it, and never two versions of it.
/// </summary>
/// <remarks>
/// <para>A store fails with a <see cref="VaultException"/> <c>vault.key-store-away</c> (nothing is changed, or the change is
/// whole) or <c>vault.key-store-damaged</c> (what is there is not what was written).</para>
/// <para>A record that was replaced is gone: a store keeps no history, and whoever copies it for backups keeps the copies no
/// longer than an erasure may take (docs/how-to/keys.md).</para>
/// </remarks>
public interface IKeyStore
{
    /// <summary>The record of a tenant, or of one of its patients; null when there is none.</summary>
    ValueTask<KeyRecord?> ReadAsync(string tenant, string? patient, CancellationToken cancel);

    /// <summary>
    /// Puts a record in place of the one that has <paramref name="replaces"/> as its revision (0: there is none yet). Durable,
    /// and the earlier content gone, when it returns true; nothing is changed when it returns false: somebody else was first.
    /// </summary>
    ValueTask<bool> TryWriteAsync(string tenant, string? patient, ReadOnlyMemory<byte> content, long replaces, CancellationToken cancel);

    /// <summary>All tenants, in ordinal order.</summary>
    IAsyncEnumerable<string> TenantsAsync(CancellationToken cancel);

    /// <summary>The patients of a tenant behind <paramref name="after"/>, in ordinal order.</summary>
    IAsyncEnumerable<string> PatientsAsync(string tenant, string? after, CancellationToken cancel);
}

/// <summary>What a store keeps under a name.</summary>
/// <param name="Content">UTF-8 JSON; no key in it is usable without its key source.</param>
/// <param name="Revision">1 and more; another one after each change.</param>
public readonly record struct KeyRecord(ReadOnlyMemory<byte> Content, long Revision);
