using Wardline.Ledger.Storage;

namespace Wardline.Ledger.Copies;

/// <summary>
/// A folder of somebody else. <paramref name="folder"/> is theirs, and only readable here; what is to go there is put into
/// <paramref name="inbox"/>, in which this server may create (mode 1733, theirs), and from which they take it: <see cref="CopyKeeper"/>,
/// <c>wardline keep</c>. Without an inbox files are created in the folder itself, for one that lets nobody change what is written
/// once.
/// </summary>
public sealed class DirectoryPlace(string name, string folder, string? inbox = null) : ICopyPlace
{
    public string Name => name;

    public Task<bool> TryCreateAsync(string path, ReadOnlyMemory<byte> bytes, CancellationToken cancel) => Task.Run(
        () =>
        {
            string full = Full(path);
            if (File.Exists(full))
            {
                return false;
            }

            return inbox is null ? OnceFile.TryWrite(full, bytes.Span, makeFolders: true) : OnceFile.TryWrite(Path.Combine(inbox, CopyKeeper.Flat(path)), bytes.Span, makeFolders: false);
        },
        cancel);

    public Task<byte[]?> TryReadAsync(string path, CancellationToken cancel) => Task.Run(
        () => OnceFile.TryRead(Full(path), CopyPath.MaxFileBytes) ?? (inbox is null ? null : OnceFile.TryRead(Path.Combine(inbox, CopyKeeper.Flat(path)), CopyPath.MaxFileBytes)), cancel);

    public Task<IReadOnlyList<string>> ListAsync(string path, CancellationToken cancel) => Task.Run<IReadOnlyList<string>>(
        () =>
        {
            string full = Path.Combine(Root(), path);
            return Directory.Exists(full) ? [.. Directory.EnumerateFileSystemEntries(full).Select(f => Path.GetFileName(f)!)] : [];
        },
        cancel);

    private string Full(string path) => CopyPath.IsOne(path) ? Path.Combine(Root(), path) : throw new ArgumentException($"'{path}' is no file of a log.", nameof(path));

    /// <summary>Never made by us: where a file system is not mounted at the moment, nothing shall go below it.</summary>
    private string Root() => Directory.Exists(folder) ? folder : throw new DirectoryNotFoundException($"{folder} is not there.");
}
