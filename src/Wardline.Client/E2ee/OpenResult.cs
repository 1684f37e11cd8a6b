namespace Wardline.Client.E2ee;

/// <summary>What became of a sealed frame. Only <see cref="Opened"/> is ever shown.</summary>
internal enum OpenResult
{
    Opened,

    /// <summary>Its key is expected: it waits inside the session and comes back through <see cref="MemberSession.TryTakeHeld"/>.</summary>
    Held,

    /// <summary>Too short for its clear bytes or its header.</summary>
    Short,

    /// <summary>Sealed under another member's number than that of the participant whose track this is.</summary>
    WrongSender,

    /// <summary>Of an epoch that is not open: past, or not there in time.</summary>
    NoKey,

    /// <summary>Opened before, or too far below the newest one.</summary>
    Replayed,

    /// <summary>A counter further above the newest one than a genuine sender can get.</summary>
    Ahead,

    /// <summary>Tag, header, clear bytes or source are not those that were sealed.</summary>
    Forged,
}

/// <summary>A frame that waited for its key and is handed on now, or was given up.</summary>
/// <param name="Participant">Whose track it came on.</param>
/// <param name="Tag">What the caller gave to <see cref="MemberSession.Open"/> along with it.</param>
/// <param name="Result">Never <see cref="OpenResult.Held"/>.</param>
/// <param name="Length">Of the opened frame in the caller's buffer; 0 unless it was opened.</param>
internal readonly record struct HeldFrame(string Participant, MediaSource Source, long Tag, OpenResult Result, int Length);

/// <summary>Counts of one session, for as long as it lives.</summary>
internal sealed class E2eeCounters
{
    private readonly long[] _results = new long[Enum.GetValues<OpenResult>().Length];

    public long Sealed { get; set; }

    public long Unsealable { get; set; }

    public long BadMessages { get; set; }

    public long BadRoster { get; set; }

    public long this[OpenResult result] => _results[(int)result];

    public OpenResult Count(OpenResult result)
    {
        _results[(int)result]++;
        return result;
    }
}
