using System.Globalization;
using System.Security.Cryptography;
using Wardline.Ledger.Checkpoints;
using Wardline.Ledger.Storage;
using Wardline.Ledger.Tree;

namespace Wardline.Ledger.Witnesses;

/// <summary>
/// Remembers the newest checkpoint of each log that it knows, and cosigns another one only when that grew out of it: C2SP
/// tlog-witness. Belongs on a machine, and to people, of whom the log's keepers are none. For many callers at once, of one process.
/// </summary>
public sealed class Witness : IWitness, IDisposable
{
    private readonly LedgerFiles _files;
    private readonly FileStream _lock;
    private readonly ECDsa _key;
    private readonly IReadOnlyList<VerifierKey> _logs;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();

    /// <param name="directory">What it remembers; made when it is not there.</param>
    /// <param name="key">On P-256, for nothing else; disposed with this.</param>
    /// <param name="logs">Keys of the logs that it knows; more than one of a log while its key is replaced.</param>
    /// <exception cref="LedgerException"><c>ledger.locked</c>: another process has the folder; <c>ledger.bad-key</c>; <c>ledger.unwritable</c>.</exception>
    public Witness(string directory, string name, ECDsa key, IReadOnlyList<VerifierKey> logs, TimeProvider time)
    {
        Key = WitnessKey.Of(name, key);
        (_key, _logs, _time) = (key, logs, time);
        _files = new LedgerFiles(Path.GetFullPath(directory));
        _lock = LedgerFiles.Hold(directory);
    }

    public WitnessKey Key { get; }

    Task<WitnessAnswer> IWitness.AddCheckpointAsync(AddCheckpoint request, CancellationToken cancel) => Task.FromResult(Add(request));

    /// <param name="body">As it came, from anybody.</param>
    /// <exception cref="IOException">What it cosigned cannot be remembered: then it has not cosigned.</exception>
    public WitnessAnswer Add(string body) => AddCheckpoint.TryParse(body) is { } request ? Add(request) : new(400, "This is no request of C2SP tlog-witness.\n");

    /// <exception cref="IOException">What it cosigned cannot be remembered: then it has not cosigned.</exception>
    public WitnessAnswer Add(AddCheckpoint request)
    {
        // 1. Whose is it, and have they signed it?
        if (Checkpoint.OriginOf(request.Note) is not { } origin)
        {
            return new(400, "This is no checkpoint.\n");
        }

        VerifierKey[] keys = [.. _logs.Where(l => l.Name == origin)];
        if (keys.Length == 0)
        {
            return new(404, "This log is not known here.\n");
        }

        if (keys.Select(k => Checkpoint.Open(request.Note, k)).FirstOrDefault(c => c is not null) is not { } signed)
        {
            return new(403, "The log has not signed this.\n");
        }

        if (request.OldSize > signed.Size)
        {
            return new(400, "The old size is larger than the new one.\n");
        }

        lock (_gate)
        {
            // 2. Does it go on from what was cosigned last? 3. Remembered first, cosigned then.
            Checkpoint? last = Last(origin, keys);
            if (request.OldSize != (last?.Size ?? 0) || (last is not null && last.Size == signed.Size && !last.Root.AsSpan().SequenceEqual(signed.Root)))
            {
                return new(409, (last?.Size ?? 0).ToString(CultureInfo.InvariantCulture) + "\n");
            }

            byte[] before = last?.Root ?? TreeHash.Empty;
            if (!ProofCheck.Consistency(new(request.OldSize, signed.Size, request.Proof), before, signed.Root))
            {
                return new(422, "The new checkpoint did not grow out of the old one.\n");
            }

            _files.WriteWhole(FileOf(origin), SignedNote.Bytes(signed.Note));
        }

        SignedNote.TrySplit(signed.Note, out string text, out _);
        return new(200, Key.Line(_key, _time.GetUtcNow().ToUnixTimeSeconds(), text));
    }

    /// <summary>Cosigns the log in a folder, or a copy of it, when it grew out of what was cosigned last.</summary>
    /// <returns>The checkpoint with the cosignature.</returns>
    /// <exception cref="LedgerException">
    /// <c>ledger.bad-checkpoint</c>: there is none, or none of a log that is known here. <c>ledger.rolled-back</c>, <c>ledger.forked</c>:
    /// it is not what was seen before; nothing was cosigned. <c>ledger.damaged</c>: a tile is not there.
    /// </exception>
    public string Cosign(string logDirectory)
    {
        LedgerFiles log = new(Path.GetFullPath(logDirectory));
        string note = log.TryRead("checkpoint") is { } bytes ? System.Text.Encoding.UTF8.GetString(bytes) : "";
        VerifierKey[] keys = [.. _logs.Where(l => l.Name == Checkpoint.OriginOf(note))];
        Checkpoint signed = keys.Select(k => Checkpoint.Open(note, k)).FirstOrDefault(c => c is not null)
            ?? throw new LedgerException("ledger.bad-checkpoint", $"In {logDirectory} is no checkpoint that a log which is known here has signed.");
        long old;
        lock (_gate)
        {
            old = Last(signed.Origin, keys)?.Size ?? 0;
        }

        if (old > signed.Size)
        {
            throw new LedgerException("ledger.rolled-back", $"This witness has cosigned {old} entries, and the log has {signed.Size}: those from {signed.Size} on are gone.");
        }

        WitnessAnswer answer = Add(new AddCheckpoint(old, new ProofBuilder(new FolderTiles(log, signed.Size).Read, signed.Size).Consistency(old).Hashes, signed.Note));
        return answer.Status == 200
            ? signed.Note + answer.Body
            : throw new LedgerException("ledger.forked", $"The log of {signed.Size} entries did not grow out of the {old} that this witness has cosigned: there are two histories.");
    }

    public void Dispose()
    {
        _lock.Dispose();
        _key.Dispose();
    }

    private static string FileOf(string origin) => Convert.ToHexStringLower(SHA256.HashData(SignedNote.Bytes(origin)));

    private Checkpoint? Last(string origin, VerifierKey[] keys)
    {
        if (_files.TryRead(FileOf(origin)) is not { } bytes)
        {
            return null;
        }

        string note = System.Text.Encoding.UTF8.GetString(bytes);
        return keys.Select(k => Checkpoint.Open(note, k)).FirstOrDefault(c => c is not null)
            ?? throw new LedgerException("ledger.damaged", $"What this witness remembers of {origin} is not signed by a key that it was given. While a key is replaced, give both.");
    }
}

/// <summary>The tiles of a log of that size, read from its folder.</summary>
internal sealed class FolderTiles(ILedgerFiles files, long size)
{
    /// <exception cref="LedgerException"><c>ledger.damaged</c>.</exception>
    public ReadOnlyMemory<byte> Read(int level, long index, int width)
    {
        int there = (int)Math.Min(TilePath.Width, (size >> (8 * level)) - (index * TilePath.Width));
        byte[]? tile = files.TryRead(TilePath.Tile(level, index)) ?? (there is > 0 and < TilePath.Width ? files.TryRead(TilePath.Tile(level, index, there)) : null);
        return tile?.Length >= width * TreeHash.Bytes
            ? tile
            : throw new LedgerException("ledger.damaged", $"{TilePath.Tile(level, index, Math.Clamp(there, 1, TilePath.Width))} is not there, or too short.");
    }
}
