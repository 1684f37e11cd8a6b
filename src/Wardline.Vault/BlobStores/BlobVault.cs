using Wardline.Vault.SealedBlobs;

namespace Wardline.Vault.BlobStores;

/// <summary>
/// Blobs that are sealed on their way into a store and opened on their way out, each bound to its name: one that is put in
/// another one's place does not open. Whoever keeps recordings and files uses this, and not the store beneath.
/// </summary>
/// <remarks>Throws <see cref="VaultException"/> with the codes of <see cref="IBlobStore"/>, and those of a blob that does not open.</remarks>
public sealed class BlobVault(IBlobStore store)
{
    /// <summary>Begins a blob. Nobody sees it before <see cref="SealedBlobWriter.CommitAsync"/>; without that it has never been.</summary>
    /// <param name="key">32 bytes of key material for this blob.</param>
    public async Task<SealedBlobWriter> CreateAsync(BlobName name, BlobWrite write, ReadOnlyMemory<byte> key, CancellationToken cancel)
    {
        BlobWriter stored = await store.CreateAsync(name, write, cancel);
        try
        {
            return new SealedBlobWriter(stored, new SealingStream(stored, key.Span, name.ToAssociatedData(), leaveOpen: true));
        }
        catch
        {
            await stored.DisposeAsync();
            throw;
        }
    }

    /// <summary>Seals all that <paramref name="plain"/> still gives, and commits it.</summary>
    /// <param name="progress">told the plain bytes that are done.</param>
    public async Task<BlobInfo> PutAsync(BlobName name, BlobWrite write, ReadOnlyMemory<byte> key, Stream plain, IProgress<long>? progress, CancellationToken cancel)
    {
        await using BlobWriter stored = await store.CreateAsync(name, write, cancel);
        await SealedBlob.SealAsync(plain, stored, key, name.ToAssociatedData(), progress, cancel);
        return await stored.CommitAsync(cancel);
    }

    /// <summary>A stream of the plain bytes that seeks. That the blob is whole is known when this returns.</summary>
    public async Task<SealedBlobReader> OpenAsync(BlobName name, ReadOnlyMemory<byte> key, CancellationToken cancel) =>
        await SealedBlobReader.OpenAsync(await store.OpenAsync(name, cancel), key, name.ToAssociatedData(), leaveOpen: false, cancel);
}

/// <summary>Plain bytes on their way into a store. Asynchronous only; for one writer.</summary>
public sealed class SealedBlobWriter : Stream
{
    private readonly BlobWriter _stored;
    private readonly SealingStream _sealing;

    internal SealedBlobWriter(BlobWriter stored, SealingStream sealing)
    {
        _stored = stored;
        _sealing = sealing;
    }

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => _sealing.CanWrite;

    public override long Length => throw new NotSupportedException();

    /// <summary>Plain bytes written so far.</summary>
    public override long Position
    {
        get => _sealing.Position;
        set => throw new NotSupportedException();
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => _sealing.WriteAsync(buffer, cancellationToken);

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => _sealing.WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <summary>Seals what is left and makes the blob be there: durable and whole when this returns.</summary>
    public async Task<BlobInfo> CommitAsync(CancellationToken cancel)
    {
        await _sealing.CompleteAsync(cancel);
        return await _stored.CommitAsync(cancel);
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => _sealing.FlushAsync(cancellationToken);

    public override void Flush()
    {
    }

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("A blob is written asynchronously.");

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override async ValueTask DisposeAsync()
    {
        await _sealing.DisposeAsync();
        await _stored.DisposeAsync();
    }

    /// <summary>The same, without waiting for it.</summary>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _ = DisposeAsync().AsTask();
        }

        base.Dispose(disposing);
    }
}
