namespace Wardline.Ledger.Verify;

/// <summary>
/// Recomputes a log from its entries and holds every hash, tile and signature against it. Reads the published formats by
/// itself, with none of the code that writes them, offline, in bounded memory.
/// <list type="number">
/// <item>The checkpoint is signed by the log's key, and cosigned by the witnesses that are asked for.</item>
/// <item>Bundles are recomputed, some at once: each entry in its one form, in its place, behind the one that it names.</item>
/// <item>In their order they make the tree; each tile is what its entries make, each checkpoint from elsewhere what was there then.</item>
/// <item>The root is the signed one.</item>
/// <item>The journal goes on from there.</item>
/// </list>
/// </summary>
public sealed class LogVerifier(VerifyOptions options)
{
    private const int BundlesInGroup = 16;

    private readonly LogReader _log = new(options.Directory);

    /// <param name="progress">Entries read and entries in all, now and then.</param>
    /// <exception cref="OperationCanceledException">Nothing is said of what was read so far.</exception>
    /// <exception cref="IOException">A file cannot be read, and not because it is not there.</exception>
    public VerifyReport Run(Action<long, long>? progress = null, CancellationToken cancel = default)
    {
        if (Begin(out NoteKey[] keys, out List<NoteReader> elsewhere, out NoteReader? signed, out NoteKey? by, out List<Cosignature> cosigned) is { } wrong)
        {
            return new(signed?.Origin ?? "", signed?.Size ?? 0, null, 0, 0, null, 0, wrong);
        }

        using Elsewhere kept = new(options, keys, elsewhere);
        Walk walk = new(this, signed!.Size, options.From);
        Finding? finding = walk.Run(kept, progress, cancel);
        byte[]? root = finding is null ? walk.Root() : null;
        finding ??= kept.AtTheEnd(signed.Size, root.AsSpan().SequenceEqual(signed.Root)) ?? walk.OtherKeyChains(progress, cancel);
        long unsigned = 0;
        if (finding is null)
        {
            (unsigned, finding) = new JournalReader(_log).Read(signed.Size, walk.LastLeaf, walk.LeafInTile, cancel);
        }

        return new(signed.Origin, signed.Size, root is null ? null : Convert.ToBase64String(root), walk.Read, unsigned, by!.Text, kept.Held, finding)
        {
            State = finding is null ? walk.State : null,
            Witnessed = finding is null ? cosigned : [],
        };
    }

    private Finding? Begin(out NoteKey[] keys, out List<NoteReader> elsewhere, out NoteReader? signed, out NoteKey? by, out List<Cosignature> cosigned)
    {
        (elsewhere, signed, by, cosigned) = ([], null, null, []);
        keys = [.. (options.Keys.Count > 0 ? options.Keys : _log.ReadText("log.vkey")?.Split('\n', StringSplitOptions.RemoveEmptyEntries) ?? []).Select(NoteKey.TryParse).OfType<NoteKey>().Where(k => !k.IsWitness)];
        if (keys.Length == 0)
        {
            return new("verify.no-key", null, "There is no key to hold signatures against: neither was one given, nor is there a log.vkey with one.");
        }

        if ((_log.ReadText("checkpoint") ?? _log.NewestKept()) is not { } note)
        {
            return new("verify.no-checkpoint", null, $"{options.Directory} has no checkpoint: it is no log, or somebody took it away.");
        }

        if (NoteReader.TryRead(note) is not { } read || read.SignedBy(keys) is not { } key)
        {
            return new("verify.bad-signature", null, $"The checkpoint is not signed by {keys[0].Name} with a key that was given.");
        }

        (signed, by) = (read, key);
        foreach (string text in options.Checkpoints)
        {
            if (NoteReader.TryRead(text) is not { } other || other.SignedBy(keys) is null)
            {
                return new("verify.bad-signature", null, $"A checkpoint that was kept elsewhere is not signed by {keys[0].Name} with a key that was given.");
            }

            elsewhere.Add(other);
        }

        return Witnesses(keys, read, elsewhere, cosigned);
    }

    /// <summary>
    /// A witness answers after the log has signed: what it has cosigned lies beside the log, and is as a rule a little older than
    /// the newest checkpoint. The log has to have grown out of it, as out of any other that was kept.
    /// </summary>
    private Finding? Witnesses(NoteKey[] keys, NoteReader signed, List<NoteReader> elsewhere, List<Cosignature> cosigned)
    {
        foreach (string wanted in options.Witnesses)
        {
            if (NoteKey.TryParse(wanted) is not { IsWitness: true } witness)
            {
                return new("verify.no-key", null, $"'{wanted}' is no key of a witness.");
            }

            NoteReader? beside = _log.ReadText($"witness/{witness.Id.ToString("x8", System.Globalization.CultureInfo.InvariantCulture)}") is { } text ? NoteReader.TryRead(text) : null;
            (NoteReader Note, DateTimeOffset Time)? found = null;
            foreach (NoteReader note in ((NoteReader?[])[signed, beside, .. elsewhere]).OfType<NoteReader>())
            {
                if ((found is null || note.Size > found.Value.Note.Size) && note.SignedBy(keys) is not null && note.CosignedAt(witness) is { } time)
                {
                    found = (note, time);
                }
            }

            if (found is not { } best)
            {
                return new("verify.not-witnessed", null, $"No checkpoint of this log is cosigned by {witness.Name}.");
            }

            cosigned.Add(new(witness.Name, best.Note.Size, best.Time));
            elsewhere.Add(best.Note);
        }

        return null;
    }

    /// <summary>One reading of the log, from its first bundle to its last, or on from where another ended.</summary>
    private sealed class Walk
    {
        private readonly LogVerifier _of;
        private readonly long _size;
        private readonly TreeEdge _edge;
        private readonly KeyChains _keys;
        private byte[] _leafBefore = [];
        private byte[] _timeBefore = [];
        private byte[] _open = [];

        public Walk(LogVerifier of, long size, VerifyState? from)
        {
            (_of, _size) = (of, size);
            bool goesOn = from is not null && from.Size <= size;
            _edge = goesOn ? from!.Edge.Copy() : new TreeEdge();
            _keys = goesOn && from!.Keys is { } keys ? keys.Copy() : new KeyChains(of.Options.MaxKeyChains);
            if (goesOn)
            {
                (_leafBefore, _timeBefore) = (from!.LeafBefore, from.TimeBefore);
            }

            State = Now();
        }

        public long Read { get; private set; }

        public VerifyState State { get; private set; }

        public byte[] LastLeaf => _leafBefore;

        private LogReader Log => _of._log;

        public byte[] Root() => _edge.Root(_open);

        public Finding? Run(Elsewhere kept, Action<long, long>? progress, CancellationToken cancel)
        {
            Read = _edge.Size;
            foreach (BundleExam bundle in _of.Exams(_edge.Size / LogReader.Width, _size, cancel))
            {
                if (!bundle.IsWhole || !Follows(bundle))
                {
                    return new Autopsy(Log, _size).Find(bundle.Number, _leafBefore, _timeBefore, cancel)
                        ?? new("verify.unsteady", bundle.First, $"{LogReader.Entries(bundle.Number, bundle.Width)} was something else a moment ago: somebody changes it while it is read.");
                }

                kept.Pass(_edge, bundle);
                foreach (KeyLink link in bundle.Keys)
                {
                    if (_keys.Add(link) is { } contradiction)
                    {
                        return contradiction;
                    }
                }

                (_leafBefore, _timeBefore) = (bundle.Leaves[^Hashing.Bytes..], bundle.LastTime);
                Read += bundle.Width;
                if (bundle.Width < LogReader.Width)
                {
                    _open = bundle.Leaves;
                }
                else if (_edge.Add(bundle.Root, CheckTile) is { } finding)
                {
                    return finding;
                }

                if (bundle.Number % LogReader.Width == 0)
                {
                    progress?.Invoke(Read, _size);
                }

                if (bundle.Width == LogReader.Width && bundle.First + (2 * LogReader.Width) > _size)
                {
                    State = Now();
                }
            }

            return _edge.CheckOpen(CheckTile);
        }

        /// <summary>When there were too many visits to keep the ends of all their chains in memory, the others are looked at now.</summary>
        public Finding? OtherKeyChains(Action<long, long>? progress, CancellationToken cancel)
        {
            Queue<(UInt128, UInt128)> left = new(_keys.Left);
            while (left.TryDequeue(out (UInt128 Mask, UInt128 Value) part))
            {
                KeyChains keys = new(_of.Options.MaxKeyChains, part.Mask, part.Value);
                foreach (BundleExam bundle in _of.Exams(0, _size, cancel))
                {
                    foreach (KeyLink link in bundle.Keys)
                    {
                        if (keys.Add(link) is { } contradiction)
                        {
                            return contradiction;
                        }
                    }

                    if (bundle.Number % LogReader.Width == 0)
                    {
                        progress?.Invoke(bundle.First, _size);
                    }
                }

                foreach ((UInt128, UInt128) further in keys.Left)
                {
                    left.Enqueue(further);
                }
            }

            return null;
        }

        public byte[] LeafInTile(long index)
        {
            (long number, int at) = (index / LogReader.Width, (int)(index % LogReader.Width) * Hashing.Bytes);
            if (_tileInHand.Number != number)
            {
                int width = (int)Math.Min(LogReader.Width, _size - (number * LogReader.Width));
                _tileInHand = (number, Log.ReadWidth(w => LogReader.Tile(0, number, w), width) ?? []);
            }

            return _tileInHand.Hashes.Length >= at + Hashing.Bytes ? _tileInHand.Hashes[at..(at + Hashing.Bytes)] : [];
        }

        private (long Number, byte[] Hashes) _tileInHand = (-1, []);

        private bool Follows(BundleExam bundle) =>
            System.Text.Encoding.ASCII.GetString(bundle.FirstPrevious) == (_leafBefore.Length == 0 ? "" : System.Buffers.Text.Base64Url.EncodeToString(_leafBefore))
            && (_timeBefore.Length == 0 || bundle.FirstTime.AsSpan().SequenceCompareTo(_timeBefore) >= 0);

        private Finding? CheckTile(int level, long number, ReadOnlySpan<byte> hashes)
        {
            int width = hashes.Length / Hashing.Bytes;
            string name = LogReader.Tile(level, number, width);
            long first = number << (8 * (level + 1)), each = 1L << (8 * level);
            if (Log.ReadWidth(w => LogReader.Tile(level, number, w), width) is not { } tile)
            {
                return new("verify.missing", first, $"{name} is not there: hashes over entries {first} to {first + (width * each) - 1}.");
            }

            int same = tile.AsSpan().CommonPrefixLength(hashes);
            return same == hashes.Length && (tile.Length == same || width < LogReader.Width)
                ? null
                : new("verify.wrong-tile", first + (same / Hashing.Bytes * each), $"{name} is not what its entries make.");
        }

        private VerifyState Now() => new(_edge.Copy(), _leafBefore, _timeBefore, _keys.Copy());
    }

    private VerifyOptions Options => options;

    /// <summary>All bundles in their order, some groups ahead of the one that is asked for.</summary>
    private IEnumerable<BundleExam> Exams(long from, long size, CancellationToken cancel)
    {
        long bundles = (size + LogReader.Width - 1) / LogReader.Width;
        Queue<Task<BundleExam[]>> ahead = new();
        long next = from;
        try
        {
            while (true)
            {
                for (; ahead.Count <= options.Parallel && next < bundles; next += BundlesInGroup)
                {
                    (long first, long end) = (next, Math.Min(bundles, next + BundlesInGroup));
                    ahead.Enqueue(Task.Run(() => Group(first, end, size, cancel), cancel));
                }

                if (!ahead.TryDequeue(out Task<BundleExam[]>? group))
                {
                    yield break;
                }

                foreach (BundleExam exam in group.GetAwaiter().GetResult())
                {
                    yield return exam;
                }
            }
        }
        finally
        {
            foreach (Task task in ahead)
            {
                _ = task.ContinueWith(static t => _ = t.Exception, TaskScheduler.Default);
            }
        }
    }

    private BundleExam[] Group(long first, long end, long size, CancellationToken cancel)
    {
        BundleExam[] exams = new BundleExam[end - first];
        for (long bundle = first; bundle < end; bundle++)
        {
            cancel.ThrowIfCancellationRequested();
            exams[bundle - first] = BundleExam.Of(_log, bundle, (int)Math.Min(LogReader.Width, size - (bundle * LogReader.Width)));
        }

        return exams;
    }
}
