using System.Globalization;
using System.Text;
using Wardline.Ledger.Tree;

namespace Wardline.Ledger.Witnesses;

/// <summary>What a log asks of a witness: C2SP tlog-witness, "add-checkpoint".</summary>
/// <param name="OldSize">Of the checkpoint that the witness cosigned last.</param>
/// <param name="Proof">RFC 9162 §2.1.4 from there to the new one; 32 bytes each.</param>
/// <param name="Note">The new checkpoint.</param>
public sealed record AddCheckpoint(long OldSize, IReadOnlyList<byte[]> Proof, string Note)
{
    /// <summary>Of a request, in characters.</summary>
    public const int MaxChars = 16 * 1024;

    private const int MaxHashes = 63;

    /// <summary>Null for anything that has not that form. Never throws.</summary>
    public static AddCheckpoint? TryParse(string body)
    {
        int end = body.Length > MaxChars ? -1 : body.IndexOf("\n\n", StringComparison.Ordinal);
        if (end < 0)
        {
            return null;
        }

        string[] lines = body[..end].Split('\n');
        string size = lines[0].StartsWith("old ", StringComparison.Ordinal) ? lines[0][4..] : "";
        if (lines.Length > 1 + MaxHashes || !long.TryParse(size, NumberStyles.None, CultureInfo.InvariantCulture, out long old) || size != old.ToString(CultureInfo.InvariantCulture))
        {
            return null;
        }

        List<byte[]> proof = [];
        byte[] hash = new byte[TreeHash.Bytes];
        foreach (string line in lines.Skip(1))
        {
            if (line.Length != 44 || !Convert.TryFromBase64String(line, hash, out int length) || length != hash.Length || Convert.ToBase64String(hash) != line)
            {
                return null;
            }

            proof.Add([.. hash]);
        }

        return new(old, proof, body[(end + 2)..]);
    }

    public override string ToString()
    {
        StringBuilder body = new();
        body.Append(CultureInfo.InvariantCulture, $"old {OldSize}\n");
        foreach (byte[] hash in Proof)
        {
            body.Append(Convert.ToBase64String(hash)).Append('\n');
        }

        return body.Append('\n').Append(Note).ToString();
    }
}

/// <summary>What the witness says to it.</summary>
/// <param name="Status">HTTP status: 200, 400, 403, 404, 409 or 422.</param>
/// <param name="Body">Of 200 the lines of its cosignatures; of 409 the size that it cosigned last, and a line's end.</param>
public sealed record WitnessAnswer(int Status, string Body)
{
    public string ContentType => Status == 409 ? "text/x.tlog.size" : "text/plain; charset=utf-8";
}

/// <summary>Somebody who can be asked.</summary>
public interface IWitness
{
    WitnessKey Key { get; }

    /// <exception cref="IOException">It cannot be reached.</exception>
    /// <exception cref="HttpRequestException">Likewise.</exception>
    Task<WitnessAnswer> AddCheckpointAsync(AddCheckpoint request, CancellationToken cancel);
}
