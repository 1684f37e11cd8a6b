using Wardline.Ledger.Storage;

namespace Wardline.Ledger.Copies;

/// <summary>
/// Whose the second place is: takes what a server has put into the inbox over into a folder of its own, in which the server may only
/// read. Runs as another user (<c>wardline keep</c>), and believes nothing of what it is given: what is no file of a log, or would
/// replace one, stays in the inbox and is named.
/// </summary>
public sealed class CopyKeeper
{
    private readonly string _inbox;
    private readonly string _folder;

    /// <param name="inbox">Ours, mode 1733: others may create in it, and neither list it nor take away what is not theirs.</param>
    /// <param name="folder">Ours; made when it is not there.</param>
    public CopyKeeper(string inbox, string folder) => (_inbox, _folder) = (Path.GetFullPath(inbox), Path.GetFullPath(folder));

    /// <summary>Takes over what is there now.</summary>
    /// <returns>How many files were taken over, and what was not and why.</returns>
    /// <exception cref="IOException">The inbox or the folder is away, or full; what was taken over stays.</exception>
    public (int Taken, IReadOnlyList<LedgerAlert> Refused) TakeOnce()
    {
        LedgerFiles.MakeFolder(_folder);
        int taken = 0;
        List<LedgerAlert> refused = [];

        // A checkpoint says that its tiles are there: they go first.
        foreach (string name in Directory.EnumerateFileSystemEntries(_inbox).Select(f => Path.GetFileName(f)!).Where(n => !n.EndsWith(".part", StringComparison.Ordinal))
            .OrderBy(n => n.StartsWith(CopyPath.Checkpoints, StringComparison.Ordinal)).ThenBy(n => n, StringComparer.Ordinal).ToList())
        {
            if (Take(name) is { } why)
            {
                refused.Add(new("ledger.copy-differs", null, name, why));
            }
            else
            {
                taken++;
            }
        }

        return (taken, refused);
    }

    /// <summary>The name that a file of a log has in the inbox.</summary>
    internal static string Flat(string path) => path.Replace('/', '+');

    private string? Take(string name)
    {
        string path = name.Replace('+', '/'), source = Path.Combine(_inbox, name), target = Path.Combine(_folder, path);
        if (!CopyPath.IsOne(path))
        {
            return $"{name} is no file of a log.";
        }

        byte[]? bytes;
        try
        {
            bytes = OnceFile.TryRead(source, CopyPath.MaxFileBytes);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return e.Message;
        }

        if (bytes is null)
        {
            return null;
        }

        if (!OnceFile.TryWrite(target, bytes, makeFolders: true) && !bytes.AsSpan().SequenceEqual(OnceFile.TryRead(target, CopyPath.MaxFileBytes)))
        {
            return $"{path} is there already, and is another one.";
        }

        File.Delete(source);
        return null;
    }
}
