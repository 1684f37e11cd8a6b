using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using Wardline.Vault.KeyRing;

namespace Wardline.Vault.Fields;

/// <summary>
/// Seals and opens the fields of one patient, or of what belongs to no patient. Got from <see cref="FieldVault"/> for one
/// piece of work (a request) and disposed of with it; not for two threads at once. Nothing here waits.
/// </summary>
public sealed class FieldScope : IDisposable
{
    private readonly KeyScope _keys;
    private readonly List<(int Version, Xaes256Gcm Cipher)> _ciphers = new(1);
    private bool _disposed;

    internal FieldScope(KeyScope keys) => _keys = keys;

    /// <summary>How many bytes the sealed form has more than the plain one.</summary>
    public const int OverheadBytes = FieldBox.OverheadBytes;

    /// <summary>Seals bytes; each call gives other ones, so that equal values cannot be told by their boxes.</summary>
    /// <exception cref="VaultException"><c>vault.name</c>, <c>vault.key-gone</c>.</exception>
    public byte[] Seal(in FieldPlace place, ReadOnlySpan<byte> plain)
    {
        byte[] box = new byte[plain.Length + OverheadBytes];
        Seal(place, plain, box);
        return box;
    }

    /// <summary>Seals a text in UTF-8.</summary>
    /// <inheritdoc cref="Seal(in FieldPlace, ReadOnlySpan{byte})"/>
    public byte[] Seal(in FieldPlace place, ReadOnlySpan<char> text)
    {
        byte[] plain = ArrayPool<byte>.Shared.Rent(Encoding.UTF8.GetMaxByteCount(text.Length));
        int length = 0;
        try
        {
            length = Encoding.UTF8.GetBytes(text, plain);
            return Seal(place, plain.AsSpan(0, length));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(plain.AsSpan(0, length));
            ArrayPool<byte>.Shared.Return(plain);
        }
    }

    /// <summary>Seals into a buffer of the caller's: <see cref="OverheadBytes"/> more than <paramref name="plain"/> has, which is what it returns.</summary>
    /// <inheritdoc cref="Seal(in FieldPlace, ReadOnlySpan{byte})"/>
    public int Seal(in FieldPlace place, ReadOnlySpan<byte> plain, Span<byte> box)
    {
        // 1. Which key, and the head that says so.
        int version = _keys.WritingVersion;
        Xaes256Gcm cipher = Cipher(version);
        box = box[..(plain.Length + OverheadBytes)];
        FieldBox.WriteHead(box, _keys.Patient is not null, version);

        // 2. Bound to its place.
        Span<byte> binding = stackalloc byte[FieldPlace.LongestBinding];
        int bound = place.Bind(binding, _keys.Tenant, _keys.Patient, box[..FieldBox.HeadBytes]);
        cipher.Seal(plain, binding[..bound], box[FieldBox.HeadBytes..]);

        // 3. Not with a key that was being wiped.
        _keys.EnsureNotWiped(version);
        return box.Length;
    }

    /// <summary>Opens a sealed field at its place.</summary>
    /// <exception cref="VaultException">
    /// <c>vault.field-refused</c>: changed, or of another place, patient or tenant; <c>vault.field-format</c>: no sealed field;
    /// <c>vault.key-version</c>: sealed under a key that is not here; <c>vault.key-gone</c>.
    /// </exception>
    public byte[] Open(in FieldPlace place, ReadOnlySpan<byte> box)
    {
        byte[] plain = new byte[PlainLength(box)];
        Open(place, box, plain);
        return plain;
    }

    /// <summary>Opens a text.</summary>
    /// <inheritdoc cref="Open(in FieldPlace, ReadOnlySpan{byte})"/>
    public string OpenText(in FieldPlace place, ReadOnlySpan<byte> box)
    {
        int length = PlainLength(box);
        byte[] plain = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            Open(place, box, plain);
            return Encoding.UTF8.GetString(plain, 0, length);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(plain.AsSpan(0, length));
            ArrayPool<byte>.Shared.Return(plain);
        }
    }

    /// <summary>Opens into a buffer of the caller's and returns how many bytes these are; nothing is in it when this throws.</summary>
    /// <inheritdoc cref="Open(in FieldPlace, ReadOnlySpan{byte})"/>
    public int Open(in FieldPlace place, ReadOnlySpan<byte> box, Span<byte> plain)
    {
        if (!FieldBox.TryReadHead(box, out bool ofPatient, out int version))
        {
            throw FieldErrors.Format();
        }

        if (ofPatient != _keys.Patient is not null)
        {
            throw FieldErrors.Refused();
        }

        Xaes256Gcm cipher = Cipher(version);
        Span<byte> binding = stackalloc byte[FieldPlace.LongestBinding];
        int bound = place.Bind(binding, _keys.Tenant, _keys.Patient, box[..FieldBox.HeadBytes]);
        if (!cipher.TryOpen(box[FieldBox.HeadBytes..], binding[..bound], plain))
        {
            _keys.EnsureNotWiped(version);
            throw FieldErrors.Refused();
        }

        return box.Length - OverheadBytes;
    }

    /// <summary>How many bytes a sealed field opens to.</summary>
    /// <exception cref="VaultException"><c>vault.field-format</c>.</exception>
    public static int PlainLength(ReadOnlySpan<byte> box) => FieldBox.TryReadHead(box, out _, out _) ? box.Length - OverheadBytes : throw FieldErrors.Format();

    /// <summary>Whether a sealed field should be sealed anew when its row is next written: it is of an earlier key.</summary>
    public bool IsOfAnEarlierKey(ReadOnlySpan<byte> box) => FieldBox.TryReadHead(box, out _, out int version) && version < _keys.WritingVersion;

    public void Dispose()
    {
        _disposed = true;
        foreach ((_, Xaes256Gcm cipher) in _ciphers)
        {
            cipher.Dispose();
        }

        _ciphers.Clear();
    }

    private Xaes256Gcm Cipher(int version)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        _keys.EnsureNotWiped(version);
        foreach ((int known, Xaes256Gcm cipher) in _ciphers)
        {
            if (known == version)
            {
                return cipher;
            }
        }

        using SecretBytes key = _keys.Derive(version, KeyDerivation.Field);
        Xaes256Gcm made = new(key.Span);
        _ciphers.Add((version, made));
        return made;
    }
}
