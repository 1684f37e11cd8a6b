using Microsoft.Win32.SafeHandles;
using Wardline.Vault.BlobStores.Disk;

namespace Wardline.Vault.Tests.BlobStores;

/// <summary>
/// The real file operations, and beside them what would be on the disk if the power went now: of a file what was synced, of a
/// folder the names that it had when it was synced. After <see cref="CutAfter"/> operations the power goes.
/// </summary>
internal sealed class VolatileFiles(IDiskFiles real, string root) : IDiskFiles
{
    private readonly Lock _lock = new();

    /// <summary>What each folder calls what now, and what it called it when it was synced.</summary>
    private readonly Dictionary<string, Dictionary<string, Node>> _now = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Dictionary<string, Node>> _synced = new(StringComparer.Ordinal);
    private int _done;

    public int CutAfter { get; init; } = int.MaxValue;

    public bool IsCut { get; private set; }

    public void CreateFolder(string path) => Step(() =>
    {
        if (!Names(path).TryGetValue(Path.GetFileName(path), out _))
        {
            Names(path)[Path.GetFileName(path)] = new Node();
        }

        real.CreateFolder(path);
    });

    public void SyncFolder(string path) => Step(() =>
    {
        real.SyncFolder(path);
        _synced[path] = new Dictionary<string, Node>(_now.GetValueOrDefault(path) ?? [], StringComparer.Ordinal);
    });

    public FileStream CreateFile(string path)
    {
        FileStream? file = null;
        Step(() =>
        {
            Names(path)[Path.GetFileName(path)] = new Node { File = path };
            file = real.CreateFile(path);
        });
        return file!;
    }

    public ValueTask WriteAsync(FileStream file, ReadOnlyMemory<byte> bytes, CancellationToken cancel)
    {
        Step(() => { });
        return real.WriteAsync(file, bytes, cancel);
    }

    public void Sync(FileStream file) => Step(() =>
    {
        real.Sync(file);
        Names(file.Name)[Path.GetFileName(file.Name)].Synced = Read(file.Name);
    });

    public bool TryLink(string path, string name)
    {
        bool linked = false;
        Step(() =>
        {
            linked = real.TryLink(path, name);
            if (linked)
            {
                Names(name)[Path.GetFileName(name)] = Names(path)[Path.GetFileName(path)];
            }
        });
        return linked;
    }

    public void Rename(string path, string name) => Step(() =>
    {
        real.Rename(path, name);
        Names(path).Remove(Path.GetFileName(path), out Node? node);
        Names(name)[Path.GetFileName(name)] = node!;
    });

    public bool Delete(string path)
    {
        bool deleted = false;
        Step(() =>
        {
            deleted = real.Delete(path);
            Names(path).Remove(Path.GetFileName(path));
        });
        return deleted;
    }

    public SafeFileHandle OpenFile(string path) => real.OpenFile(path);

    public ValueTask<int> ReadAsync(SafeFileHandle file, long offset, Memory<byte> buffer, CancellationToken cancel) => real.ReadAsync(file, offset, buffer, cancel);

    /// <summary>Lays what the disk would hold under another root.</summary>
    /// <param name="names">which folders had reached the disk with the names of now although nobody asked for it.</param>
    /// <param name="cut">how much of a file that was not synced had reached the disk, of 100.</param>
    public void Recover(string target, Func<string, bool> names, int cut) => RecoverFolder(root, target, names, cut);

    private static byte[] Read(string path)
    {
        using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        byte[] bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        return bytes;
    }

    private void RecoverFolder(string folder, string target, Func<string, bool> names, int cut)
    {
        Directory.CreateDirectory(target);
        Dictionary<string, Node> entries = (names(folder) ? _now : _synced).GetValueOrDefault(folder) ?? [];
        foreach ((string name, Node node) in entries)
        {
            string path = Path.Combine(target, name);
            if (node.File is null)
            {
                RecoverFolder(Path.Combine(folder, name), path, names, cut);
            }
            else
            {
                byte[] whole = node.Last;
                File.WriteAllBytes(path, node.Synced ?? whole[..(whole.Length * cut / 100)]);
            }
        }
    }

    private Dictionary<string, Node> Names(string path)
    {
        string folder = Path.GetDirectoryName(path)!;
        return _now.TryGetValue(folder, out Dictionary<string, Node>? names) ? names : _now[folder] = new Dictionary<string, Node>(StringComparer.Ordinal);
    }

    private void Step(Action act)
    {
        lock (_lock)
        {
            if (_done++ >= CutAfter)
            {
                IsCut = true;
                throw new IOException("The power is gone.", 5);
            }

            act();
            foreach (Node node in _now.Values.SelectMany(n => n.Values).Where(n => n.File is not null && File.Exists(n.File)))
            {
                node.Last = Read(node.File!);
            }
        }
    }

    private sealed class Node
    {
        /// <summary>Where the file was first; null: a folder.</summary>
        public string? File { get; init; }

        public byte[]? Synced { get; set; }

        public byte[] Last { get; set; } = [];
    }
}
