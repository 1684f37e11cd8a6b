namespace Wardline.Ledger.Verify;

/// <summary>What is held against what.</summary>
public sealed record VerifyOptions
{
    /// <summary>A log, or a copy of one: a folder in the form of C2SP tlog-tiles. Only read.</summary>
    public required string Directory { get; init; }

    /// <summary>
    /// C2SP verifier keys, one of which must have signed. Without any, those that lie beside the log, which prove only that it
    /// fits together.
    /// </summary>
    public IReadOnlyList<string> Keys { get; init; } = [];

    /// <summary>Checkpoints (the whole signed notes) that somebody kept elsewhere: the log must have grown out of each.</summary>
    public IReadOnlyList<string> Checkpoints { get; init; } = [];

    /// <summary>A copy that the log's machine cannot write over: says which entry is the first that differs.</summary>
    public string? Against { get; init; }

    /// <summary>
    /// Verifier keys of witnesses, each of which must have cosigned a checkpoint that the log has grown out of: its newest, the one in
    /// <c>witness/</c> beside it, or one of <see cref="Checkpoints"/>.
    /// </summary>
    public IReadOnlyList<string> Witnesses { get; init; } = [];

    /// <summary>Where an earlier run of this process ended (<see cref="VerifyReport.State"/>): what it has read is not read again.</summary>
    public VerifyState? From { get; init; }

    /// <summary>How many bundles are recomputed at once, in groups; memory is bounded by it.</summary>
    public int Parallel { get; init; } = Math.Clamp(Environment.ProcessorCount, 1, 16);

    /// <summary>Visits whose chains of keys are held in memory at once; a log with more is read again for the others.</summary>
    internal int MaxKeyChains { get; init; } = 250_000;
}

/// <summary>What is wrong.</summary>
/// <param name="Code">Permanent: <c>verify.…</c> (README.md, "Codes of the verifier").</param>
/// <param name="Index">The first entry that is wrong; where that cannot be told, the first that may be; null when it is about no entry.</param>
/// <param name="What">In a sentence.</param>
public sealed record Finding(string Code, long? Index, string What);

/// <param name="Origin">The log's name; empty when no checkpoint could be read.</param>
/// <param name="Size">How many entries the log has signed.</param>
/// <param name="Root">RFC 9162 root as it was recomputed, base64; null when it came not that far.</param>
/// <param name="Read">How many entries were read and fit: all, when nothing is wrong.</param>
/// <param name="Unsigned">Entries that are durable in the journal, and that no checkpoint covers yet.</param>
/// <param name="SignedBy">The verifier key whose signature was good.</param>
/// <param name="Held">How many checkpoints from elsewhere the log has grown out of.</param>
/// <param name="Finding">The first thing that is wrong; null when all holds.</param>
public sealed record VerifyReport(
    string Origin, long Size, string? Root, long Read, long Unsigned, string? SignedBy, long Held, Finding? Finding)
{
    /// <summary>What each witness that was asked for has cosigned last.</summary>
    public IReadOnlyList<Cosignature> Witnessed { get; init; } = [];

    /// <summary>To go on from in this process, when more has been written; null when something is wrong.</summary>
    public VerifyState? State { get; init; }
}

/// <summary>Somebody else saw the log with so many entries, and that it had grown out of what they had seen before.</summary>
public sealed record Cosignature(string Witness, long Size, DateTimeOffset Time);

/// <summary>What is known of the part of a log that was read.</summary>
public sealed class VerifyState
{
    internal VerifyState(TreeEdge edge, byte[] leafBefore, byte[] timeBefore, KeyChains? keys) =>
        (Edge, LeafBefore, TimeBefore, Keys) = (edge, leafBefore, timeBefore, keys);

    /// <summary>So many entries need not be read again; a multiple of 256.</summary>
    public long Size => Edge.Size;

    internal TreeEdge Edge { get; }

    internal byte[] LeafBefore { get; }

    internal byte[] TimeBefore { get; }

    internal KeyChains? Keys { get; }
}
