using System.Text.Json;
using System.Text.Json.Serialization;
using Wardline.Vault.KeySources;

namespace Wardline.Vault.KeyRing;

/// <summary>What a tenant key is for. Each has versions of its own.</summary>
internal static class KeyPurpose
{
    /// <summary>Fields and objects are sealed under what is derived from it. Turned by itself.</summary>
    public const string Data = "data";

    /// <summary>Wraps the patients' keys. Turned to make erasures final (docs/how-to/keys.md).</summary>
    public const string Patients = "patients";

    /// <summary>Blind indexes. Turned only together with writing every index anew.</summary>
    public const string Index = "index";

    public static readonly string[] All = [Data, Patients, Index];
}

/// <summary>The record of a tenant. An erased one has no keys.</summary>
internal sealed record TenantRecord
{
    public int Format { get; init; } = 1;

    public required string Tenant { get; init; }

    public IReadOnlyList<WrappedKey> Keys { get; init; } = [];

    /// <summary>Erasures of patients that have begun: their keys are refused from here on, and destroyed when that is recorded.</summary>
    public IReadOnlyList<Erasure> Erasing { get; init; } = [];

    /// <summary>The erasure of the tenant itself; done when there are no keys.</summary>
    public Erasure? Erased { get; init; }
}

/// <summary>One version of a tenant key as the key source gave it.</summary>
/// <param name="Source">the <see cref="IKeySource.Id"/> that unwraps it.</param>
/// <param name="Check">what the key must come back as: see <see cref="KeyDerivation.CheckValue"/>.</param>
internal sealed record WrappedKey(string Purpose, int Version, DateTimeOffset Created, string Source, byte[] Wrapped, byte[] Check)
{
    public KeyContext Context(string tenant) => new(tenant, Purpose, Version, Created);
}

/// <summary>The record of a patient: a key, or the erasure of it.</summary>
/// <param name="WrappedUnder">version of the tenant's <see cref="KeyPurpose.Patients"/> key.</param>
internal sealed record PatientRecord(int Format, string Tenant, string Patient, int WrappedUnder, byte[]? Wrapped, Erasure? Erased);

/// <summary>That a key was destroyed, and with it everything that was sealed under it.</summary>
/// <param name="Id">the same when it is told again after a crash.</param>
/// <param name="Patient">null: the whole tenant.</param>
/// <param name="At">when it began; from then on nothing of it opens.</param>
public sealed record Erasure(string Id, string Tenant, string? Patient, DateTimeOffset At);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(TenantRecord))]
[JsonSerializable(typeof(PatientRecord))]
internal sealed partial class RingJson : JsonSerializerContext;
