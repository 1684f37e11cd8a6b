namespace Wardline.Ledger.Verify;

/// <summary>What was kept elsewhere: checkpoints that the log must have grown out of, and a copy that says where it differs.</summary>
internal sealed class Elsewhere : IDisposable
{
    private readonly IReadOnlyList<NoteKey> _keys;
    private readonly LogReader? _copy;
    private readonly IEnumerator<Kept> _kept;
    private Kept? _next;
    private long _sizeThatFits;

    /// <summary>The first entry of which the copy has another hash.</summary>
    private long? _differs;

    public Elsewhere(VerifyOptions options, IReadOnlyList<NoteKey> keys, IReadOnlyList<NoteReader> checkpoints)
    {
        _keys = keys;
        _copy = options.Against is { } copy ? new LogReader(copy) : null;
        _kept = Merge([.. checkpoints.Select(c => new Kept(c.Size, "A checkpoint kept elsewhere", c)).OrderBy(c => c.Size)], OfCopy()).GetEnumerator();
        Next();
    }

    /// <summary>How many checkpoints fitted so far.</summary>
    public long Held { get; private set; }

    /// <summary>A checkpoint of elsewhere that says something else, and is signed; null while all fit.</summary>
    public Finding? Forked { get; private set; }

    /// <summary>Holds what is next against what was kept.</summary>
    public void Pass(TreeEdge edge, BundleExam bundle)
    {
        Compare(bundle);
        while (_next is { } kept && kept.Size <= bundle.First + bundle.Width)
        {
            // Smaller ones fit already when the reading went on from an earlier one.
            if (kept.Size >= bundle.First)
            {
                Hold(kept, edge.Root(bundle.Leaves.AsSpan(0, (int)(kept.Size - bundle.First) * Hashing.Bytes)));
            }

            Next();
        }
    }

    /// <summary>What is left when the log ends: larger checkpoints than it has entries; and a copy that differs.</summary>
    /// <param name="rootIsSigned">Whether the log is what its own checkpoint says.</param>
    public Finding? AtTheEnd(long size, bool rootIsSigned)
    {
        for (; Forked is null && _next is { } kept; Next())
        {
            if (kept.Note.SignedBy(_keys) is not null)
            {
                return kept.Size == 0 ? null : new("verify.rolled-back", size, $"{kept.From} is of {kept.Size} entries, and the log has {size}: those from {size} on are gone.");
            }

            if (_copy is not null)
            {
                return new("verify.differs", null, $"{kept.From}, of {kept.Size} entries, is not signed by the log.");
            }
        }

        return !rootIsSigned ? new(
                "verify.wrong-root", _differs ?? _sizeThatFits,
                $"Every entry follows the one before, and yet this is not what was signed: the log was written anew {(_differs is { } from ? $"from entry {from} on, where the copy has another one" : _sizeThatFits > 0 ? $"behind entry {_sizeThatFits - 1}, up to which a checkpoint kept elsewhere fits" : "from an entry on that only a copy can name (--against)")}.")
            : Forked is { } forked && _differs is { } at ? forked with { Index = at, What = $"{forked.What} The first that differs is entry {at}." }
            : Forked is { } alone ? alone
            : _differs is { } differs ? new("verify.differs", differs, $"The log is what was signed, and the copy has another entry {differs}.")
            : null;
    }

    public void Dispose() => _kept.Dispose();

    private void Hold(Kept kept, byte[] root)
    {
        if (root.AsSpan().SequenceEqual(kept.Note.Root))
        {
            (Held, _sizeThatFits) = (Held + 1, kept.Size);
        }
        else if (Forked is null && kept.Note.SignedBy(_keys) is not null)
        {
            Forked = new("verify.forked", _sizeThatFits, $"{kept.From} is signed, is of {kept.Size} entries, and these are others: there are two histories.{(_sizeThatFits > 0 ? $" Up to entry {_sizeThatFits - 1} they are the same." : "")}");
        }
        else if (Forked is null)
        {
            _differs ??= _sizeThatFits;
        }
    }

    private void Compare(BundleExam bundle)
    {
        if (_copy is null || _differs is not null || _copy.ReadWidth(w => LogReader.Tile(0, bundle.Number, w), bundle.Width) is not { } tile)
        {
            return;
        }

        int same = tile.AsSpan().CommonPrefixLength(bundle.Leaves);
        if (same < Math.Min(tile.Length, bundle.Leaves.Length))
        {
            _differs = bundle.First + (same / Hashing.Bytes);
        }
    }

    private void Next() => _next = _kept.MoveNext() ? _kept.Current : null;

    private IEnumerable<Kept> OfCopy()
    {
        if (_copy is null)
        {
            yield break;
        }

        foreach ((long size, string name) in _copy.Kept())
        {
            if (_copy.ReadText(name) is { } text && NoteReader.TryRead(text) is { } note && note.Size == size)
            {
                yield return new(size, $"{name} of the copy", note);
            }
        }

        if (_copy.ReadText("checkpoint") is { } only && NoteReader.TryRead(only) is { } newest)
        {
            yield return new(newest.Size, "The checkpoint of the copy", newest);
        }
    }

    private static IEnumerable<Kept> Merge(Kept[] few, IEnumerable<Kept> many)
    {
        int i = 0;
        foreach (Kept kept in many)
        {
            while (i < few.Length && few[i].Size <= kept.Size)
            {
                yield return few[i++];
            }

            yield return kept;
        }

        while (i < few.Length)
        {
            yield return few[i++];
        }
    }

    private readonly record struct Kept(long Size, string From, NoteReader Note);
}
