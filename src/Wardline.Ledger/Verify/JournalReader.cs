using System.Buffers.Binary;
using System.Buffers.Text;
using System.Text;

namespace Wardline.Ledger.Verify;

/// <summary>
/// What is durable and may not be in any tile yet (README.md, "The journal"): entries behind the signed ones follow them and
/// each other; those that are in tiles, too, are the same; the last file does not end within a record.
/// </summary>
internal sealed class JournalReader(LogReader log)
{
    private const string Folder = "journal";
    private const int HeaderBytes = 4 + 8 + Hashing.Bytes;
    private const int RecordBytes = 4 + 8;
    private const uint BeginsBatch = 0x8000_0000;

    /// <summary>Index and hash of the entry that the next one has to follow.</summary>
    private long _next = -1;
    private byte[] _leaf = [];

    /// <param name="signed">Entries that the checkpoint covers.</param>
    /// <param name="last">The hash of the last of them; empty when there are none.</param>
    /// <param name="leafOf">The hash that the tiles have for an entry below that; empty when they are not at hand.</param>
    /// <returns>How many entries lie behind the signed ones, and the first thing that is wrong.</returns>
    public (long Unsigned, Finding? Finding) Read(long signed, byte[] last, Func<long, byte[]> leafOf, CancellationToken cancel)
    {
        IReadOnlyList<string> names = log.List(Folder);
        long[] begins = [.. names.Select(BeginOf)];
        long end = signed;
        for (int i = 0; i < names.Count; i++)
        {
            cancel.ThrowIfCancellationRequested();
            byte[]? bytes = log.Read($"{Folder}/{names[i]}");
            if (bytes is null || bytes.Length < HeaderBytes || bytes.AsSpan().IndexOfAnyExcept((byte)0) < 0)
            {
                // Made, and not written to before the power went; or let go while we read.
                continue;
            }

            if (!bytes.AsSpan().StartsWith("WLJ1"u8))
            {
                return (end - signed, new("verify.changed", null, $"{Folder}/{names[i]} does not begin as a journal does."));
            }

            long begin = BinaryPrimitives.ReadInt64BigEndian(bytes.AsSpan(4));
            if (_next >= 0 && (begin > _next || (begin == _next && !bytes.AsSpan(12, Hashing.Bytes).SequenceEqual(_leaf))))
            {
                return (end - signed, new("verify.missing", Math.Min(begin, _next), $"{Folder}/{names[i]} begins with entry {begin}, and does not follow entry {_next - 1}."));
            }

            (_next, _leaf) = (begin, begin == 0 ? [] : bytes.AsSpan(12, Hashing.Bytes).ToArray());
            int at = HeaderBytes;
            long until = LaterBegin(begins, i);
            while (at < bytes.Length && _next < until && Record(bytes, at, signed, last, leafOf, out int next, out Finding? wrong))
            {
                if (wrong is not null)
                {
                    return (Math.Max(0, end - signed), wrong);
                }

                at = next;
            }

            end = Math.Max(signed, _next);
            if (at < bytes.Length && _next < until)
            {
                if (LaterBatch(bytes, at) is { } later)
                {
                    return (end - signed, new("verify.changed", _next, $"{Folder}/{names[i]} is wrong at byte {at}, entry {_next}, and right again at byte {later}: no power cut does that."));
                }

                if (until == long.MaxValue && !IsOpen())
                {
                    return (end - signed, new("verify.torn-tail", _next, $"{Folder}/{names[i]} ends within entry {_next}, at byte {at} of {bytes.Length}. If the power went, nobody was told of it, and the server cuts it off when it starts; if not, it was cut."));
                }
            }
        }

        return (end - signed, null);
    }

    private bool Record(byte[] bytes, int at, long signed, byte[] last, Func<long, byte[]> leafOf, out int next, out Finding? wrong)
    {
        wrong = null;
        if (!TryRecord(bytes, at, out ReadOnlySpan<byte> entry, out byte[] leaf, out next))
        {
            return false;
        }

        long index = _next++;
        string before = _leaf.Length == 0 ? "" : Base64Url.EncodeToString(_leaf);
        _leaf = leaf;
        if (!EntryScan.TryRead(entry, out EntryScan scan) || scan.Index != index || Encoding.ASCII.GetString(scan.Previous) != before)
        {
            wrong = new("verify.changed", index, $"In the journal, entry {index} is none, or does not follow the one before it.");
        }
        else if (index < signed && leafOf(index) is { Length: > 0 } inTree && !inTree.AsSpan().SequenceEqual(leaf))
        {
            wrong = new("verify.changed", index, $"Entry {index} is another one in the journal than in its tile.");
        }
        else if (index == signed && last.Length > 0 && before != Base64Url.EncodeToString(last))
        {
            wrong = new("verify.changed", index, $"In the journal, entry {index} follows another one than the last that is signed.");
        }

        return true;
    }

    private static bool TryRecord(byte[] bytes, int at, out ReadOnlySpan<byte> entry, out byte[] leaf, out int next)
    {
        entry = default;
        (leaf, next) = ([], at);
        if (bytes.Length - at < RecordBytes)
        {
            return false;
        }

        uint length = BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(at)) & ~BeginsBatch;
        if (length is 0 or > 0xFFFF || length > bytes.Length - at - RecordBytes)
        {
            return false;
        }

        entry = bytes.AsSpan(at + RecordBytes, (int)length);
        leaf = Hashing.Leaf(entry);
        next = at + RecordBytes + (int)length;
        return leaf.AsSpan(0, 8).SequenceEqual(bytes.AsSpan(at + 4, 8));
    }

    /// <summary>Where, behind something wrong, a batch begins: all before it was durable when it was written.</summary>
    private static int? LaterBatch(byte[] bytes, int from)
    {
        for (int at = from + 1; at < bytes.Length - RecordBytes; at++)
        {
            if ((bytes[at] & 0x80) != 0 && TryRecord(bytes, at, out _, out _, out _))
            {
                return at;
            }
        }

        return null;
    }

    /// <summary>
    /// Where a later file begins: what this one has from there on was refused, or cut off by a power cut, and the server has been there
    /// since. <see cref="long.MaxValue"/> when there is none.
    /// </summary>
    private static long LaterBegin(long[] begins, int i) => begins.AsSpan(i + 1).IsEmpty ? long.MaxValue : begins[(i + 1)..].Min();

    /// <summary>The index that a file begins with; <see cref="long.MaxValue"/> when it has not come that far.</summary>
    private long BeginOf(string name) =>
        log.Read($"{Folder}/{name}") is { Length: >= HeaderBytes } bytes && bytes.AsSpan().StartsWith("WLJ1"u8) ? BinaryPrimitives.ReadInt64BigEndian(bytes.AsSpan(4)) : long.MaxValue;

    /// <summary>A server is writing at this moment: what it writes may be seen half.</summary>
    private bool IsOpen()
    {
        string path = Path.Combine(log.Root, "lock");
        try
        {
            if (!File.Exists(path))
            {
                return false;
            }

            using FileStream probe = new(path, FileMode.Open, FileAccess.Read, FileShare.Read);
            return false;
        }
        catch (IOException)
        {
            return true;
        }
        catch (UnauthorizedAccessException)
        {
            return false;
        }
    }
}
