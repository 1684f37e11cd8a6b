using Wardline.Vault.SealedBlobs;

namespace Wardline.Vault.BlobStores;

/// <summary>
/// Keeps blobs under names. It never sees plain text: what is written here was sealed before. Each blob is there whole, or
/// not at all; what was committed is durable. For many callers at once.
/// </summary>
/// <remarks>
/// Every method throws <see cref="VaultException"/> when the store does not do what was asked:
/// <list type="table">
/// <item><term><c>vault.store-away</c></term><description>it cannot be reached, or a file operation failed; trying again may help.</description></item>
/// <item><term><c>vault.store-slow</c></term><description>it did not answer in time.</description></item>
/// <item><term><c>vault.store-full</c></term><description>there is no room.</description></item>
/// <item><term><c>vault.store-denied</c></term><description>it does not let us.</description></item>
/// <item><term><c>vault.store-public</c></term><description>strangers may read what lies in it: nothing is written there.</description></item>
/// <item><term><c>vault.store-lied</c></term><description>it gave other bytes or another length than it said.</description></item>
/// <item><term><c>vault.blob-missing</c>, <c>vault.blob-exists</c></term><description>no blob has this name; one has it already.</description></item>
/// <item><term><c>vault.blob-replaced</c></term><description>another blob has taken the name while this one was read.</description></item>
/// </list>
/// </remarks>
public interface IBlobStore : IAsyncDisposable
{
    /// <summary>Begins a blob, which nobody sees before <see cref="BlobWriter.CommitAsync"/>.</summary>
    Task<BlobWriter> CreateAsync(BlobName name, BlobWrite write, CancellationToken cancel);

    /// <summary>Opens a blob for reading at any place. A reader keeps to the blob that it opened, or throws.</summary>
    Task<IRangeSource> OpenAsync(BlobName name, CancellationToken cancel);

    /// <returns>Null when no blob has this name.</returns>
    Task<BlobInfo?> FindAsync(BlobName name, CancellationToken cancel);

    /// <returns>Whether there was one. To delete twice is no error.</returns>
    Task<bool> DeleteAsync(BlobName name, CancellationToken cancel);

    /// <summary>
    /// Every blob, or every one below a folder of names, each once. The order is the store's own and always the same, so a long walk
    /// that ended can go on behind the last name that it saw.
    /// </summary>
    IAsyncEnumerable<BlobInfo> ListAsync(BlobName? under = null, BlobName? after = null, CancellationToken cancel = default);
}

/// <summary>What a new blob does to one that has its name.</summary>
public enum BlobWrite
{
    /// <summary>Nothing: the new one is refused with <c>vault.blob-exists</c>, when it begins or when it is committed.</summary>
    CreateOnly,

    /// <summary>Takes its place at once; who reads the old one finishes reading it, or is told.</summary>
    Replace,
}

/// <param name="Length">sealed bytes.</param>
/// <param name="Written">when, as the store says.</param>
public sealed record BlobInfo(BlobName Name, long Length, DateTimeOffset Written);

/// <summary>A blob that is being written. What is not committed before it is disposed of has never been.</summary>
public abstract class BlobWriter : Stream
{
    public sealed override bool CanRead => false;

    public sealed override bool CanSeek => false;

    public sealed override long Length => throw new NotSupportedException();

    public sealed override long Position
    {
        get => Written;
        set => throw new NotSupportedException();
    }

    /// <summary>Bytes so far.</summary>
    protected abstract long Written { get; }

    /// <summary>
    /// Makes the blob be there: durable and whole when this returns. When it throws, what had the name before has it still; only
    /// when a replacement failed at the very last step may the new blob be there, whole, although that it would stay is not known.
    /// </summary>
    public abstract Task<BlobInfo> CommitAsync(CancellationToken cancel);

    public sealed override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public abstract override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default);

    /// <summary>Nothing: bytes are safe when the blob is committed.</summary>
    public sealed override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public sealed override void Flush()
    {
    }

    public sealed override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("A blob is written asynchronously.");

    public sealed override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public sealed override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public sealed override void SetLength(long value) => throw new NotSupportedException();

    public abstract override ValueTask DisposeAsync();

    /// <summary>The same, without waiting for it.</summary>
    protected sealed override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _ = DisposeAsync().AsTask();
        }

        base.Dispose(disposing);
    }
}
