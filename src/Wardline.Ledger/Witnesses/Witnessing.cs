using System.Globalization;
using Wardline.Ledger.Checkpoints;
using Wardline.Ledger.Storage;

namespace Wardline.Ledger.Witnesses;

/// <summary>When witnesses are asked, and who hears of it when one contradicts.</summary>
public sealed record WitnessingOptions
{
    /// <summary>The log's folder: what a witness has cosigned is kept there, one file a witness.</summary>
    public required string Directory { get; init; }

    public TimeSpan Every { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>A witness that has not answered by then is away.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Called once for each thing that a witness contradicts; must not throw.</summary>
    public Action<LedgerAlert> Alert { get; init; } = static _ => { };
}

/// <param name="Size">How many entries it has cosigned last.</param>
/// <param name="At">When; null when it never did.</param>
/// <param name="Code">Null; <c>ledger.witness-away</c>, <c>ledger.witness-refused</c>, <c>ledger.rolled-back</c>, <c>ledger.forked</c>.</param>
public sealed record WitnessStatus(string Name, long Size, DateTimeOffset? At, string? Code);

/// <summary>
/// Asks witnesses to cosign what the log has signed, now and then. Nothing waits for it: a witness that is away is asked again.
/// </summary>
public sealed class Witnessing : IAsyncDisposable
{
    private readonly LedgerLog _log;
    private readonly WitnessingOptions _options;
    private readonly TimeProvider _time;
    private readonly LedgerFiles _files;
    private readonly Seat[] _seats;
    private readonly SemaphoreSlim _one = new(1, 1);
    private readonly CancellationTokenSource _closing = new();
    private readonly Task _running;

    public Witnessing(LedgerLog log, IReadOnlyList<IWitness> witnesses, WitnessingOptions options, TimeProvider time)
    {
        (_log, _options, _time) = (log, options, time);
        _files = new LedgerFiles(Path.GetFullPath(options.Directory));
        _seats = [.. witnesses.Select(w => new Seat(w, Before(w.Key)))];
        _running = RunAsync();
    }

    public IReadOnlyList<WitnessStatus> Status => [.. _seats.Select(s => s.Status)];

    /// <summary>Asks all of them about the newest checkpoint now.</summary>
    public async Task AskAsync(CancellationToken cancel)
    {
        await _one.WaitAsync(cancel);
        try
        {
            Checkpoint newest = _log.Latest;
            await Task.WhenAll(_seats.Where(s => s.Status.Size < newest.Size || s.Status.Code is not null).Select(s => AskAsync(s, newest, cancel)));
        }
        finally
        {
            _one.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!_closing.IsCancellationRequested)
        {
            await _closing.CancelAsync();
            await _running;
            _closing.Dispose();
            _one.Dispose();
        }
    }

    private async Task RunAsync()
    {
        using PeriodicTimer timer = new(_options.Every, _time);
        try
        {
            while (await timer.WaitForNextTickAsync(_closing.Token))
            {
                await AskAsync(_closing.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // Closed.
        }
    }

    private async Task AskAsync(Seat seat, Checkpoint newest, CancellationToken cancel)
    {
        try
        {
            using CancellationTokenSource late = new(_options.Timeout, _time);
            using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(cancel, late.Token);
            WitnessAnswer answer = await AskAsync(seat, seat.Status.Size, newest, either.Token);
            if (answer.Status == 409 && OtherSize(answer, seat.Status.Size) is { } its && its <= newest.Size)
            {
                // It has seen more, or less, than we remember: our file, or its, is from a backup.
                answer = await AskAsync(seat, its, newest, either.Token);
            }

            Take(seat, newest, answer);
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            throw;
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // Whatever a witness does, others are asked and the log goes on.
            seat.Status = seat.Status with { Code = "ledger.witness-away" };
        }
    }

    private Task<WitnessAnswer> AskAsync(Seat seat, long old, Checkpoint newest, CancellationToken cancel) =>
        seat.Witness.AddCheckpointAsync(new(old, _log.ProveConsistency(Math.Min(old, newest.Size), newest.Size).Hashes, newest.Note), cancel);

    private void Take(Seat seat, Checkpoint newest, WitnessAnswer answer)
    {
        if (answer.Status == 200 && newest.Note + answer.Body is var note && seat.Witness.Key.TimeOf(note) is { } at)
        {
            _files.WriteWhole(seat.Witness.Key.File, SignedNote.Bytes(note));
            seat.Status = new(seat.Status.Name, newest.Size, at, null);
            return;
        }

        string name = seat.Status.Name;
        LedgerAlert? alert = answer.Status switch
        {
            409 when SizeOf(answer) is { } its && its > newest.Size =>
                new("ledger.rolled-back", newest.Size, name, $"The witness {name} has cosigned {its} entries, and the log has {newest.Size}: those from {newest.Size} on are gone."),
            409 => new("ledger.forked", null, name, $"The witness {name} has cosigned another log of {newest.Size} entries: there are two histories."),
            422 => new("ledger.forked", null, name, $"The witness {name} has cosigned what this log of {newest.Size} entries did not grow out of: there are two histories."),
            _ => null,
        };
        string code = alert?.Code ?? "ledger.witness-refused";
        if (alert is not null && seat.Status.Code != code)
        {
            _options.Alert(alert);
        }

        seat.Status = seat.Status with { Code = code };
    }

    private static long? SizeOf(WitnessAnswer answer) =>
        long.TryParse(answer.Body.TrimEnd('\n'), NumberStyles.None, CultureInfo.InvariantCulture, out long size) ? size : null;

    private static long? OtherSize(WitnessAnswer answer, long said) => SizeOf(answer) is { } size && size != said ? size : null;

    /// <summary>What this witness cosigned before we were started.</summary>
    private WitnessStatus Before(WitnessKey key) =>
        _files.TryRead(key.File) is { } bytes && System.Text.Encoding.UTF8.GetString(bytes) is var note && key.TimeOf(note) is { } at && Checkpoint.Open(note, _log.Key)?.Size is { } size && size <= _log.Latest.Size
            ? new(key.Name, size, at, null)
            : new(key.Name, 0, null, null);

    private sealed class Seat(IWitness witness, WitnessStatus status)
    {
        private volatile WitnessStatus _status = status;

        public IWitness Witness => witness;

        public WitnessStatus Status
        {
            get => _status;
            set => _status = value;
        }
    }
}
