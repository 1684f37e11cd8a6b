using System.Globalization;
using System.Security.Cryptography;
using Wardline.Ledger.Tree;

namespace Wardline.Ledger.Checkpoints;

/// <summary>What a log has signed: so many entries, with this root (C2SP tlog-checkpoint).</summary>
/// <param name="Root">32 bytes.</param>
/// <param name="Note">The whole text with its signatures, for others.</param>
public sealed record Checkpoint(string Origin, long Size, byte[] Root, string Note)
{
    /// <summary>The checkpoint that a note is when <paramref name="key"/> has signed it; null for anything else. Never throws.</summary>
    public static Checkpoint? Open(string note, VerifierKey key) =>
        SignedNote.TrySplit(note, out string text, out IReadOnlyList<(string Name, uint KeyId, byte[] Signature)> signatures) &&
        Read(text, note) is { } checkpoint && checkpoint.Origin == key.Name && key.HasSigned(text, signatures) ? checkpoint : null;

    /// <summary>Whose it says it is, before any signature is looked at; null for anything that is no checkpoint.</summary>
    internal static string? OriginOf(string note) => SignedNote.TrySplit(note, out string text, out _) ? Read(text, note)?.Origin : null;

    internal static string TextOf(string origin, long size, ReadOnlySpan<byte> root) =>
        $"{origin}\n{size.ToString(CultureInfo.InvariantCulture)}\n{Convert.ToBase64String(root)}\n";

    private static Checkpoint? Read(string text, string note)
    {
        string[] lines = text[..^1].Split('\n');
        byte[] root = new byte[64];
        return lines.Length >= 3 && lines[0].Length > 0
            && long.TryParse(lines[1], NumberStyles.None, CultureInfo.InvariantCulture, out long size) && lines[1] == size.ToString(CultureInfo.InvariantCulture)
            && Convert.TryFromBase64String(lines[2], root, out int length) && length == TreeHash.Bytes && !lines.Contains("")
            ? new Checkpoint(lines[0], size, root[..length], note)
            : null;
    }
}

/// <summary>Who signs a log's checkpoints.</summary>
public interface ICheckpointSigner
{
    VerifierKey Key { get; }

    /// <summary>ECDSA P-256 with SHA-256 over the text's UTF-8 bytes, in ASN.1 DER.</summary>
    byte[] Sign(ReadOnlySpan<byte> text);
}

/// <summary>Signs with a key in memory.</summary>
public sealed class EcdsaCheckpointSigner : ICheckpointSigner, IDisposable
{
    private readonly ECDsa _key;

    /// <param name="name">The log's: <c>wardline.example/log</c>.</param>
    /// <param name="key">P-256; disposed with this.</param>
    public EcdsaCheckpointSigner(string name, ECDsa key)
    {
        if (key.KeySize != 256)
        {
            throw new LedgerException("ledger.bad-key", "The key of a log is on P-256.");
        }

        _key = key;
        Key = VerifierKey.Of(name, key);
    }

    public VerifierKey Key { get; }

    public byte[] Sign(ReadOnlySpan<byte> text) =>
        _key.SignData(text, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);

    public void Dispose() => _key.Dispose();
}
