using System.Collections.Concurrent;
using Wardline.Ledger.Storage;

namespace Wardline.Ledger.Tests.Storage;

/// <summary>Files that are quick.</summary>
internal sealed class MemoryFiles : ILedgerFiles
{
    private readonly ConcurrentDictionary<string, byte[]> _files = new(StringComparer.Ordinal);

    public IAppendFile Create(string path) => throw new NotSupportedException();

    public byte[]? TryRead(string path) => _files.GetValueOrDefault(path);

    public void WriteWhole(string path, ReadOnlySpan<byte> bytes) => _files[path] = bytes.ToArray();

    public IReadOnlyList<string> List(string folder) => [];

    public void Delete(string path) => _files.TryRemove(path, out _);
}
