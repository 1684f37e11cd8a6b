using System.Threading.Channels;
using Wardline.Ledger.Checkpoints;
using Wardline.Ledger.Entries;
using Wardline.Ledger.Storage;
using Wardline.Ledger.Tree;

namespace Wardline.Ledger;

/// <summary>
/// The log of one server: takes entries, keeps them for good, and signs what it has (README.md, "Life of an entry"). For
/// any number of callers at once, of one process.
/// </summary>
public sealed class LedgerLog : IAsyncDisposable
{
    private const string CheckpointFile = "checkpoint";
    private const string KeyFile = "log.vkey";
    private const int MaxBatch = 2_048;

    private readonly LedgerOptions _options;
    private readonly ICheckpointSigner _signer;
    private readonly TimeProvider _time;
    private readonly ILedgerFiles _files;
    private readonly FileStream _lock;
    private readonly Journal _journal;
    private readonly Channel<Waiting> _queue;
    private readonly CancellationTokenSource _closing = new();
    private readonly SemaphoreSlim _wanted = new(0, 1);
    private readonly SemaphoreSlim _room = new(0, 1);
    private readonly Lock _gate = new();
    private readonly TreeWriter _tree = new();
    private readonly Queue<Journal.Record> _waiting = new();
    private readonly List<TaskCompletionSource<Checkpoint>> _wishes = [];
    private readonly Task _writing;
    private readonly Task _signing;
    private IReadOnlyList<string> _narrow = [];
    private byte[] _leafBefore = new byte[TreeHash.Bytes];
    private DateTimeOffset _timeBefore;
    private bool _clockIsBack;
    private long _size;

    /// <summary>Entries that are in full bundles on the disk: all others are in memory.</summary>
    private long _inBundles;

    private volatile SignedTree _signed;
    private volatile LedgerException? _fault;

    private LedgerLog(LedgerOptions options, ICheckpointSigner signer, TimeProvider time, ILedgerFiles files, FileStream @lock)
    {
        (_options, _signer, _time, _files, _lock) = (options, signer, time, files, @lock);
        _journal = new Journal(files);
        _queue = Channel.CreateUnbounded<Waiting>(new UnboundedChannelOptions { SingleReader = true });
        Recover();
        _signed = MakeCheckpoint();
        _writing = Task.Run(WriteAsync);
        _signing = Task.Run(SignAsync);
    }

    /// <summary>The newest checkpoint: signed, and with all its tiles in their place.</summary>
    public Checkpoint Latest => _signed.Checkpoint;

    /// <summary>What its checkpoints are signed with.</summary>
    public VerifierKey Key => _signer.Key;

    /// <summary>How many entries are durable.</summary>
    public long Size => Interlocked.Read(ref _size);

    /// <summary>The same, with its tiles and bundle that are not full: they leave the folder when a wider one is there.</summary>
    internal SignedTree Signed => _signed;

    /// <summary>Why no checkpoint can be made at the moment; null when it can. Entries may still be taken.</summary>
    public LedgerException? Fault => _fault;

    /// <summary>Opens the log in a folder, or begins one there; after a crash, with every entry that was acknowledged.</summary>
    /// <exception cref="LedgerException">
    /// <c>ledger.locked</c>: another process has it. <c>ledger.damaged</c>: names what is wrong; nothing was changed.
    /// <c>ledger.unwritable</c>: the folder cannot be written.
    /// </exception>
    public static LedgerLog Open(LedgerOptions options, ICheckpointSigner signer, TimeProvider time) =>
        Open(options, signer, time, new LedgerFiles(Path.GetFullPath(options.Directory)));

    internal static LedgerLog Open(LedgerOptions options, ICheckpointSigner signer, TimeProvider time, ILedgerFiles files)
    {
        FileStream? held = null;
        try
        {
            held = LedgerFiles.Hold(options.Directory);
            return new LedgerLog(options, signer, time, files, held);
        }
        catch (Exception e)
        {
            held?.Dispose();
            throw e is IOException or UnauthorizedAccessException ? Unwritable(e) : e;
        }
    }

    /// <summary>Durable when it returns: whatever happens then, the entry is in the log.</summary>
    /// <param name="cancel">Only until the entry is on its way: what may be in the log is waited for.</param>
    /// <exception cref="LedgerException">
    /// <c>ledger.bad-entry</c>; <c>ledger.unwritable</c>: it is not in the log, and what it records must not happen;
    /// <c>ledger.closed</c>.
    /// </exception>
    public async Task<Receipt> AppendAsync(EntryDraft draft, CancellationToken cancel)
    {
        EntryForm.Check(draft);
        cancel.ThrowIfCancellationRequested();
        Waiting waiting = new(draft);
        if (!_queue.Writer.TryWrite(waiting))
        {
            throw Closed();
        }

        return await waiting.Done.Task;
    }

    /// <summary>A checkpoint of at least so many entries, made at once when the latest is smaller.</summary>
    /// <exception cref="LedgerException"><c>ledger.no-such-size</c>, <c>ledger.unwritable</c>, <c>ledger.closed</c>.</exception>
    public async Task<Checkpoint> CheckpointAsync(long atLeastSize, CancellationToken cancel)
    {
        Checkpoint latest = Latest;
        if (latest.Size >= atLeastSize)
        {
            return latest;
        }

        if (atLeastSize > Size)
        {
            throw NoSuchSize(atLeastSize);
        }

        TaskCompletionSource<Checkpoint> wish = new(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            if (_closing.IsCancellationRequested)
            {
                throw Closed();
            }

            _wishes.Add(wish);
        }

        Wake();
        return await wish.Task.WaitAsync(cancel);
    }

    /// <exception cref="LedgerException"><c>ledger.no-such-size</c>: no such entry, or not in any checkpoint yet.</exception>
    public InclusionProof ProveInclusion(long index, long treeSize)
    {
        if (treeSize > Latest.Size || index < 0 || index >= treeSize)
        {
            throw NoSuchSize(treeSize);
        }

        return new ProofBuilder(ReadTile, treeSize).Inclusion(index);
    }

    /// <exception cref="LedgerException"><c>ledger.no-such-size</c>.</exception>
    public ConsistencyProof ProveConsistency(long from, long to)
    {
        if (to > Latest.Size || from < 0 || from > to)
        {
            throw NoSuchSize(to);
        }

        return new ProofBuilder(ReadTile, to).Consistency(from);
    }

    /// <summary>Entries as they stand in the log, up to the latest checkpoint.</summary>
    /// <returns>Index and exact bytes, ascending.</returns>
    /// <exception cref="LedgerException"><c>ledger.damaged</c>.</exception>
    public IEnumerable<(long Index, byte[] Entry)> ReadBytes(long from, int count)
    {
        long end = Math.Min(Latest.Size, from + count);
        for (long index = Math.Max(0, from); index < end;)
        {
            long bundle = index / TilePath.Width;
            List<byte[]> entries = ReadBundle(bundle);
            for (int i = (int)(index % TilePath.Width); i < entries.Count && index < end; i++, index++)
            {
                yield return (index, entries[i]);
            }

            if (index < end && index < (bundle + 1) * TilePath.Width)
            {
                throw new LedgerException("ledger.damaged", $"{TilePath.Entries(bundle)} lacks entry {index}.");
            }
        }
    }

    /// <summary>The same, read.</summary>
    public IEnumerable<LedgerEntry> Read(long from, int count)
    {
        foreach ((long index, byte[] bytes) in ReadBytes(from, count))
        {
            yield return EntryForm.TryRead(bytes, out LedgerEntry? entry) && entry!.Index == index
                ? entry
                : throw new LedgerException("ledger.damaged", $"Entry {index} is none.");
        }
    }

    /// <summary>Takes no more, finishes what is on its way, and signs once more.</summary>
    public async ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            if (_closing.IsCancellationRequested)
            {
                return;
            }
        }

        _queue.Writer.TryComplete();
        await _writing;
        lock (_gate)
        {
            _closing.Cancel();
        }

        Wake();
        await _signing;
        _journal.Dispose();
        await _lock.DisposeAsync();
        _closing.Dispose();
        _wanted.Dispose();
        _room.Dispose();
    }

    private void Recover()
    {
        Checkpoint? signed = null;
        if (_files.TryRead(CheckpointFile) is { } note)
        {
            signed = Checkpoint.Open(System.Text.Encoding.UTF8.GetString(note), _signer.Key)
                ?? throw new LedgerException("ledger.bad-checkpoint", $"The checkpoint in {_options.Directory} is not signed by {_signer.Key.Name} with this key.");
        }
        else
        {
            _files.WriteWhole(KeyFile, SignedNote.Bytes(_signer.Key + "\n"));
        }

        long full = (signed?.Size ?? 0) / TilePath.Width * TilePath.Width;
        _tree.Resume(full, _files);
        _inBundles = full;
        List<Journal.Record> records = _journal.Recover(full);
        if (full + records.Count < (signed?.Size ?? 0))
        {
            throw new LedgerException("ledger.damaged", $"The journal ends before entry {signed!.Size}, which was signed.");
        }

        _narrow = Narrow(signed?.Size ?? 0);
        HoldToSigned(signed);
        foreach (Journal.Record record in records)
        {
            _tree.Add(record.Entry, record.Leaf);
            HoldToSigned(signed);
        }

        byte[]? last = records.Count > 0 ? records[^1].Entry : full > 0 ? ReadBundle((full / TilePath.Width) - 1)[^1] : null;
        _size = _tree.Size;
        if (last is not null)
        {
            if (!EntryForm.TryRead(last, out LedgerEntry? entry) || entry!.Index != _size - 1)
            {
                throw new LedgerException("ledger.damaged", $"Entry {_size - 1} is none.");
            }

            (_leafBefore, _timeBefore) = (TreeHash.Leaf(last), entry.Time);
        }
    }

    /// <summary>Tiles and bundles that were not full at that size, as far as they are still there.</summary>
    private List<string> Narrow(long size)
    {
        List<string> paths = [];
        IEnumerable<string> full = Enumerable.Range(0, TilePath.MaxLevel + 1).Select(level => TilePath.Tile(level, size >> (8 * (level + 1)))).Append(TilePath.Entries(size / TilePath.Width));
        foreach (string folder in full.Select(f => f + ".p"))
        {
            paths.AddRange(_files.List(folder).Select(name => $"{folder}/{name}"));
        }

        return paths;
    }

    private void HoldToSigned(Checkpoint? signed)
    {
        if (_tree.Size == signed?.Size && !_tree.Root().AsSpan().SequenceEqual(signed.Root))
        {
            throw new LedgerException("ledger.damaged", $"The first {signed.Size} entries are not those that were signed: run wardline verify.");
        }
    }

    private async Task WriteAsync()
    {
        List<Waiting> batch = new(MaxBatch);
        while (await _queue.Reader.WaitToReadAsync())
        {
            batch.Clear();
            while (batch.Count < MaxBatch && _queue.Reader.TryRead(out Waiting? next))
            {
                batch.Add(next);
            }

            // Whoever writes faster than the disk takes tiles waits for it; when it takes none, they are refused.
            while (IsFull() && _fault is null)
            {
                Wake();
                await _room.WaitAsync();
            }

            Write(batch);
        }
    }

    // 1. Give each its place, its time and the hash before. 2. One write and one fsync for all of them. 3. Only then is
    // anything of this log different, and everybody is told.
    private void Write(List<Waiting> batch)
    {
        try
        {
            if (IsFull())
            {
                throw _fault ?? new LedgerException("ledger.unwritable", "Entries come faster than they can be put into tiles.");
            }

            (byte[] leafBefore, DateTimeOffset timeBefore, bool clockIsBack) = (_leafBefore, _timeBefore, _clockIsBack);
            List<Journal.Record> records = new(batch.Count);
            foreach (Waiting waiting in batch)
            {
                LedgerEntry entry = Place(waiting.Draft, _size + records.Count, leafBefore, ref timeBefore, ref clockIsBack);
                byte[] bytes;
                try
                {
                    bytes = EntryForm.Write(entry);
                }
                catch (LedgerException tooLong)
                {
                    waiting.Done.TrySetException(tooLong);
                    continue;
                }

                leafBefore = TreeHash.Leaf(bytes);
                records.Add(new(bytes, leafBefore));
                waiting.Receipt = new(entry.Index, entry.Time, leafBefore);
            }

            if (records.Count > 0)
            {
                _journal.Append(_size, _leafBefore, records);
            }

            (_leafBefore, _timeBefore, _clockIsBack) = (leafBefore, timeBefore, clockIsBack);
            lock (_gate)
            {
                records.ForEach(_waiting.Enqueue);
            }

            Interlocked.Add(ref _size, records.Count);
        }
        catch (Exception e)
        {
            // Whatever it was: who waits is told, and the next batch is tried.
            LedgerException fault = e as LedgerException ?? Unwritable(e);
            batch.ForEach(waiting => waiting.Done.TrySetException(fault));
            return;
        }

        foreach (Waiting waiting in batch)
        {
            if (waiting.Receipt is { } receipt)
            {
                waiting.Done.TrySetResult(receipt);
            }
        }
    }

    /// <summary>Whether as much is in memory as may be; what is less than a bundle always is.</summary>
    private bool IsFull() => Size - Interlocked.Read(ref _inBundles) >= _options.MaxWaiting + TilePath.Width;

    // Time never goes back within a log. A clock that was set back is said once, and the last time is used until it has caught up.
    private LedgerEntry Place(EntryDraft draft, long index, byte[] leafBefore, ref DateTimeOffset timeBefore, ref bool clockIsBack)
    {
        DateTimeOffset now = DateTimeOffset.FromUnixTimeMilliseconds(_time.GetUtcNow().ToUnixTimeMilliseconds());
        if (now < timeBefore)
        {
            if (!clockIsBack && draft.Facts.Count < EntryForm.MaxFacts)
            {
                draft = draft with { Facts = [.. draft.Facts, new("clockBackMs", $"{(long)(timeBefore - now).TotalMilliseconds}")] };
                clockIsBack = true;
            }

            now = timeBefore;
        }
        else
        {
            clockIsBack = false;
        }

        timeBefore = now;
        return new LedgerEntry(index, now, index == 0 ? "" : System.Buffers.Text.Base64Url.EncodeToString(leafBefore), draft);
    }

    private async Task SignAsync()
    {
        bool last = false;
        while (!last)
        {
            try
            {
                using CancellationTokenSource tick = new(_options.CheckpointEvery, _time);
                await _wanted.WaitAsync(tick.Token);
            }
            catch (OperationCanceledException)
            {
                // The second is over.
            }

            last = _closing.IsCancellationRequested;
            List<TaskCompletionSource<Checkpoint>> wishes;
            lock (_gate)
            {
                wishes = [.. _wishes];
                _wishes.Clear();
            }

            try
            {
                if (Latest.Size < Size || _fault is not null)
                {
                    _signed = MakeCheckpoint();
                }

                _fault = null;
                wishes.ForEach(w => w.TrySetResult(Latest));
            }
            catch (Exception e)
            {
                // Whatever it was: who waits is told, and it is tried again in a second.
                LedgerException fault = e as LedgerException ?? Unwritable(e);
                _fault = fault;
                wishes.ForEach(w => w.TrySetException(fault));
            }

            Release(_room);
        }
    }

    // 1. What waits goes into the tree. 2. Full tiles and bundles, 3. the rest, 4. the signature: a reader who sees a
    // checkpoint finds everything that it needs. 5. What nobody needs any more goes.
    private SignedTree MakeCheckpoint()
    {
        byte[] root;
        long size;
        IReadOnlyList<(string Path, byte[] Bytes)> partial;
        lock (_gate)
        {
            while (_waiting.TryDequeue(out Journal.Record record))
            {
                _tree.Add(record.Entry, record.Leaf);
            }

            (root, size, partial) = (_tree.Root(), _tree.Size, _tree.Partial());
        }

        while (NextFull() is { } full)
        {
            _files.WriteWhole(full.Path, full.Bytes);
            lock (_gate)
            {
                _tree.IsWritten();
            }

            if (full.Path.StartsWith(TilePath.EntriesFolder, StringComparison.Ordinal))
            {
                Interlocked.Add(ref _inBundles, TilePath.Width);
                Release(_room);
            }
        }

        foreach ((string path, byte[] bytes) in partial)
        {
            _files.WriteWhole(path, bytes);
        }

        string text = Checkpoint.TextOf(_signer.Key.Name, size, root);
        string note = text + "\n" + SignedNote.Line(_signer.Key.Name, _signer.Key.KeyId, _signer.Sign(SignedNote.Bytes(text)));
        _files.WriteWhole(CheckpointFile, SignedNote.Bytes(note));
        foreach (string path in _narrow.Except(partial.Select(p => p.Path), StringComparer.Ordinal))
        {
            _files.Delete(path);
        }

        _narrow = [.. partial.Select(p => p.Path)];
        _journal.Forget(size / TilePath.Width * TilePath.Width);
        return new SignedTree(new Checkpoint(_signer.Key.Name, size, root, note), partial);
    }

    private (string Path, byte[] Bytes)? NextFull()
    {
        lock (_gate)
        {
            return _tree.NextFull();
        }
    }

    private ReadOnlyMemory<byte> ReadTile(int level, long index, int width)
    {
        int bytes = width * TreeHash.Bytes;
        lock (_gate)
        {
            if (_tree.Open(level, index) is { } open && open.Length >= bytes)
            {
                return open;
            }
        }

        string path = TilePath.Tile(level, index);
        return _files.TryRead(path) is { } read && read.Length >= bytes ? read : throw new LedgerException("ledger.damaged", $"{path} is not there, or too short.");
    }

    /// <summary>The root of the first <paramref name="size"/> entries; no more than are signed.</summary>
    internal byte[] RootAt(long size) => new ProofBuilder(ReadTile, size).Root();

    /// <summary>A full tile or bundle.</summary>
    internal byte[] ReadFile(string path) => _files.TryRead(path) ?? throw new LedgerException("ledger.damaged", $"{path} is not there.");

    private List<byte[]> ReadBundle(long bundle)
    {
        lock (_gate)
        {
            if (bundle == _tree.Size / TilePath.Width)
            {
                return [.. _tree.Bundle];
            }
        }

        string path = TilePath.Entries(bundle);
        return TreeWriter.Unpack(_files.TryRead(path) ?? throw new LedgerException("ledger.damaged", $"{path} is not there."));
    }

    private void Wake() => Release(_wanted);

    private static void Release(SemaphoreSlim semaphore)
    {
        try
        {
            semaphore.Release();
        }
        catch (SemaphoreFullException)
        {
            // Who waits for it is awake.
        }
    }

    private static LedgerException Unwritable(Exception cause) => new("ledger.unwritable", $"The log cannot be written: {cause.Message}", cause);

    private static LedgerException Closed() => new("ledger.closed", "The log is closed.");

    private static LedgerException NoSuchSize(long size) => new("ledger.no-such-size", $"No checkpoint has {size} entries yet.");

    /// <param name="Partial">What a reader of this size needs beside full tiles and bundles.</param>
    internal sealed record SignedTree(Checkpoint Checkpoint, IReadOnlyList<(string Path, byte[] Bytes)> Partial);

    private sealed class Waiting(EntryDraft draft)
    {
        public EntryDraft Draft { get; } = draft;

        public Receipt? Receipt { get; set; }

        public TaskCompletionSource<Receipt> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
