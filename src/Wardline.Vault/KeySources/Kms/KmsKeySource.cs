using Amazon;
using Amazon.KeyManagementService;
using Amazon.KeyManagementService.Model;
using Amazon.Runtime;

namespace Wardline.Vault.KeySources.Kms;

/// <summary>
/// A key-encryption key in AWS KMS. What a wrapped key is bound to is its encryption context, so that a key policy can hold a
/// role to one tenant and CloudTrail shows whose key was unwrapped.
/// </summary>
/// <remarks>
/// Who administrates the key (kms:CreateKey, kms:DisableKey, …) is another role than this process (kms:Encrypt, kms:Decrypt);
/// the policies are in docs/how-to/keys.md. A wrapped key is the service's blob as it is.
/// </remarks>
public sealed class KmsKeySource : IKeySource
{
    private static readonly TimeSpan PatienceOnce = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly string _arn;
    private readonly IAmazonKeyManagementService _service;
    private readonly TimeProvider _time;

    private KmsKeySource(KmsKeyArn key, IAmazonKeyManagementService service, TimeProvider time) => (_arn, _service, _time) = (key.Value, service, time);

    /// <summary><c>aws-kms:</c> and the ARN of the key.</summary>
    public string Id => $"aws-kms:{_arn}";

    /// <summary>Prepares; the service is asked at the first use.</summary>
    /// <exception cref="VaultException"><c>vault.key-source-settings</c>; <c>vault.key-source-refused</c>: no credentials are to be found.</exception>
    public static KmsKeySource Open(KmsOptions options, TimeProvider time) => Open(options, credentials: null, time);

    /// <inheritdoc/>
    public ValueTask<byte[]> WrapAsync(ReadOnlyMemory<byte> key, KeyContext context, CancellationToken cancel) => AskAsync(
        async patience =>
        {
            using MemoryStream plain = new(key.ToArray());
            EncryptResponse answer = await _service.EncryptAsync(
                new EncryptRequest { KeyId = _arn, Plaintext = plain, EncryptionContext = Pairs(context), EncryptionAlgorithm = EncryptionAlgorithmSpec.SYMMETRIC_DEFAULT }, patience);
            return Take(answer.KeyId, answer.CiphertextBlob);
        },
        cancel);

    /// <inheritdoc/>
    public ValueTask<byte[]> UnwrapAsync(ReadOnlyMemory<byte> wrapped, KeyContext context, CancellationToken cancel) => AskAsync(
        async patience =>
        {
            if (wrapped.IsEmpty)
            {
                throw SourceErrors.Wrapped(Id);
            }

            using MemoryStream blob = new(wrapped.ToArray());

            // The key is named though the blob names it too: a blob that was wrapped under a key of somebody else's is refused.
            DecryptResponse answer = await _service.DecryptAsync(
                new DecryptRequest { KeyId = _arn, CiphertextBlob = blob, EncryptionContext = Pairs(context), EncryptionAlgorithm = EncryptionAlgorithmSpec.SYMMETRIC_DEFAULT }, patience);
            return Take(answer.KeyId, answer.Plaintext);
        },
        cancel);

    /// <inheritdoc/>
    public ValueTask<KeySourceHealth> CheckAsync(CancellationToken cancel) => KeySourceHealth.TryAsync(this, cancel);

    public ValueTask DisposeAsync()
    {
        _service.Dispose();
        return ValueTask.CompletedTask;
    }

    internal static KmsKeySource Open(KmsOptions options, AWSCredentials? credentials, TimeProvider time)
    {
        options.Validate();
        AmazonKeyManagementServiceConfig settings = new()
        {
            RegionEndpoint = RegionEndpoint.GetBySystemName(options.Key.Region),
            Timeout = PatienceOnce,
            RetryMode = RequestRetryMode.Standard,
            MaxErrorRetry = 2,
            UseFIPSEndpoint = options.Fips,
        };
        if (options.Endpoint is { } endpoint)
        {
            settings.ServiceURL = endpoint.ToString();
            settings.AuthenticationRegion = options.Key.Region;
        }

        try
        {
            return new(options.Key, credentials is null ? new AmazonKeyManagementServiceClient(settings) : new AmazonKeyManagementServiceClient(credentials, settings), time);
        }
        catch (AmazonClientException failure)
        {
            throw SourceErrors.Refused($"aws-kms:{options.Key}", failure.Message, failure);
        }
    }

    private static Dictionary<string, string> Pairs(KeyContext context) => context.Pairs.ToDictionary(StringComparer.Ordinal);

    private byte[] Take(string? keyId, MemoryStream? bytes) =>
        keyId != _arn ? throw SourceErrors.Lied(Id, "it used another key than it was asked to.")
        : bytes is not { Length: > 0 } ? throw SourceErrors.Lied(Id, "an empty answer.")
        : bytes.ToArray();

    private async ValueTask<byte[]> AskAsync(Func<CancellationToken, Task<byte[]>> ask, CancellationToken cancel)
    {
        using CancellationTokenSource patience = new(Patience, _time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancel);
        try
        {
            return await ask(either.Token);
        }
        catch (OperationCanceledException) when (patience.IsCancellationRequested && !cancel.IsCancellationRequested)
        {
            throw SourceErrors.Away(Id, $"no answer in {Patience.TotalSeconds:0} seconds.");
        }
        catch (Exception failure) when (!cancel.IsCancellationRequested)
        {
            throw KmsErrors.Of(Id, failure);
        }
    }
}
