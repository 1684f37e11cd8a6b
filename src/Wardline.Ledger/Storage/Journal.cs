using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using Wardline.Ledger.Tree;

namespace Wardline.Ledger.Storage;

/// <summary>
/// Where an entry is durable first: files that only grow, until the tiles hold what is in them.
/// <code>
/// file     "WLJ1" ‖ first index 8 ‖ leaf hash of the entry before 32 ‖ record …
/// record   length 4 ‖ the first 8 bytes of the entry's leaf hash ‖ entry
/// </code>
/// The length's highest bit says that a batch begins: all that stands before it was durable when it was written.
/// Files are numbered; one that begins at an index takes the place of what earlier files have from there on. So a write
/// of which nobody knows how far it came is never continued: the next file begins at the last entry that was acknowledged.
/// </summary>
internal sealed class Journal(ILedgerFiles files) : IDisposable
{
    public const string Folder = "journal";

    private const int HeaderBytes = 4 + 8 + TreeHash.Bytes;
    private const int RecordHeaderBytes = 4 + 8;
    private const uint BeginsBatch = 0x8000_0000;
    private const long RotateAtBytes = 8 << 20;

    /// <summary>Of the list of files: batches are written by one task, and forgotten by another.</summary>
    private readonly Lock _gate = new();
    private readonly List<(string Name, long First)> _files = [];
    private readonly ArrayBufferWriter<byte> _batch = new(64 * 1024);
    private IAppendFile? _file;
    private long _written;

    /// <summary>A file that was begun and holds no acknowledged entry yet.</summary>
    private string? _begun;

    private int _nextNumber;

    private static ReadOnlySpan<byte> Magic => "WLJ1"u8;

    public readonly record struct Record(byte[] Entry, byte[] Leaf, bool BeginsBatch = false);

    /// <summary>Reads what is there. What follows has to be written by <see cref="Append"/> with the index that comes next.</summary>
    /// <param name="from">Entries before this are elsewhere.</param>
    /// <returns>The entries from <paramref name="from"/> on.</returns>
    /// <exception cref="LedgerException"><c>ledger.damaged</c>: something in the middle is wrong or not there, which no crash does.</exception>
    public List<Record> Recover(long from)
    {
        List<Record> records = [];
        long? first = null;
        IReadOnlyList<string> names = files.List(Folder);
        for (int i = 0; i < names.Count; i++)
        {
            if (!int.TryParse(names[i], NumberStyles.None, CultureInfo.InvariantCulture, out int number))
            {
                continue; // None of ours.
            }

            _nextNumber = number + 1;
            byte[] bytes = files.TryRead($"{Folder}/{names[i]}") ?? throw Damaged(names[i], "is not there any more");
            if (bytes.Length < HeaderBytes || !bytes.AsSpan().StartsWith(Magic))
            {
                // A crash between the making of a file and its first record; nothing in it was ever acknowledged.
                if (bytes.AsSpan().IndexOfAnyExcept((byte)0) >= 0 && bytes.Length >= HeaderBytes)
                {
                    throw Damaged(names[i], "does not begin as a journal does");
                }

                _files.Add((names[i], (first ?? 0) + records.Count));
                continue;
            }

            long begin = BinaryPrimitives.ReadInt64BigEndian(bytes.AsSpan(4));
            first ??= begin;
            if (begin < first || begin > first + records.Count)
            {
                throw Damaged(names[i], $"begins with entry {begin}, and {first + records.Count} is the next");
            }

            records.RemoveRange((int)(begin - first.Value), records.Count - (int)(begin - first.Value));
            ReadOnlySpan<byte> before = bytes.AsSpan(12, TreeHash.Bytes);
            if (records.Count > 0 && !before.SequenceEqual(records[^1].Leaf))
            {
                throw Damaged(names[i], $"does not follow entry {begin - 1}");
            }

            _files.Add((names[i], begin));
            Read(names[i], bytes, records);
        }

        if (first > from)
        {
            throw Damaged(names[0], $"begins with entry {first}, and {from} is needed");
        }

        return first is null ? [] : records[(int)Math.Min(records.Count, from - first.Value)..];
    }

    /// <summary>Durable when it returns. When it throws, nothing of the batch counts, and the next call begins a new file.</summary>
    public void Append(long firstIndex, ReadOnlySpan<byte> leafBefore, IReadOnlyList<Record> batch)
    {
        try
        {
            _batch.ResetWrittenCount();
            if (_file is null || _written > RotateAtBytes)
            {
                Begin(firstIndex, leafBefore);
            }

            uint begins = BeginsBatch;
            foreach (Record record in batch)
            {
                Span<byte> header = _batch.GetSpan(RecordHeaderBytes);
                BinaryPrimitives.WriteUInt32BigEndian(header, (uint)record.Entry.Length | begins);
                begins = 0;
                record.Leaf.AsSpan(0, 8).CopyTo(header[4..]);
                _batch.Advance(RecordHeaderBytes);
                _batch.Write(record.Entry);
            }

            _file!.Write(_batch.WrittenSpan);
            _file.Sync();
            _written += _batch.WrittenCount;
            _begun = null;
        }
        catch
        {
            Void(firstIndex, leafBefore);
            throw;
        }
    }

    // What a failed write has left may be whole and on the disk: it must not be an entry after the next start, of which the caller was
    // told that it is none. A file without an acknowledged entry goes away; another is cut behind the last one, which needs no room;
    // when that fails, a new file begins where they end. When none of this can be done, the next batch does it; only a crash before
    // that brings the entry back.
    private void Void(long firstIndex, ReadOnlySpan<byte> leafBefore)
    {
        IAppendFile? holdsOthers = _written > 0 ? _file : null;
        try
        {
            if (holdsOthers is null)
            {
                Close();
                DeleteNewest();
            }
            else if (!TryCut(holdsOthers))
            {
                _batch.ResetWrittenCount();
                Begin(firstIndex, leafBefore);
                _file!.Write(_batch.WrittenSpan);
                _file.Sync();
                _written = _batch.WrittenCount;
                return;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The next batch tries again.
        }

        Close();
    }

    private bool TryCut(IAppendFile file)
    {
        try
        {
            file.Cut(_written);
            file.Sync();
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    private void Close()
    {
        _file?.Dispose();
        _file = null;
    }

    private void DeleteNewest()
    {
        if (_begun is not null)
        {
            files.Delete($"{Folder}/{_begun}");
            lock (_gate)
            {
                _files.RemoveAt(_files.Count - 1);
            }
        }

        _begun = null;
    }

    /// <summary>Takes away the files of which every entry lies below <paramref name="index"/>.</summary>
    public void Forget(long index)
    {
        while (Oldest(index) is { } name)
        {
            files.Delete($"{Folder}/{name}");
            lock (_gate)
            {
                _files.RemoveAt(0);
            }
        }
    }

    public void Dispose() => _file?.Dispose();

    private string? Oldest(long below)
    {
        lock (_gate)
        {
            return _files.Count > 1 && _files[1].First <= below ? _files[0].Name : null;
        }
    }

    private void Begin(long firstIndex, ReadOnlySpan<byte> leafBefore)
    {
        Close();
        string name = _nextNumber++.ToString("D9", CultureInfo.InvariantCulture);
        _begun = name;
        lock (_gate)
        {
            _files.Add((name, firstIndex));
        }

        _file = files.Create($"{Folder}/{name}");
        _written = 0;
        Span<byte> header = _batch.GetSpan(HeaderBytes);
        Magic.CopyTo(header);
        BinaryPrimitives.WriteInt64BigEndian(header[4..], firstIndex);
        leafBefore.CopyTo(header[12..]);
        _batch.Advance(HeaderBytes);
    }

    private static void Read(string name, byte[] bytes, List<Record> records)
    {
        int at = HeaderBytes;
        while (at < bytes.Length)
        {
            if (!TryRecord(bytes, at, out Record record, out int next))
            {
                // A crash may leave any part of the last batch, of which nobody was told. A later batch proves that this one was
                // durable: then somebody was here.
                for (int other = at + 1; other < bytes.Length - RecordHeaderBytes; other++)
                {
                    if (TryRecord(bytes, other, out Record later, out _) && later.BeginsBatch)
                    {
                        throw Damaged(name, $"is wrong at byte {at}, and right again at {other}");
                    }
                }

                return;
            }

            records.Add(record);
            at = next;
        }
    }

    private static bool TryRecord(byte[] bytes, int at, out Record record, out int next)
    {
        record = default;
        next = at;
        if (bytes.Length - at < RecordHeaderBytes)
        {
            return false;
        }

        uint word = BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(at));
        int length = (int)(word & ~BeginsBatch);
        if (length is <= 0 or > Entries.EntryForm.MaxBytes || length > bytes.Length - at - RecordHeaderBytes)
        {
            return false;
        }

        byte[] entry = bytes.AsSpan(at + RecordHeaderBytes, length).ToArray();
        byte[] leaf = TreeHash.Leaf(entry);
        if (!leaf.AsSpan(0, 8).SequenceEqual(bytes.AsSpan(at + 4, 8)))
        {
            return false;
        }

        record = new(entry, leaf, (word & BeginsBatch) != 0);
        next = at + RecordHeaderBytes + length;
        return true;
    }

    private static LedgerException Damaged(string name, string how) => new("ledger.damaged", $"{Folder}/{name} {how}.");
}
