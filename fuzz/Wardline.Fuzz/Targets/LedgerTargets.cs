using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Wardline.Fuzz.Running;
using Wardline.Ledger;
using Wardline.Ledger.Checkpoints;
using Wardline.Ledger.Entries;
using Wardline.Ledger.Storage;
using Wardline.Ledger.Tree;
using Wardline.Ledger.Verify;
using Wardline.Ledger.Witnesses;

namespace Wardline.Fuzz.Targets;

/// <summary>Checkpoints, the keys and requests around them: what is taken was signed, and the verifier's own reader agrees with the log's.</summary>
internal sealed class CheckpointTarget : IFuzzTarget
{
    private readonly VerifierKey _key;
    private readonly NoteKey[] _keys;
    private readonly WitnessKey _witness;
    private readonly string _text;
    private readonly string _note;

    public CheckpointTarget()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        _key = VerifierKey.Of("fuzz.test/log", key);
        _keys = [NoteKey.TryParse(_key.ToString())!];
        _witness = WitnessKey.Of("fuzz.test/w", key);
        _text = Checkpoint.TextOf("fuzz.test/log", 259, SHA256.HashData("a root"u8));
        _note = _text + "\n" + SignedNote.Line(_key.Name, _key.KeyId, key.SignData(Encoding.UTF8.GetBytes(_text), HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence));
        Promise.Hold(Checkpoint.Open(_note, _key) is not null, "A signed checkpoint is one.");
    }

    public string Name => "checkpoint";

    public int MaxBytes => 4_096;

    // The note's lines, and the keys that OpenSSL is given.
    public long AllocationBudget => 512 * 1024;

    public IEnumerable<byte[]> Seeds => new[] { _note, _note + "— other.test/w AAAAAAAA\n", _key.ToString(), _witness.ToString(), new AddCheckpoint(7, [SHA256.HashData([])], _note).ToString() }.Select(Encoding.UTF8.GetBytes);

    public IEnumerable<byte[]> Dictionary => new[] { "\n", "\n\n", "— ", "fuzz.test/log", "old ", "0", "259", "+", "=", "AAAA" }.Select(Encoding.UTF8.GetBytes);

    public void Run(ReadOnlySpan<byte> input)
    {
        string text = Encoding.UTF8.GetString(input);
        Checkpoint? taken = Checkpoint.Open(text, _key);
        Promise.Hold(taken is null || text.StartsWith(_text + "\n", StringComparison.Ordinal), "Nobody else signs checkpoints.");
        NoteReader? read = NoteReader.TryRead(text);
        Promise.Hold(taken is null || (read?.SignedBy(_keys) is not null && read.Size == taken.Size && read.Root.AsSpan().SequenceEqual(taken.Root)), "The verifier takes what the log takes.");
        Promise.Hold(_witness.TimeOf(text) is null, "Nobody cosigned.");
        Promise.Hold(VerifierKey.TryParse(text) is not { } key || key.ToString() == text.Trim(), "A key is written as it was read.");
        Promise.Hold(WitnessKey.TryParse(text) is not { } witness || witness.ToString() == text.Trim(), "A key is written as it was read.");
        Promise.Hold(AddCheckpoint.TryParse(text) is not { } request || request.ToString() == text, "A request is written as it was read.");
        NoteKey.TryParse(text);
    }
}

/// <summary>Proofs: whatever the hashes are, only the entry that stands there is proven, and only the tree that there was.</summary>
internal sealed class ProofTarget : IFuzzTarget
{
    private const int Size = 300;
    private readonly byte[][] _leaves = [.. Enumerable.Range(0, Size).Select(i => TreeHash.Leaf(BitConverter.GetBytes(i)))];
    private readonly byte[][] _roots = new byte[Size + 1][];
    private readonly List<byte[]> _seeds = [];

    public ProofTarget()
    {
        CompactTree tree = new();
        _roots[0] = TreeHash.Empty;
        for (int i = 0; i < Size; i++)
        {
            tree.Add(_leaves[i]);
            _roots[i + 1] = tree.Root();
        }

        ProofBuilder proofs = new((_, index, _) => index == 0 ? _leaves[..256].SelectMany(h => h).ToArray() : _leaves[256..].SelectMany(h => h).ToArray(), Size);
        foreach (int i in (int[])[0, 7, 255, 256, 299])
        {
            _seeds.Add([0, .. Number(i), .. Number(Size), .. proofs.Inclusion(i).Hashes.SelectMany(h => h)]);
            _seeds.Add([1, .. Number(i), .. Number(Size), .. proofs.Consistency(i).Hashes.SelectMany(h => h)]);
        }
    }

    public string Name => "tree-proof";

    public int MaxBytes => 17 + (70 * TreeHash.Bytes);

    // Each hash on the way up.
    public long AllocationBudget => 64 * 1024;

    public IEnumerable<byte[]> Seeds => _seeds;

    public void Run(ReadOnlySpan<byte> input)
    {
        if (input.Length < 17)
        {
            return;
        }

        long from = BinaryPrimitives.ReadInt64BigEndian(input[1..]), to = BinaryPrimitives.ReadInt64BigEndian(input[9..]);
        byte[][] hashes = [.. input[17..].ToArray().Chunk(TreeHash.Bytes)];
        int entry = (int)((ulong)from % Size);
        if (ProofCheck.Inclusion(_leaves[entry], new(from, to, hashes), _roots[Size]) && to == Size)
        {
            Promise.Hold(from == entry, "An entry is proven in its own place only.");
        }

        if (ProofCheck.Consistency(new(from, to, hashes), _roots[entry], _roots[Size]) && to == Size)
        {
            Promise.Hold(from == 0 || from == entry, "A tree grew out of those that there were.");
        }
    }

    private static byte[] Number(long value)
    {
        byte[] bytes = new byte[8];
        BinaryPrimitives.WriteInt64BigEndian(bytes, value);
        return bytes;
    }
}

/// <summary>Entries and bundles of them: one byte string for one entry, and the verifier's scan takes each that the log writes.</summary>
internal sealed class EntryTarget : IFuzzTarget
{
    private readonly byte[][] _entries =
    [
        EntryForm.Write(new(0, DateTimeOffset.UnixEpoch, "", new EntryDraft { Tenant = "default", Action = "visit.admit", Actor = "c-1", ActorKind = "clinician", Outcome = "success" })),
        EntryForm.Write(new(12, new(2026, 11, 23, 10, 0, 0, 123, TimeSpan.Zero), new string('A', 43), new EntryDraft
        {
            Tenant = "default", Action = "key.member", Actor = "system", ActorKind = "system", Patient = "p", Visit = "v", Person = "q", Where = "n", Why = "TREAT", Outcome = "success", Rule = "r",
            PolicyVersion = "1", Facts = [new("scope", "s \"1\" \\"), new("seq", "0"), new("prev", "")], Sealed = new byte[] { 1, 2, 3, 4 },
        })),
    ];

    public string Name => "ledger-entry";

    public int MaxBytes => 4_096;

    public long AllocationBudget => 256 * 1024;

    public IEnumerable<byte[]> Seeds => [.. _entries, [.. _entries.SelectMany(e => (byte[])[(byte)(e.Length >> 8), (byte)e.Length, .. e])]];

    public IEnumerable<byte[]> Dictionary => new[] { "\"v\":1", ",\"facts\":{", "\"seq\":\"1\"", ",\"sealed\":\"AQ\"", "\\\"", "\\\\", "{}", "}" }.Select(Encoding.ASCII.GetBytes);

    public void Run(ReadOnlySpan<byte> input)
    {
        Entry(input);
        try
        {
            foreach (byte[] entry in TreeWriter.Unpack(input))
            {
                Entry(entry);
            }
        }
        catch (LedgerException e) when (e.Code == "ledger.damaged")
        {
            // No bundle.
        }
    }

    private static void Entry(ReadOnlySpan<byte> input)
    {
        bool scanned = EntryScan.TryRead(input, out EntryScan scan);
        if (EntryForm.TryRead(input, out LedgerEntry? entry))
        {
            Promise.Hold(EntryForm.Write(entry!).AsSpan().SequenceEqual(input), "One byte string for one entry.");
            Promise.Hold(scanned && scan.Index == entry!.Index && Encoding.ASCII.GetString(scan.Previous) == entry.Previous, "The verifier reads what the log has written.");
            if (scanned)
            {
                KeyChains.LinkOf(scan, stackalloc byte[32]);
            }
        }
    }
}
