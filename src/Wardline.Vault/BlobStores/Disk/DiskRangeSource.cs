using Microsoft.Win32.SafeHandles;
using Wardline.Vault.SealedBlobs;

namespace Wardline.Vault.BlobStores.Disk;

/// <summary>An open file: it stays the blob that it was, whatever happens to the name. For many callers at once.</summary>
internal sealed class DiskRangeSource : IRangeSource
{
    private readonly IDiskFiles _files;
    private readonly SafeFileHandle _file;

    public DiskRangeSource(IDiskFiles files, SafeFileHandle file)
    {
        _files = files;
        _file = file;
        Length = RandomAccess.GetLength(file);
    }

    public long Length { get; }

    public async ValueTask ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancel)
    {
        try
        {
            while (!buffer.IsEmpty)
            {
                int count = await _files.ReadAsync(_file, offset, buffer, cancel);
                if (count == 0)
                {
                    throw StoreErrors.Lied($"a file of {Length} bytes ends at {offset}");
                }

                offset += count;
                buffer = buffer[count..];
            }
        }
        catch (Exception thrown) when (DiskErrors.IsOfTheDisk(thrown))
        {
            throw DiskErrors.From(thrown);
        }
    }

    public ValueTask DisposeAsync()
    {
        _file.Dispose();
        return ValueTask.CompletedTask;
    }
}
