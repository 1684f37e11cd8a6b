using System.Globalization;
using System.Text;

namespace Wardline.Vault.KeySources;

/// <summary>
/// What a wrapped key is bound to: it unwraps with the same four values only. Whoever can write where wrapped keys are kept
/// can therefore not give one tenant the key of another, an old key a new number, or a key another age.
/// </summary>
/// <param name="Purpose">what the key is for: <c>data</c>, <c>patients</c>, <c>index</c>.</param>
/// <param name="Created">whole milliseconds.</param>
public sealed record KeyContext(string Tenant, string Purpose, int Version, DateTimeOffset Created)
{
    /// <summary>Names and values, in this order: the encryption context of AWS KMS.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Pairs =>
    [
        new("wardline", "tenant-key/1"),
        new("tenant", Tenant),
        new("purpose", Purpose),
        new("version", Version.ToString(CultureInfo.InvariantCulture)),
        new("created", Created.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture)),
    ];

    /// <summary>The same as associated data of an AEAD: <c>name=value</c> lines in UTF-8. Names of tenants hold no line feed.</summary>
    public byte[] ToBytes() => Encoding.UTF8.GetBytes(string.Concat(Pairs.Select(p => $"{p.Key}={p.Value}\n")));
}
