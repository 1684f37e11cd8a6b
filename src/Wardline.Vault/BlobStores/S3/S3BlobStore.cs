using System.Runtime.CompilerServices;
using Amazon.S3.Model;
using Wardline.Vault.SealedBlobs;

namespace Wardline.Vault.BlobStores.S3;

/// <summary>
/// Blobs as objects of a bucket that is Wardline's alone. No access list is ever sent; a bucket that strangers can read is
/// not opened. Long blobs go up in parts and are one object when they are committed, or none.
/// </summary>
public sealed class S3BlobStore : IBlobStore
{
    /// <summary>Which write made an object: what tells our own, whose answer was lost, from another one's.</summary>
    internal const string WriteId = "wardline-write";

    private readonly S3Calls _calls;

    private S3BlobStore(S3Calls calls) => _calls = calls;

    /// <summary>Opens a bucket that exists: sees that it is private, and gives up uploads that a crash left long ago.</summary>
    /// <exception cref="ArgumentException">The options are wrong: all that is wrong with them.</exception>
    /// <exception cref="VaultException">As <see cref="IBlobStore"/> says.</exception>
    public static async Task<S3BlobStore> OpenAsync(S3BlobOptions options, TimeProvider time, CancellationToken cancel)
    {
        IReadOnlyList<string> problems = options.Problems();
        if (problems.Count > 0)
        {
            throw new ArgumentException(string.Join(Environment.NewLine, problems), nameof(options));
        }

        S3BlobStore store = new(new S3Calls(options, time));
        try
        {
            await store.CheckPrivateAsync(cancel);
            await store.AbandonUploadsAsync(cancel);
            return store;
        }
        catch
        {
            await store.DisposeAsync();
            throw;
        }
    }

    /// <summary>Whether the bucket is private still: asked when it is opened, and whenever somebody wants to know.</summary>
    /// <exception cref="VaultException"><c>vault.store-public</c>; or the store cannot be asked.</exception>
    public Task CheckPrivateAsync(CancellationToken cancel) => S3Privacy.CheckAsync(_calls, cancel);

    public async Task<BlobWriter> CreateAsync(BlobName name, BlobWrite write, CancellationToken cancel)
    {
        if (write == BlobWrite.CreateOnly && await FindAsync(name, cancel) is not null)
        {
            throw StoreErrors.Exists(name);
        }

        return new S3BlobWriter(_calls, this, name, write);
    }

    public async Task<IRangeSource> OpenAsync(BlobName name, CancellationToken cancel)
    {
        GetObjectMetadataResponse head = await HeadAsync(name, cancel) ?? throw StoreErrors.Missing(name);
        return new S3RangeSource(_calls, name, head.ContentLength, head.ETag);
    }

    public async Task<BlobInfo?> FindAsync(BlobName name, CancellationToken cancel) => await HeadAsync(name, cancel) is { } head ? Info(name, head) : null;

    public async Task<bool> DeleteAsync(BlobName name, CancellationToken cancel)
    {
        // A store answers the same whether there was one or not.
        if (await HeadAsync(name, cancel) is null)
        {
            return false;
        }

        await DeleteKeyAsync(name, cancel);
        return true;
    }

    public IAsyncEnumerable<BlobInfo> ListAsync(BlobName? under = null, BlobName? after = null, CancellationToken cancel = default)
    {
        BlobName.ExpectUnder(under, after);
        return WalkAsync(under is null ? _calls.Options.Prefix : _calls.KeyOf(under) + "/", after is null ? null : _calls.KeyOf(after), cancel);
    }

    public ValueTask DisposeAsync()
    {
        _calls.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>What the store says of an object; null when there is none.</summary>
    internal async Task<GetObjectMetadataResponse?> HeadAsync(BlobName name, CancellationToken cancel)
    {
        try
        {
            return await _calls.RunAsync(
                (s3, token) => s3.GetObjectMetadataAsync(new GetObjectMetadataRequest { BucketName = _calls.Options.Bucket, Key = _calls.KeyOf(name) }, token),
                cancel,
                missing: () => StoreErrors.Missing(name));
        }
        catch (VaultException missing) when (missing.Code == "vault.blob-missing")
        {
            return null;
        }
    }

    internal static BlobInfo Info(BlobName name, GetObjectMetadataResponse head) => new(name, head.ContentLength, When(head.LastModified));

    internal async Task DeleteKeyAsync(BlobName name, CancellationToken cancel)
    {
        try
        {
            await _calls.RunAsync(
                (s3, token) => s3.DeleteObjectAsync(_calls.Options.Bucket, _calls.KeyOf(name), token), cancel, missing: () => StoreErrors.Missing(name));
        }
        catch (VaultException gone) when (gone.Code == "vault.blob-missing")
        {
            // By somebody else, or by a try whose answer was lost.
        }
    }

    private static DateTimeOffset When(DateTime? said) => said is { } time ? new DateTimeOffset(time.ToUniversalTime()) : DateTimeOffset.UnixEpoch;

    private async IAsyncEnumerable<BlobInfo> WalkAsync(string prefix, string? after, [EnumeratorCancellation] CancellationToken cancel)
    {
        while (true)
        {
            string? from = after;
            ListObjectsV2Response page = await _calls.RunAsync(
                (s3, token) => s3.ListObjectsV2Async(new ListObjectsV2Request { BucketName = _calls.Options.Bucket, Prefix = prefix, StartAfter = from, MaxKeys = _calls.Options.PageKeys }, token), cancel);
            foreach (S3Object found in page.S3Objects ?? [])
            {
                after = found.Key;
                if (BlobName.TryParse(found.Key[_calls.Options.Prefix.Length..], out BlobName? name))
                {
                    yield return new BlobInfo(name, found.Size ?? 0, When(found.LastModified));
                }
            }

            if (page.IsTruncated != true || page.S3Objects is not { Count: > 0 })
            {
                yield break;
            }
        }
    }

    private async Task AbandonUploadsAsync(CancellationToken cancel)
    {
        DateTimeOffset before = _calls.Time.GetUtcNow() - _calls.Options.AbandonAfter;
        ListMultipartUploadsResponse page = await _calls.RunAsync(
            (s3, token) => s3.ListMultipartUploadsAsync(new ListMultipartUploadsRequest { BucketName = _calls.Options.Bucket, Prefix = _calls.Options.Prefix }, token), cancel);
        foreach (MultipartUpload upload in (page.MultipartUploads ?? []).Where(u => When(u.Initiated) < before))
        {
            await _calls.RunAsync(
                (s3, token) => s3.AbortMultipartUploadAsync(new AbortMultipartUploadRequest { BucketName = _calls.Options.Bucket, Key = upload.Key, UploadId = upload.UploadId }, token), cancel);
        }
    }
}
