using System.Buffers;
using Amazon.S3.Model;

namespace Wardline.Vault.BlobStores.S3;

/// <summary>
/// A blob on its way to the object store. A short one is one request. A long one is an upload in parts, which is nothing
/// until it is completed and is given up when it is not. Part n is sent while part n+1 is written.
/// </summary>
internal sealed class S3BlobWriter(S3Calls calls, S3BlobStore store, BlobName name, BlobWrite write) : BlobWriter
{
    private readonly string _id = Guid.NewGuid().ToString("N");
    private readonly List<PartETag> _parts = [];
    private readonly CancellationTokenSource _stop = new();
    private byte[]? _filling = ArrayPool<byte>.Shared.Rent(calls.Options.PartBytes);
    private byte[]? _sent;
    private int _filled;
    private long _written;
    private string? _upload;
    private Task _sending = Task.CompletedTask;
    private State _state;

    // Open -> [CommitAsync] -> Committed
    // Open -> [a part or the commit fails] -> Broken
    // each -> [DisposeAsync] -> Disposed; an upload that is not completed is given up
    private enum State
    {
        Open,
        Committed,
        Broken,
        Disposed,
    }

    public override bool CanWrite => _state == State.Open;

    protected override long Written => _written;

    private string Bucket => calls.Options.Bucket;

    private string Key => calls.KeyOf(name);

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ExpectOpen();
        try
        {
            while (!buffer.IsEmpty)
            {
                if (_filled == calls.Options.PartBytes)
                {
                    await SendPartAsync(cancellationToken);
                }

                int count = Math.Min(calls.Options.PartBytes - _filled, buffer.Length);
                buffer.Span[..count].CopyTo(_filling.AsSpan(_filled));
                _filled += count;
                _written += count;
                buffer = buffer[count..];
            }
        }
        catch
        {
            _state = State.Broken;
            throw;
        }
    }

    public override async Task<BlobInfo> CommitAsync(CancellationToken cancel)
    {
        ExpectOpen();
        _state = State.Broken;
        cancel.ThrowIfCancellationRequested();
        if (write != BlobWrite.CreateOnly || calls.KeepsConditions)
        {
            return await PublishAndLookAsync(cancel);
        }

        SemaphoreSlim gate = calls.GateOf(name);
        await gate.WaitAsync(cancel);
        try
        {
            return await PublishAndLookAsync(cancel);
        }
        finally
        {
            gate.Release();
        }
    }

    public override async ValueTask DisposeAsync()
    {
        if (_state == State.Disposed)
        {
            return;
        }

        bool discard = _state != State.Committed;
        _state = State.Disposed;
        await _stop.CancelAsync();
        await _sending.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
        Return(ref _filling);
        Return(ref _sent);
        if (discard && _upload is not null)
        {
            try
            {
                await calls.RunAsync(
                    (s3, token) => s3.AbortMultipartUploadAsync(new AbortMultipartUploadRequest { BucketName = Bucket, Key = Key, UploadId = _upload }, token), CancellationToken.None, tries: 2);
            }
            catch (VaultException)
            {
                // The next start gives it up.
            }
        }
    }

    private static void Return(ref byte[]? buffer)
    {
        if (buffer is not null)
        {
            ArrayPool<byte>.Shared.Return(buffer);
            buffer = null;
        }
    }

    private async Task<BlobInfo> PublishAndLookAsync(CancellationToken cancel)
    {
        try
        {
            await PublishAsync(cancel);
        }
        catch (VaultException failed)
        {
            // The answer to a request that was done may have been lost, and the same request again refused: the object says whose it is.
            GetObjectMetadataResponse? there = failed.Code == "vault.store-denied" ? null : await LookAsync(cancel);
            if (!IsOurs(there))
            {
                throw;
            }
        }

        // What was acknowledged is looked at before it is believed.
        GetObjectMetadataResponse head = await store.HeadAsync(name, cancel) ?? throw StoreErrors.Lied("it acknowledged a blob that is not there");
        if (!IsOurs(head))
        {
            throw StoreErrors.Lied("it acknowledged a blob, and there is another one");
        }

        if (head.ContentLength != _written)
        {
            await store.DeleteKeyAsync(name, cancel);
            throw StoreErrors.Lied($"of a blob of {_written} bytes it kept {head.ContentLength}");
        }

        _state = State.Committed;
        return S3BlobStore.Info(name, head);
    }

    private async Task PublishAsync(CancellationToken cancel)
    {
        string? ifNone = write == BlobWrite.CreateOnly && calls.KeepsConditions ? "*" : null;
        if (_upload is not null)
        {
            await SendPartAsync(cancel);
            await _sending.WaitAsync(cancel);
        }

        // A store that knows no conditions is looked at, by one writer of a name at a time.
        if (write == BlobWrite.CreateOnly && !calls.KeepsConditions && await store.FindAsync(name, cancel) is not null)
        {
            throw StoreErrors.Exists(name);
        }

        if (_upload is null)
        {
            await calls.RunAsync(
                async (s3, token) =>
                {
                    using MemoryStream body = new(_filling!, 0, _filled, writable: false);
                    PutObjectRequest request = new() { BucketName = Bucket, Key = Key, InputStream = body, UseChunkEncoding = false, AutoCloseStream = false, ContentType = "application/octet-stream", IfNoneMatch = ifNone };
                    request.Metadata.Add(S3BlobStore.WriteId, _id);
                    return await s3.PutObjectAsync(request, token);
                },
                cancel,
                refused: () => StoreErrors.Exists(name));
            return;
        }

        await calls.RunAsync(
            (s3, token) => s3.CompleteMultipartUploadAsync(
                new CompleteMultipartUploadRequest { BucketName = Bucket, Key = Key, UploadId = _upload, PartETags = _parts, IfNoneMatch = ifNone }, token),
            cancel,
            missing: () => StoreErrors.Away(),
            refused: () => StoreErrors.Exists(name));
    }

    /// <summary>Sends what is filled, when the part before it has been sent.</summary>
    private async Task SendPartAsync(CancellationToken cancel)
    {
        _upload ??= await BeginAsync(cancel);
        await _sending.WaitAsync(cancel);
        if (_parts.Count == calls.Options.MostParts)
        {
            throw new VaultException("vault.blob-too-long", $"A blob in this store has at most {calls.Options.MostParts} parts of {calls.Options.PartBytes} bytes.");
        }

        (_filling, _sent) = (_sent ?? ArrayPool<byte>.Shared.Rent(calls.Options.PartBytes), _filling);
        _sending = SendAsync(_parts.Count + 1, _sent!, _filled);
        _filled = 0;
    }

    private async Task<string> BeginAsync(CancellationToken cancel)
    {
        InitiateMultipartUploadRequest request = new() { BucketName = Bucket, Key = Key, ContentType = "application/octet-stream" };
        request.Metadata.Add(S3BlobStore.WriteId, _id);
        return (await calls.RunAsync((s3, token) => s3.InitiateMultipartUploadAsync(request, token), cancel)).UploadId;
    }

    private async Task SendAsync(int number, byte[] part, int count)
    {
        UploadPartResponse answer = await calls.RunAsync(
            async (s3, token) =>
            {
                using MemoryStream body = new(part, 0, count, writable: false);
                return await s3.UploadPartAsync(
                    new UploadPartRequest { BucketName = Bucket, Key = Key, UploadId = _upload, PartNumber = number, InputStream = body, PartSize = count, UseChunkEncoding = false }, token);
            },
            _stop.Token);
        _parts.Add(new PartETag(number, answer.ETag));
    }

    private async Task<GetObjectMetadataResponse?> LookAsync(CancellationToken cancel)
    {
        try
        {
            return await store.HeadAsync(name, cancel);
        }
        catch (VaultException)
        {
            return null;
        }
    }

    private bool IsOurs(GetObjectMetadataResponse? head) => head is not null && head.Metadata[S3BlobStore.WriteId] == _id;

    private void ExpectOpen()
    {
        ObjectDisposedException.ThrowIf(_state == State.Disposed, this);
        if (_state != State.Open)
        {
            throw new InvalidOperationException(_state == State.Committed ? "The blob is committed." : "The blob is broken: a write before this one failed.");
        }
    }
}
