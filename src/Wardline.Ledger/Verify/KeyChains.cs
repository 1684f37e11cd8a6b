using System.Buffers.Binary;
using System.Buffers.Text;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Wardline.Ledger.Verify;

/// <summary>
/// The keys of a visit form a chain inside the log (docs/design/key-transparency.md): each entry says its place in it and the
/// hash of the one before. Two entries with one place are two histories of one visit, signed by the log itself.
/// </summary>
/// <remarks>
/// About 100 bytes a visit. When there are more than <paramref name="most"/> of them, half are let go, by a bit of the hash of
/// their scope, and looked at when the log is read once more: memory stays bounded.
/// </remarks>
internal sealed class KeyChains(int most, UInt128 mask = default, UInt128 value = default)
{
    private const int HashChars = 43;
    private readonly Dictionary<UInt128, (long Seq, UInt128 Leaf, long Index)> _ends = [];
    private UInt128 _mask = mask;

    /// <summary>What has to be looked at in another reading.</summary>
    public Queue<(UInt128 Mask, UInt128 Value)> Left { get; } = new();

    public static KeyLink? LinkOf(in EntryScan entry, ReadOnlySpan<byte> leaf)
    {
        if (entry.Scope.IsEmpty || entry.Seq.Length is 0 or > 10 || !Utf8Parser.TryParse(entry.Seq, out long seq, out int read) || read != entry.Seq.Length)
        {
            return null;
        }

        Span<byte> hash = stackalloc byte[Hashing.Bytes];
        SHA256.HashData(entry.Scope, hash);
        UInt128 scope = BinaryPrimitives.ReadUInt128BigEndian(hash);
        UInt128 prev = entry.Prev.Length == HashChars && Base64Url.IsValid(entry.Prev) && Base64Url.TryDecodeFromUtf8(entry.Prev, hash, out int length) && length == Hashing.Bytes ? BinaryPrimitives.ReadUInt128BigEndian(hash) : default;
        return new KeyLink(entry.Index, scope, seq, prev, BinaryPrimitives.ReadUInt128BigEndian(leaf));
    }

    /// <summary>What is wrong with the place of this entry in its visit's chain; null when it fits.</summary>
    public Finding? Add(in KeyLink link)
    {
        if ((link.Scope & _mask) != value)
        {
            return null;
        }

        ref (long Seq, UInt128 Leaf, long Index) end = ref CollectionsMarshal.GetValueRefOrAddDefault(_ends, link.Scope, out bool known);
        if (!known)
        {
            end = (-1, default, -1);
        }

        if (link.Seq != end.Seq + 1 || link.Prev != end.Leaf)
        {
            return new Finding("verify.key-contradiction", link.Index, known
                ? $"Entry {link.Index} says that it is key number {link.Seq} of its visit and follows another entry than {end.Index}, which is number {end.Seq}: this visit has two histories of its keys."
                : $"Entry {link.Index} says that it is key number {link.Seq} of its visit, and there is none before it.");
        }

        end = (link.Seq, link.Leaf, link.Index);
        if (_ends.Count > most)
        {
            LetHalfGo();
        }

        return null;
    }

    public KeyChains Copy()
    {
        KeyChains copy = new(most, _mask, value);
        foreach ((UInt128 scope, (long, UInt128, long) end) in _ends)
        {
            copy._ends.Add(scope, end);
        }

        foreach ((UInt128, UInt128) left in Left)
        {
            copy.Left.Enqueue(left);
        }

        return copy;
    }

    private void LetHalfGo()
    {
        UInt128 bit = UInt128.One << UInt128PopCount(_mask);
        _mask |= bit;
        Left.Enqueue((_mask, value | bit));
        foreach (UInt128 gone in _ends.Keys.Where(scope => (scope & bit) != UInt128.Zero).ToList())
        {
            _ends.Remove(gone);
        }

        _ends.TrimExcess();
    }

    private static int UInt128PopCount(UInt128 mask) => (int)UInt128.PopCount(mask);
}
