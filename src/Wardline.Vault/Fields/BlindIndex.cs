using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Wardline.Vault.KeyRing;

namespace Wardline.Vault.Fields;

/// <summary>
/// Finds a sealed value without opening any: beside the field stands an index of it, HMAC-SHA-256 under a key of the tenant and
/// column, and a query computes the same. Equal values have equal indexes, which is what it tells to whoever reads the store:
/// so it is for values with many possibilities (a record number, a telephone number, a full name) and exact look-up only.
/// </summary>
/// <remarks>
/// <code>
///  0            2                                18
/// ┌────────────┬────────────────────────────────┐
/// │ version    │ first 16 bytes of the HMAC     │
/// │ big endian │                                │
/// └────────────┴────────────────────────────────┘
/// </code>
/// </remarks>
public sealed class BlindIndex
{
    /// <summary>Bytes of an index.</summary>
    public const int Bytes = VersionBytes + MacBytes;

    private const int VersionBytes = 2;
    private const int MacBytes = 16;

    private readonly TenantKeys _keys;

    internal BlindIndex(TenantKeys keys) => _keys = keys;

    /// <summary>The index to keep beside a sealed value.</summary>
    /// <param name="form">part of the column's definition: another one is another index.</param>
    /// <exception cref="VaultException"><c>vault.index-empty</c>: nothing is left of the value in this form; <c>vault.name</c>, <c>vault.key-gone</c>.</exception>
    public byte[] Of(string table, string column, ReadOnlySpan<char> value, IndexForm form) =>
        Compute(TenantKeys.Newest(_keys.Record, KeyPurpose.Index).Version, table, column, value, form);

    /// <summary>What a query looks for: one index for each version of the key that rows may still be indexed under.</summary>
    /// <inheritdoc cref="Of"/>
    public IReadOnlyList<byte[]> Candidates(string table, string column, ReadOnlySpan<char> value, IndexForm form)
    {
        List<byte[]> candidates = new(1);
        foreach (HeldKey held in _keys.Keys)
        {
            if (held.Wrapped.Purpose == KeyPurpose.Index)
            {
                candidates.Add(Compute(held.Wrapped.Version, table, column, value, form));
            }
        }

        return candidates;
    }

    private byte[] Compute(int version, string table, string column, ReadOnlySpan<char> value, IndexForm form)
    {
        VaultNames.Check("table", table);
        VaultNames.Check("column", column);
        SecretBytes root = _keys.Get(KeyPurpose.Index, version);
        using SecretBytes key = KeyDerivation.Derive(root, KeyDerivation.Index, _keys.Tenant, table, column, form.Name());
        string canonical = form.Canonical(value);
        byte[] bytes = ArrayPool<byte>.Shared.Rent(Encoding.UTF8.GetMaxByteCount(canonical.Length));
        try
        {
            int length = form.Write(canonical, bytes);
            if (length == 0)
            {
                throw new VaultException("vault.index-empty", "Nothing of this value can be looked up: an index of it would be the same for all such values.");
            }

            Span<byte> mac = stackalloc byte[HMACSHA256.HashSizeInBytes];
            HMACSHA256.HashData(key.Span, bytes.AsSpan(0, length), mac);
            byte[] index = new byte[Bytes];
            BinaryPrimitives.WriteUInt16BigEndian(index, (ushort)version);
            mac[..MacBytes].CopyTo(index.AsSpan(VersionBytes));
            return index;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }
}
