using System.Net;
using Amazon.KeyManagementService.Model;
using Amazon.Runtime;

namespace Wardline.Vault.KeySources.Kms;

/// <summary>What the service or the way to it says, as codes of the vault.</summary>
internal static class KmsErrors
{
    private const HttpStatusCode Unanswered = default;

    private static readonly string[] Throttles = ["ThrottlingException", "Throttling", "TooManyRequestsException", "RequestLimitExceeded", "LimitExceededException", "RequestThrottled", "SlowDown"];

    public static VaultException Of(string source, Exception thrown) => thrown switch
    {
        VaultException coded => coded,

        // The blob, or what it is bound to.
        InvalidCiphertextException or IncorrectKeyException => SourceErrors.Wrapped(source, thrown),

        // A state of the service's own that passes.
        KeyUnavailableException or DependencyTimeoutException or KMSInternalException => SourceErrors.Away(source, thrown.Message, thrown),

        // An answer in which there is no answer.
        AmazonUnmarshallingException => SourceErrors.Lied(source, "an answer that is none."),
        AmazonServiceException service when Throttles.Contains(service.ErrorCode, StringComparer.Ordinal) => SourceErrors.Away(source, "it throttles.", thrown),
        AmazonServiceException { StatusCode: >= HttpStatusCode.InternalServerError or HttpStatusCode.TooManyRequests or HttpStatusCode.RequestTimeout or Unanswered } => SourceErrors.Away(source, thrown.Message, thrown),

        // Disabled, pending deletion, not permitted, not found, not signed as it should be: it knows what it does not want.
        AmazonServiceException service => SourceErrors.Refused(source, $"{service.ErrorCode}: {service.Message}", thrown),
        _ => SourceErrors.Away(source, thrown.Message, thrown),
    };
}
