using System.Buffers.Text;
using System.Text;

namespace Wardline.Ledger.Verify;

/// <summary>
/// Finds out which entry of a bundle is the first that is wrong, and what was done to it. Slow and plain: runs once, when
/// <see cref="BundleExam"/> says that something is.
/// <para>
/// Three things know what an entry was: its bytes, the tile above it, and the entry behind it, which names its hash. Where two
/// of them agree, the third was changed.
/// </para>
/// </summary>
internal sealed class Autopsy(LogReader log, long size)
{
    /// <param name="bundle">The bundle with something wrong in it; all before it fit.</param>
    /// <param name="leafBefore">The hash of the entry before its first one; empty at the beginning of the log.</param>
    /// <param name="timeBefore">The time of that entry; empty at the beginning.</param>
    /// <param name="cancel">To find out where an entry has gone, the rest of the log is read.</param>
    public Finding? Find(long bundle, byte[] leafBefore, byte[] timeBefore, CancellationToken cancel)
    {
        int width = WidthOf(bundle);
        long first = bundle * LogReader.Width;
        string name = LogReader.Entries(bundle, width), tileName = LogReader.Tile(0, bundle, width);
        if (log.ReadWidth(w => LogReader.Entries(bundle, w), width) is not { } bytes)
        {
            return new("verify.missing", first, $"{name} is not there: entries {first} to {first + width - 1}.");
        }

        if (log.ReadWidth(w => LogReader.Tile(0, bundle, w), width) is not { } tile)
        {
            return new("verify.missing", first, $"{tileName} is not there: the hashes of entries {first} to {first + width - 1}.");
        }

        List<byte[]> entries = Split(bytes, out int rest);
        for (int i = 0; i < width; i++)
        {
            long place = first + i;
            if (i >= entries.Count)
            {
                return rest > 0
                    ? new("verify.changed", place, $"{name} ends within entry {place}, or a length in it was changed.")
                    : new("verify.missing", place, $"{name} ends before entry {place}.");
            }

            byte[] leaf = Hashing.Leaf(entries[i]);
            ReadOnlySpan<byte> inTree = tile.Length >= (i + 1) * Hashing.Bytes ? tile.AsSpan(i * Hashing.Bytes, Hashing.Bytes) : default;
            if (!EntryScan.TryRead(entries[i], out EntryScan entry))
            {
                return leaf.AsSpan().SequenceEqual(inTree)
                    ? new("verify.no-entry", place, $"Entry {place} has not the form of an entry, and the tree has it so.")
                    : new("verify.changed", place, $"Entry {place} is none any more: its bytes cannot be read.");
            }

            if (entry.Index != place)
            {
                return Displaced(place, entry.Index, leaf.AsSpan().SequenceEqual(inTree), cancel);
            }

            string? named = PreviousOf(place + 1, entries, i + 1);
            bool nextNamesThis = named == Base64Url.EncodeToString(leaf);
            if (inTree.IsEmpty)
            {
                return new("verify.missing", place, $"{tileName} ends before the hash of entry {place}.");
            }

            if (!leaf.AsSpan().SequenceEqual(inTree))
            {
                return nextNamesThis
                    ? new("verify.wrong-tile", place, $"{tileName} has another hash for entry {place} than the entry itself and the one behind it.")
                    : new("verify.changed", place, $"Entry {place} is not the one in the tree: it was changed after it was written.");
            }

            if (Encoding.ASCII.GetString(entry.Previous) != (leafBefore.Length == 0 ? "" : Base64Url.EncodeToString(leafBefore)))
            {
                // Both were hashed again after the change. The one that nobody behind it knows was changed.
                return place == 0 || !nextNamesThis && named is not null
                    ? new("verify.changed", place, $"Entry {place} was changed, with its tile: neither its neighbour before nor the one behind knows it.")
                    : new("verify.changed", place - 1, $"Entry {place - 1} was changed, with its tile: entry {place} followed another one.");
            }

            if (timeBefore.Length > 0 && entry.Time.SequenceCompareTo(timeBefore) < 0)
            {
                return new("verify.time", place, $"Entry {place} says {Encoding.ASCII.GetString(entry.Time)}, and the one before it {Encoding.ASCII.GetString(timeBefore)}: time does not go back in a log.");
            }

            (leafBefore, timeBefore) = (leaf, entry.Time.ToArray());
        }

        bool mayHoldMore = width < LogReader.Width;
        return (entries.Count > width || rest > 0) && !mayHoldMore ? new("verify.surplus", first + width, $"{name} holds more than its {width} entries.")
            : tile.Length != width * Hashing.Bytes && !mayHoldMore ? new("verify.wrong-tile", first + width, $"{tileName} holds more than its {width} hashes.")
            : null;
    }

    private int WidthOf(long bundle) => (int)Math.Min(LogReader.Width, size - (bundle * LogReader.Width));

    /// <summary>In the place of one entry stands another: it was taken out, or it stands somewhere else.</summary>
    private Finding Displaced(long place, long found, bool alsoInTree, CancellationToken cancel)
    {
        string also = alsoInTree ? ", and the tile was changed, too" : "";
        for (long bundle = place / LogReader.Width; bundle * LogReader.Width < size; bundle++)
        {
            cancel.ThrowIfCancellationRequested();
            int width = WidthOf(bundle);
            if (log.ReadWidth(w => LogReader.Entries(bundle, w), width) is not { } bytes)
            {
                continue;
            }

            List<byte[]> entries = Split(bytes, out _);
            for (int i = 0; i < entries.Count; i++)
            {
                if (EntryScan.TryRead(entries[i], out EntryScan entry) && entry.Index == place)
                {
                    return new("verify.out-of-place", place, $"In the place of entry {place} stands entry {found}; entry {place} stands in place {(bundle * LogReader.Width) + i}{also}.");
                }
            }
        }

        return new("verify.missing", place, $"In the place of entry {place} stands entry {found}; entry {place} is nowhere behind it{also}.");
    }

    /// <summary>The hash that an entry names as the one before it; null when there is no such entry.</summary>
    private string? PreviousOf(long place, List<byte[]> entries, int i)
    {
        if (place >= size)
        {
            return null;
        }

        if (i >= LogReader.Width)
        {
            long bundle = place / LogReader.Width;
            (entries, i) = (log.ReadWidth(w => LogReader.Entries(bundle, w), WidthOf(bundle)) is { } bytes ? Split(bytes, out _) : [], 0);
        }

        return i < entries.Count && EntryScan.TryRead(entries[i], out EntryScan entry) && entry.Index == place ? Encoding.ASCII.GetString(entry.Previous) : null;
    }

    private static List<byte[]> Split(byte[] bundle, out int rest)
    {
        List<byte[]> entries = [];
        int at = 0;
        while (bundle.Length - at >= 2)
        {
            int length = (bundle[at] << 8) | bundle[at + 1];
            if (length > bundle.Length - at - 2)
            {
                break;
            }

            entries.Add(bundle.AsSpan(at + 2, length).ToArray());
            at += 2 + length;
        }

        rest = bundle.Length - at;
        return entries;
    }
}
