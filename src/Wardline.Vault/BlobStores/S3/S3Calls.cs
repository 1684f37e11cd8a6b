using Amazon.Runtime;
using Amazon.S3;

namespace Wardline.Vault.BlobStores.S3;

/// <summary>Makes requests: each in its time, again when it may pass, and with a code when it does not.</summary>
internal sealed class S3Calls : IDisposable
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    private readonly AmazonS3Client _client;
    private readonly SemaphoreSlim[] _names = [.. Enumerable.Range(0, 64).Select(_ => new SemaphoreSlim(1, 1))];

    public S3Calls(S3BlobOptions options, TimeProvider time)
    {
        Options = options;
        Time = time;
        Http = new HttpClient(options.Handler?.Invoke() ?? new SocketsHttpHandler
        {
            AllowAutoRedirect = false, UseProxy = false, UseCookies = false, ConnectTimeout = options.AnswerWithin, PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        })
        {
            Timeout = Timeout.InfiniteTimeSpan,
        };
        _client = new AmazonS3Client(new BasicAWSCredentials(options.AccessKey, options.SecretKey), new AmazonS3Config
        {
            ServiceURL = options.Endpoint.AbsoluteUri,
            AuthenticationRegion = options.Region,
            ForcePathStyle = options.PathStyle,
            IgnoreConfiguredEndpointUrls = true,
            HttpClientFactory = new OneClient(Http),

            // Tried again here, where time is an argument, and where a lost answer can be told from a refusal.
            MaxErrorRetry = 0,
            Timeout = Timeout.InfiniteTimeSpan,

            // The SHA-256 of every body is in its signature, and the store holds the body against it. What the SDK would add, not every store knows.
            RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED,
            ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED,
        });
    }

    public S3BlobOptions Options { get; }

    public TimeProvider Time { get; }

    /// <summary>Whether the store refuses to write where something is when it is asked to (If-None-Match).</summary>
    public bool KeepsConditions { get; set; }

    /// <summary>
    /// One at a time for one name (or for two that share a gate). Of a store that keeps no conditions two writers of one name could
    /// both be believed: within this process they cannot; the names of two servers are drawn and do not meet.
    /// </summary>
    public SemaphoreSlim GateOf(BlobName name) => _names[(uint)name.GetHashCode() % (uint)_names.Length];

    /// <summary>For requests that nobody signs.</summary>
    public HttpClient Http { get; }

    public string KeyOf(BlobName name) => Options.Prefix + name;

    /// <param name="missing">what 404 means.</param>
    /// <param name="refused">what 412 means: a condition of the request did not hold.</param>
    public async Task<T> RunAsync<T>(
        Func<IAmazonS3, CancellationToken, Task<T>> call, CancellationToken cancel, Func<VaultException>? missing = null, Func<VaultException>? refused = null, int? tries = null)
    {
        for (int attempt = 1; ; attempt++)
        {
            using CancellationTokenSource limit = new(Options.AnswerWithin, Time);
            using CancellationTokenSource both = CancellationTokenSource.CreateLinkedTokenSource(cancel, limit.Token);
            try
            {
                return await call(_client, both.Token);
            }
            catch (Exception thrown) when (!cancel.IsCancellationRequested && S3Fault.Of(thrown, limit.IsCancellationRequested, Options.AnswerWithin, missing, refused) is { } fault)
            {
                if (!fault.MayPass || attempt >= (tries ?? Options.Tries))
                {
                    throw fault.Coded;
                }
            }

            await PauseAsync(attempt, cancel);
        }
    }

    /// <summary>Twice as long each time, and never quite as long as others wait who were refused at the same moment.</summary>
    public Task PauseAsync(int attempt, CancellationToken cancel)
    {
        double pause = Math.Min(FirstPause.TotalMilliseconds * Math.Pow(2, attempt - 1), LongestPause.TotalMilliseconds);
        return Task.Delay(TimeSpan.FromMilliseconds(pause * (0.5 + (Random.Shared.NextDouble() / 2))), Time, cancel);
    }

    public void Dispose()
    {
        _client.Dispose();
        Http.Dispose();
    }

    private sealed class OneClient(HttpClient http) : HttpClientFactory
    {
        public override HttpClient CreateHttpClient(IClientConfig clientConfig) => http;

        public override bool UseSDKHttpClientCaching(IClientConfig clientConfig) => false;

        public override bool DisposeHttpClientsAfterUse(IClientConfig clientConfig) => false;
    }
}
