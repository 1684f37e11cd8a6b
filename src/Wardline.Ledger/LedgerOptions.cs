namespace Wardline.Ledger;

/// <summary>Where a log lies, and how it is kept.</summary>
public sealed record LedgerOptions
{
    /// <summary>A folder of this machine, for one process at a time.</summary>
    public required string Directory { get; init; }

    /// <summary>How often a checkpoint is made when entries have come.</summary>
    public TimeSpan CheckpointEvery { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Entries that are durable and in no bundle on the disk yet: beyond that, whoever writes more waits, or is refused while tiles cannot be written.</summary>
    public int MaxWaiting { get; init; } = 200_000;
}

/// <summary>An entry is durable.</summary>
/// <param name="Leaf">Its RFC 9162 leaf hash, 32 bytes.</param>
public sealed record Receipt(long Index, DateTimeOffset Time, byte[] Leaf);
