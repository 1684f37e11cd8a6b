using System.Net;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;

namespace Wardline.Vault.BlobStores.S3;

/// <summary>
/// Whether strangers can read a bucket. Asked in two ways, since what a store says of itself and what it does are two things:
/// its access lists, and a request without a signature for an object that is there.
/// </summary>
internal static class S3Privacy
{
    // No blob's name can have a tilde.
    private const string ProbeFolder = "~probe/";

    private static readonly string[] Everybody =
    [
        "http://acs.amazonaws.com/groups/global/AllUsers",
        "http://acs.amazonaws.com/groups/global/AuthenticatedUsers",
    ];

    /// <exception cref="VaultException"><c>vault.store-public</c>; or the store cannot be asked.</exception>
    public static async Task CheckAsync(S3Calls calls, CancellationToken cancel)
    {
        await CheckListsAsync(calls, cancel);
        string probe = $"{calls.Options.Prefix}{ProbeFolder}{Guid.NewGuid():N}";
        bool written = await TryPutAsync(calls, probe, cancel);
        try
        {
            // A store that keeps to the condition refuses the second one.
            calls.KeepsConditions = written && !await TryPutAsync(calls, probe, cancel);
            await CheckStrangerAsync(calls, probe, "an object", cancel);
            await CheckStrangerAsync(calls, "?list-type=2&max-keys=1", "the list of objects", cancel);
        }
        finally
        {
            await calls.RunAsync((s3, token) => s3.DeleteObjectAsync(calls.Options.Bucket, probe, token), cancel);
        }
    }

    /// <summary>Writes a probe where none is, or says false. A store that does not know the condition at all says 501, and gets the probe without it.</summary>
    private static Task<bool> TryPutAsync(S3Calls calls, string probe, CancellationToken cancel) => calls.RunAsync(
        async (s3, token) =>
        {
            try
            {
                await PutAsync("*");
                return true;
            }
            catch (AmazonServiceException answer) when (answer.StatusCode == HttpStatusCode.PreconditionFailed)
            {
                return false;
            }
            catch (AmazonServiceException answer) when (answer.StatusCode == HttpStatusCode.NotImplemented)
            {
                await PutAsync(condition: null);
                return true;
            }

            async Task PutAsync(string? condition)
            {
                using MemoryStream nothing = new();
                await s3.PutObjectAsync(new PutObjectRequest { BucketName = calls.Options.Bucket, Key = probe, InputStream = nothing, AutoCloseStream = false, UseChunkEncoding = false, IfNoneMatch = condition }, token);
            }
        },
        cancel);

    private static async Task CheckListsAsync(S3Calls calls, CancellationToken cancel)
    {
        string bucket = calls.Options.Bucket;
        bool? policy = await TryAskAsync(calls, async (s3, token) => (await s3.GetBucketPolicyStatusAsync(new GetBucketPolicyStatusRequest { BucketName = bucket }, token)).PolicyStatus?.IsPublic, cancel);
        if (policy == true)
        {
            throw StoreErrors.Public("the policy of the bucket lets everybody in");
        }

        List<S3Grant>? grants = await TryAskAsync(calls, async (s3, token) => (await s3.GetBucketAclAsync(new GetBucketAclRequest { BucketName = bucket }, token)).Grants, cancel);
        if (grants?.Find(g => Everybody.Contains(g.Grantee?.URI, StringComparer.Ordinal)) is { } open)
        {
            throw StoreErrors.Public($"the access list of the bucket gives {open.Permission?.Value} to {open.Grantee.URI}");
        }
    }

    /// <summary>Not every store has these lists, and not every one lets us see them: then what it does is all that is known.</summary>
    private static async Task<T?> TryAskAsync<T>(S3Calls calls, Func<IAmazonS3, CancellationToken, Task<T>> ask, CancellationToken cancel)
    {
        return await calls.RunAsync(
            async (s3, token) =>
            {
                try
                {
                    return await ask(s3, token);
                }
                catch (AmazonServiceException answer) when (answer.StatusCode is HttpStatusCode.NotImplemented or HttpStatusCode.MethodNotAllowed or HttpStatusCode.Forbidden or HttpStatusCode.BadRequest ||
                    (answer.StatusCode == HttpStatusCode.NotFound && answer.ErrorCode != "NoSuchBucket"))
                {
                    return default;
                }
            },
            cancel);
    }

    private static async Task CheckStrangerAsync(S3Calls calls, string what, string called, CancellationToken cancel)
    {
        S3BlobOptions options = calls.Options;
        Uri bucket = options.PathStyle
            ? new Uri(options.Endpoint, $"{options.Bucket}/")
            : new UriBuilder(options.Endpoint) { Host = $"{options.Bucket}.{options.Endpoint.Host}" }.Uri;
        HttpStatusCode status = await calls.RunAsync(
            async (_, token) =>
            {
                using HttpRequestMessage request = new(HttpMethod.Get, new Uri(bucket, what));
                using HttpResponseMessage answer = await calls.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, token);
                return (int)answer.StatusCode >= 500 ? throw new HttpRequestException($"{(int)answer.StatusCode}") : answer.StatusCode;
            },
            cancel);
        if ((int)status is >= 200 and < 300)
        {
            throw StoreErrors.Public($"a request without a signature for {called} was answered {(int)status}");
        }
    }
}
