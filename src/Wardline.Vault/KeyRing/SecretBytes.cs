using System.Buffers;
using System.Security.Cryptography;

namespace Wardline.Vault.KeyRing;

/// <summary>
/// Key material in memory: never moved by the collector (a copy would stay behind), wiped when it is no longer needed, and
/// never part of a text.
/// </summary>
/// <remarks>
/// One thread may wipe what another is reading. Wiping is announced first and zeros come after it, so a reader that asks
/// <see cref="EnsureNotWiped"/> when it is done has not worked with zeros. There is no finalizer: it could wipe a span that is
/// still being read, and zeros would then be taken for a key.
/// </remarks>
internal sealed class SecretBytes : MemoryManager<byte>
{
    private readonly byte[] _bytes;
    private volatile bool _wiped;

    /// <param name="length">bytes, all zero at first.</param>
    public SecretBytes(int length) => _bytes = GC.AllocateArray<byte>(length, pinned: true);

    public Span<byte> Span => _bytes;

    public bool Wiped => _wiped;

    public static SecretBytes Draw(int length)
    {
        SecretBytes drawn = new(length);
        RandomNumberGenerator.Fill(drawn._bytes);
        return drawn;
    }

    /// <summary>Takes the bytes and wipes where they came from.</summary>
    public static SecretBytes Take(Span<byte> from)
    {
        SecretBytes taken = new(from.Length);
        from.CopyTo(taken._bytes);
        CryptographicOperations.ZeroMemory(from);
        return taken;
    }

    /// <exception cref="VaultException"><c>vault.key-gone</c>.</exception>
    public void EnsureNotWiped()
    {
        Interlocked.MemoryBarrier();
        if (_wiped)
        {
            throw new VaultException("vault.key-gone", "This key was wiped from memory: it was erased, its key source refuses it now, or its holder is closed.");
        }
    }

    public void Dispose() => Dispose(true);

    public override string ToString() => $"{_bytes.Length} secret bytes";

    /// <summary>For <see cref="MemoryManager{T}.Memory"/>: whoever kept the memory of a wiped key gets no zeros.</summary>
    public override Span<byte> GetSpan()
    {
        EnsureNotWiped();
        return _bytes;
    }

    public override unsafe MemoryHandle Pin(int elementIndex = 0)
    {
        EnsureNotWiped();
        return new MemoryHandle((byte*)System.Runtime.InteropServices.Marshal.UnsafeAddrOfPinnedArrayElement(_bytes, elementIndex));
    }

    public override void Unpin()
    {
        // the array never moves
    }

    protected override void Dispose(bool disposing)
    {
        _wiped = true;
        Interlocked.MemoryBarrier();
        CryptographicOperations.ZeroMemory(_bytes);
    }
}
