using System.Net;
using System.Net.Sockets;
using Amazon.Runtime;

namespace Wardline.Vault.BlobStores.S3;

/// <summary>What went wrong, as a code of the vault.</summary>
/// <param name="MayPass">the same request may succeed in a moment.</param>
internal sealed record S3Fault(VaultException Coded, bool MayPass)
{
    /// <returns>Null for what is no fault of the store but ours.</returns>
    public static S3Fault? Of(Exception thrown, bool late, TimeSpan limit, Func<VaultException>? missing, Func<VaultException>? refused) => thrown switch
    {
        VaultException coded => new S3Fault(coded, MayPass: coded.Code == "vault.store-lied"),
        OperationCanceledException when late => new S3Fault(StoreErrors.Slow(limit, thrown), MayPass: true),
        AmazonServiceException answer when (int)answer.StatusCode != 0 => OfAnswer(answer, missing, refused),
        AmazonServiceException or HttpRequestException or IOException or SocketException or TimeoutException => new S3Fault(StoreErrors.Away(thrown), MayPass: true),

        // The SDK itself could not make sense of an answer.
        AmazonClientException => new S3Fault(StoreErrors.Lied(thrown.Message), MayPass: true),
        _ => null,
    };

    private static S3Fault OfAnswer(AmazonServiceException answer, Func<VaultException>? missing, Func<VaultException>? refused) => (int)answer.StatusCode switch
    {
        _ when answer.ErrorCode is "BadDigest" or "InvalidDigest" or "XAmzContentSHA256Mismatch" or "IncompleteBody" =>
            new S3Fault(StoreErrors.Lied($"it received other bytes than were sent ({answer.ErrorCode})"), MayPass: true),
        _ when answer.ErrorCode is "QuotaExceeded" or "EntityTooLarge" => new S3Fault(StoreErrors.Full(answer), MayPass: false),
        (int)HttpStatusCode.NotFound when answer.ErrorCode != "NoSuchBucket" && missing is not null => new S3Fault(missing(), MayPass: false),
        (int)HttpStatusCode.PreconditionFailed when refused is not null => new S3Fault(refused(), MayPass: false),
        (int)HttpStatusCode.Unauthorized or (int)HttpStatusCode.Forbidden => new S3Fault(StoreErrors.Denied(answer), MayPass: false),
        (int)HttpStatusCode.RequestEntityTooLarge or (int)HttpStatusCode.InsufficientStorage => new S3Fault(StoreErrors.Full(answer), MayPass: false),
        (int)HttpStatusCode.RequestTimeout or (int)HttpStatusCode.TooManyRequests or (int)HttpStatusCode.Conflict or >= 500 => new S3Fault(StoreErrors.Away(answer), MayPass: true),
        _ when answer.ErrorCode == "RequestTimeout" => new S3Fault(StoreErrors.Away(answer), MayPass: true),
        _ => new S3Fault(StoreErrors.Away(answer), MayPass: false),
    };
}
