using System.Buffers.Text;
using System.Security.Cryptography;

namespace Wardline.Ledger.Verify;

/// <summary>An entry about a key of a visit: its place in the visit's chain.</summary>
internal readonly record struct KeyLink(long Index, UInt128 Scope, long Seq, UInt128 Prev, UInt128 Leaf);

/// <summary>
/// What one bundle says by itself: the hashes of its entries, and whether all of them stand in their places, follow each
/// other and are those of the tile. Says only whether something is wrong; <see cref="Autopsy"/> finds out what. For many
/// bundles at once.
/// </summary>
internal sealed class BundleExam
{
    private const int PreviousBytes = 43;

    private BundleExam(long number, int width) => (Number, Width) = (number, width);

    public long Number { get; }

    public int Width { get; }

    public long First => Number * LogReader.Width;

    public bool IsWhole { get; private set; }

    /// <summary>32 bytes an entry.</summary>
    public byte[] Leaves { get; private set; } = [];

    /// <summary>Of a full bundle; empty for others.</summary>
    public byte[] Root { get; private set; } = [];

    /// <summary>The hash that the first entry names, as text; empty for the first of all.</summary>
    public byte[] FirstPrevious { get; private set; } = [];

    public byte[] FirstTime { get; private set; } = [];

    public byte[] LastTime { get; private set; } = [];

    public List<KeyLink> Keys { get; } = [];

    public static BundleExam Of(LogReader log, long number, int width)
    {
        BundleExam exam = new(number, width);
        using PooledFile? bundle = log.ReadPooled(w => LogReader.Entries(number, w), width);
        using PooledFile? tile = log.ReadPooled(w => LogReader.Tile(0, number, w), width);
        exam.IsWhole = bundle is not null && tile is not null && exam.Read(bundle.Bytes, tile.Bytes);
        return exam;
    }

    private bool Read(Span<byte> bundle, ReadOnlySpan<byte> tile)
    {
        Leaves = GC.AllocateUninitializedArray<byte>(Width * Hashing.Bytes);
        Span<byte> name = stackalloc byte[PreviousBytes];
        int at = 0;
        for (int i = 0; i < Width; i++)
        {
            if (bundle.Length - at < 2)
            {
                return false;
            }

            int length = (bundle[at] << 8) | bundle[at + 1];
            at += 2;
            if (bundle.Length - at < length || !EntryScan.TryRead(bundle.Slice(at, length), out EntryScan entry) || entry.Index != First + i)
            {
                return false;
            }

            if (i == 0)
            {
                (FirstPrevious, FirstTime) = (entry.Previous.ToArray(), entry.Time.ToArray());
            }
            else if (!entry.Previous.SequenceEqual(name) || entry.Time.SequenceCompareTo(LastTime) < 0)
            {
                return false;
            }

            // RFC 9162 §2.1.1 puts a zero before an entry: here it takes the place of half of its length, which was read.
            bundle[at - 1] = 0;
            Span<byte> leaf = Leaves.AsSpan(i * Hashing.Bytes, Hashing.Bytes);
            SHA256.HashData(bundle.Slice(at - 1, length + 1), leaf);
            Base64Url.EncodeToUtf8(leaf, name);
            if (LastTime.Length == 0)
            {
                LastTime = new byte[EntryScan.TimeBytes];
            }

            entry.Time.CopyTo(LastTime);
            if (KeyChains.LinkOf(entry, leaf) is { } link)
            {
                Keys.Add(link);
            }

            at += length;
        }

        Root = Width == LogReader.Width ? Hashing.Complete(Leaves) : [];

        // A full bundle that took the place of a narrow one may hold more; a narrow one may not.
        return (at == bundle.Length || Width < LogReader.Width) && tile.Length >= Leaves.Length && tile[..Leaves.Length].SequenceEqual(Leaves)
            && (tile.Length == Leaves.Length || Width < LogReader.Width);
    }
}
