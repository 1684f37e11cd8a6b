using System.Globalization;
using Wardline.Ledger.Checkpoints;
using Wardline.Ledger.Storage;
using Wardline.Ledger.Tree;

namespace Wardline.Ledger.Copies;

/// <summary>When copies are made, and who hears of it when one contradicts.</summary>
public sealed record CopyOptions
{
    /// <summary>How much may be lost with the first place.</summary>
    public TimeSpan Every { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>For one file; a place that takes longer is away.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Called once for each place that contradicts; must not throw.</summary>
    public Action<LedgerAlert> Alert { get; init; } = static _ => { };
}

/// <summary>How a second place stands.</summary>
public enum CopyState
{
    /// <summary>It has the newest checkpoint that there was when it was looked at last.</summary>
    Current,

    /// <summary>It takes what it is given, and has not all of it yet.</summary>
    Behind,

    /// <summary>It does not answer, or takes nothing; tried again each time.</summary>
    Away,

    /// <summary>It has another history than this log. Nothing goes there any more: a person has to look.</summary>
    Differs,
}

/// <param name="Size">Entries of the newest checkpoint that is there.</param>
/// <param name="At">When that was seen; null when it never was.</param>
/// <param name="Code">Null; <c>ledger.copy-away</c>, <c>ledger.copy-differs</c>, <c>ledger.rolled-back</c>.</param>
public sealed record CopyStatus(string Name, CopyState State, long Size, DateTimeOffset? At, string? Code);

/// <summary>
/// Copies what the log has signed to second places: tiles and bundles first, the checkpoint over them last. Reads what is signed and
/// durable, so that an append never waits for it; goes on from the newest checkpoint that a place has, however long it was away.
/// </summary>
public sealed class LogCopier : IAsyncDisposable
{
    private readonly LedgerLog _log;
    private readonly CopyOptions _options;
    private readonly TimeProvider _time;
    private readonly Copy[] _copies;
    private readonly CancellationTokenSource _closing = new();
    private readonly Task _running;

    public LogCopier(LedgerLog log, IReadOnlyList<ICopyPlace> places, CopyOptions options, TimeProvider time)
    {
        (_log, _options, _time) = (log, options, time);
        _copies = [.. places.Select(p => new Copy(p))];
        _running = Task.WhenAll(_copies.Select(RunAsync));
    }

    public IReadOnlyList<CopyStatus> Status => [.. _copies.Select(c => c.Status)];

    /// <summary>Copies what is signed now to every place that takes it.</summary>
    public Task CopyAsync(CancellationToken cancel) => Task.WhenAll(_copies.Select(c => CopyAsync(c, cancel)));

    public async ValueTask DisposeAsync()
    {
        if (!_closing.IsCancellationRequested)
        {
            await _closing.CancelAsync();
            await _running;
            _closing.Dispose();
            Array.ForEach(_copies, c => c.One.Dispose());
        }
    }

    private async Task RunAsync(Copy copy)
    {
        using PeriodicTimer timer = new(_options.Every, _time);
        try
        {
            while (await timer.WaitForNextTickAsync(_closing.Token))
            {
                await CopyAsync(copy, _closing.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // Closed.
        }
    }

    private async Task CopyAsync(Copy copy, CancellationToken cancel)
    {
        await copy.One.WaitAsync(cancel);
        try
        {
            if (copy.Status.State != CopyState.Differs)
            {
                await PassAsync(copy, cancel);
            }
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            throw;
        }
        catch (ContradictionException e)
        {
            copy.Status = copy.Status with { State = CopyState.Differs, Code = e.Alert.Code };
            _options.Alert(e.Alert);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // Whatever a place does, the others go on, and it is tried again.
            copy.From = null;
            copy.Status = copy.Status with { State = CopyState.Away, Code = "ledger.copy-away" };
        }
        finally
        {
            copy.One.Release();
        }
    }

    // 1. Where is it? 2. What is full and new, 3. what is not full, 4. the checkpoint. 5. Is it there?
    private async Task PassAsync(Copy copy, CancellationToken cancel)
    {
        if (copy.From is null)
        {
            await BeginAsync(copy, cancel);
        }

        (Checkpoint signed, IReadOnlyList<(string Path, byte[] Bytes)> partial) = _log.Signed;
        if (copy.Status.Size < signed.Size)
        {
            for (long end = copy.From!.Value + TilePath.Width; end <= signed.Size; end += TilePath.Width)
            {
                await PutAsync(copy, TilePath.Entries((end / TilePath.Width) - 1), null, cancel);
                for (int level = 0; level <= TilePath.MaxLevel && end % (1L << (8 * (level + 1))) == 0; level++)
                {
                    await PutAsync(copy, TilePath.Tile(level, (end >> (8 * (level + 1))) - 1), null, cancel);
                }

                copy.From = end;
            }

            foreach ((string path, byte[] bytes) in partial)
            {
                await PutAsync(copy, path, bytes, cancel);
            }

            await PutCheckpointAsync(copy, signed, cancel);
        }

        long there = await NewestAsync(copy, cancel);
        copy.Status = new(copy.Status.Name, there >= signed.Size ? CopyState.Current : CopyState.Behind, there, _time.GetUtcNow(), null);
    }

    /// <summary>What the place has must be this log, as far as it goes.</summary>
    private async Task BeginAsync(Copy copy, CancellationToken cancel)
    {
        await PutAsync(copy, CopyPath.Key, SignedNote.Bytes(_log.Key + "\n"), cancel);
        long newest = await NewestAsync(copy, cancel);
        if (newest > 0)
        {
            Checkpoint? there = await ReadCheckpointAsync(copy, newest, cancel);
            if (there is null || newest > _log.Latest.Size)
            {
                throw Contradicts(copy, there is null ? "ledger.copy-differs" : "ledger.rolled-back", _log.Latest.Size, there is null
                    ? $"its checkpoint of {newest} entries is not signed by this log"
                    : $"it has a checkpoint of {newest} entries, and the log has {_log.Latest.Size}: those from there on are gone");
            }

            HoldTo(copy, there);
        }

        copy.Status = copy.Status with { Size = newest };
        copy.From = newest / TilePath.Width * TilePath.Width;
    }

    private async Task PutCheckpointAsync(Copy copy, Checkpoint signed, CancellationToken cancel)
    {
        if (!await WithinAsync(c => copy.Place.TryCreateAsync(CopyPath.Checkpoint(signed.Size), SignedNote.Bytes(signed.Note), c), cancel))
        {
            // Two signatures of one checkpoint are not the same bytes; what they sign is.
            HoldTo(copy, await ReadCheckpointAsync(copy, signed.Size, cancel) ?? throw Contradicts(copy, "ledger.copy-differs", null, $"its checkpoint of {signed.Size} entries is not signed by this log"));
        }
    }

    private void HoldTo(Copy copy, Checkpoint there)
    {
        if (!_log.RootAt(there.Size).AsSpan().SequenceEqual(there.Root))
        {
            throw Contradicts(copy, "ledger.copy-differs", null, $"its first {there.Size} entries were signed, too, and are not those of this log");
        }
    }

    private async Task<Checkpoint?> ReadCheckpointAsync(Copy copy, long size, CancellationToken cancel) =>
        await WithinAsync(c => copy.Place.TryReadAsync(CopyPath.Checkpoint(size), c), cancel) is { } note
        && Checkpoint.Open(System.Text.Encoding.UTF8.GetString(note), _log.Key) is { } checkpoint && checkpoint.Size == size ? checkpoint : null;

    /// <param name="bytes">Null for those of the file of that name in the log, which is written once.</param>
    private async Task PutAsync(Copy copy, string path, byte[]? bytes, CancellationToken cancel)
    {
        bytes ??= _log.ReadFile(path);
        if (!await WithinAsync(c => copy.Place.TryCreateAsync(path, bytes, c), cancel)
            && await WithinAsync(c => copy.Place.TryReadAsync(path, c), cancel) is { } there && !there.AsSpan().SequenceEqual(bytes))
        {
            throw Contradicts(copy, "ledger.copy-differs", null, $"its {path} is another one");
        }
    }

    private async Task<long> NewestAsync(Copy copy, CancellationToken cancel)
    {
        string folder = CopyPath.Checkpoints;
        long size = 0;
        for (int group = 0; group < CopyPath.Groups; group++)
        {
            IReadOnlyList<string> names = await WithinAsync(c => copy.Place.ListAsync(folder, c), cancel);
            if (names.Where(CopyPath.IsGroup).Max(StringComparer.Ordinal) is not { } last)
            {
                return 0;
            }

            (folder, size) = ($"{folder}/{last}", (size * 1000) + int.Parse(last, CultureInfo.InvariantCulture));
        }

        return size;
    }

    private async Task<T> WithinAsync<T>(Func<CancellationToken, Task<T>> ask, CancellationToken cancel)
    {
        using CancellationTokenSource late = new(_options.Timeout, _time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(cancel, late.Token);

        // A place that does not even listen to the end of its time is left alone with it.
        return await ask(either.Token).WaitAsync(either.Token);
    }

    private static ContradictionException Contradicts(Copy copy, string code, long? index, string how) =>
        new(new LedgerAlert(code, index, copy.Place.Name, $"The copy {copy.Place.Name} contradicts the log: {how}."));

    private sealed class ContradictionException(LedgerAlert alert) : Exception(alert.What)
    {
        public LedgerAlert Alert => alert;
    }

    private sealed class Copy(ICopyPlace place)
    {
        private volatile CopyStatus _status = new(place.Name, CopyState.Behind, 0, null, null);

        public ICopyPlace Place => place;

        public SemaphoreSlim One { get; } = new(1, 1);

        /// <summary>All full tiles below are there; null when that is not known.</summary>
        public long? From { get; set; }

        public CopyStatus Status
        {
            get => _status;
            set => _status = value;
        }
    }
}
