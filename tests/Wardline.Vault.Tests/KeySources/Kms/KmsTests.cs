using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Amazon.KeyManagementService;
using Amazon.Runtime;
using Wardline.Vault.KeySources;
using Wardline.Vault.KeySources.Kms;
using Wardline.Vault.Tests.KeyRing;

namespace Wardline.Vault.Tests.KeySources.Kms;

public sealed class KmsTests : IAsyncDisposable
{
    private static readonly KeyContext Context = new("clinic", "data", 3, DateTimeOffset.FromUnixTimeMilliseconds(1_795_000_000_000));
    private readonly KmsStandIn _kms = new();
    private readonly ManualTime _time = new();
    private readonly byte[] _key = RandomNumberGenerator.GetBytes(32);
    private readonly KmsKeySource _source;

    public KmsTests() => _source = Source("SERVICE");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        await _source.DisposeAsync();
        await _kms.DisposeAsync();
    }

    [Fact]
    public async Task A_key_that_the_service_wrapped_it_unwraps_and_its_trail_says_whose_it_is()
    {
        byte[] wrapped = await _source.WrapAsync(_key, Context, Cancel);
        Assert.Equal(_key, await _source.UnwrapAsync(wrapped, Context, Cancel));
        Assert.Equal($"aws-kms:{KmsStandIn.Arn}", _source.Id);
        Assert.Equal(["Encrypt", "Decrypt"], _kms.Trail.Select(t => t.Action));
        Assert.All(_kms.Trail, t => Assert.Equal(
            """{"wardline":"tenant-key/1","tenant":"clinic","purpose":"data","version":"3","created":"1795000000000"}""", t.Context));
        Assert.True((await _source.CheckAsync(Cancel)).Works);
    }

    [Fact]
    public async Task A_wrapped_key_unwraps_in_its_context_under_its_key_and_unchanged_only()
    {
        byte[] wrapped = await _source.WrapAsync(_key, Context, Cancel);
        await Refused.WithAsync("vault.wrapped-key", () => _source.UnwrapAsync(wrapped, Context with { Tenant = "hospital" }, Cancel));
        await Refused.WithAsync("vault.wrapped-key", () => _source.UnwrapAsync(wrapped, Context with { Version = 4 }, Cancel));
        await Refused.WithAsync("vault.wrapped-key", () => _source.UnwrapAsync(Array.Empty<byte>(), Context, Cancel));
        await Refused.WithAsync("vault.wrapped-key", () => _source.UnwrapAsync(wrapped.AsMemory(1), Context, Cancel));
        wrapped[20] ^= 1;
        await Refused.WithAsync("vault.wrapped-key", () => _source.UnwrapAsync(wrapped, Context, Cancel));
        await using KmsKeySource other = Source("SERVICE", KmsStandIn.OtherArn);
        wrapped[20] ^= 1;
        await Refused.WithAsync("vault.wrapped-key", () => other.UnwrapAsync(wrapped, Context, Cancel));
    }

    [Fact]
    public async Task The_key_administrator_disables_the_key_and_can_use_it_for_nothing()
    {
        byte[] wrapped = await _source.WrapAsync(_key, Context, Cancel);
        await using KmsKeySource asAdministrator = Source("ADMINISTRATOR");
        await Refused.WithAsync("vault.key-source-refused", () => asAdministrator.UnwrapAsync(wrapped, Context, Cancel));
        await Refused.WithAsync("vault.key-source-refused", () => asAdministrator.WrapAsync(_key, Context, Cancel));

        using AmazonKeyManagementServiceClient administrator = new(Credentials("ADMINISTRATOR"), new AmazonKeyManagementServiceConfig { ServiceURL = _kms.Address.ToString(), AuthenticationRegion = "eu-central-1" });
        await administrator.DisableKeyAsync(KmsStandIn.Arn, Cancel);
        await Refused.WithAsync("vault.key-source-refused", () => _source.UnwrapAsync(wrapped, Context, Cancel));
        await administrator.EnableKeyAsync(KmsStandIn.Arn, Cancel);
        Assert.Equal(_key, await _source.UnwrapAsync(wrapped, Context, Cancel));
    }

    [Fact]
    public async Task A_secret_that_is_not_the_roles_is_refused_by_its_signature()
    {
        await using KmsKeySource forged = KmsKeySource.Open(Options(), new BasicAWSCredentials("SERVICE", "not the secret"), _time);
        await Refused.WithAsync("vault.key-source-refused", () => forged.WrapAsync(_key, Context, Cancel));
        await using KmsKeySource unknown = KmsKeySource.Open(Options(), new BasicAWSCredentials("NOBODY", "x"), _time);
        await Refused.WithAsync("vault.key-source-refused", () => unknown.WrapAsync(_key, Context, Cancel));
        await using KmsKeySource missing = Source("SERVICE", KmsStandIn.Arn.Replace("1234abcd", "00000000", StringComparison.Ordinal));
        await Refused.WithAsync("vault.key-source-refused", () => missing.WrapAsync(_key, Context, Cancel));
    }

    [Fact]
    public async Task A_service_that_is_down_is_away_and_works_again_when_it_is_up()
    {
        byte[] wrapped = await _source.WrapAsync(_key, Context, Cancel);
        _kms.Stop();
        await Refused.WithAsync("vault.key-source-away", () => _source.UnwrapAsync(wrapped, Context, Cancel));
        Assert.Equal("vault.key-source-away", (await _source.CheckAsync(Cancel)).Code);
        _kms.Start();
        Assert.Equal(_key, await _source.UnwrapAsync(wrapped, Context, Cancel));
    }

    [Fact]
    public async Task A_service_that_does_not_answer_is_away_in_time()
    {
        TaskCompletionSource asked = new(), answer = new();
        _kms.Instead = async _ =>
        {
            asked.TrySetResult();
            await answer.Task;
            return null;
        };
        Task<byte[]> waiting = _source.WrapAsync(_key, Context, Cancel).AsTask();
        await asked.Task.WaitAsync(TimeSpan.FromSeconds(30), Cancel);
        _time.Pass(TimeSpan.FromSeconds(10));
        await Refused.WithAsync("vault.key-source-away", () => new ValueTask<byte[]>(waiting));
        _kms.Instead = null;
        answer.SetResult();
        await _source.WrapAsync(_key, Context, Cancel);
    }

    [Fact]
    public async Task Whoever_gives_up_waiting_is_not_told_that_the_service_is_away()
    {
        TaskCompletionSource asked = new(), answer = new();
        _kms.Instead = async _ =>
        {
            asked.TrySetResult();
            await answer.Task;
            return null;
        };
        using CancellationTokenSource stop = new();
        Task<byte[]> waiting = _source.WrapAsync(_key, Context, stop.Token).AsTask();
        await asked.Task.WaitAsync(TimeSpan.FromSeconds(30), Cancel);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        answer.SetResult();
    }

    [Theory]
    [InlineData(400, "ThrottlingException")]
    [InlineData(500, "KMSInternalException")]
    [InlineData(503, "ServiceUnavailable")]
    [InlineData(500, "KeyUnavailableException")]
    [InlineData(503, "DependencyTimeoutException")]
    public async Task Throttling_and_trouble_of_its_own_are_tried_again_and_then_it_is_away(int status, string type)
    {
        int left = 1;
        _kms.Instead = _ => Task.FromResult<(int, string)?>(left-- > 0 ? (status, $$"""{"__type":"{{type}}","message":"later"}""") : null);
        byte[] wrapped = await _source.WrapAsync(_key, Context, Cancel);
        Assert.Equal(2, _kms.Requests);

        left = int.MaxValue;
        await Refused.WithAsync("vault.key-source-away", () => _source.UnwrapAsync(wrapped, Context, Cancel));
        Assert.InRange(_kms.Requests, 3, 5); // it is not asked for ever
        _kms.Instead = null;
        Assert.Equal(_key, await _source.UnwrapAsync(wrapped, Context, Cancel));
    }

    [Theory]
    [InlineData("DisabledException")]
    [InlineData("KMSInvalidStateException")]
    [InlineData("AccessDeniedException")]
    [InlineData("InvalidKeyUsageException")]
    [InlineData("ExpiredTokenException")]
    public async Task A_service_that_says_no_is_asked_once(string type)
    {
        _kms.Instead = _ => Task.FromResult<(int, string)?>((400, $$"""{"__type":"{{type}}","message":"no"}"""));
        await Refused.WithAsync("vault.key-source-refused", () => _source.WrapAsync(_key, Context, Cancel));
        Assert.Equal(1, _kms.Requests);
    }

    public static TheoryData<string> Lies => ["another-key", "no-key", "empty", "nothing", "no-json", "half"];

    [Theory]
    [MemberData(nameof(Lies))]
    public async Task A_service_that_lies_is_found_out(string lie)
    {
        byte[] wrapped = await _source.WrapAsync(_key, Context, Cancel);
        _kms.Changed = (action, answer) =>
        {
            string what = action == "Encrypt" ? "CiphertextBlob" : "Plaintext";
            switch (lie)
            {
                case "another-key":
                    answer["KeyId"] = KmsStandIn.OtherArn;
                    return answer;
                case "no-key":
                    answer.Remove("KeyId");
                    return answer;
                case "empty":
                    answer[what] = "";
                    return answer;
                default:
                    return [];
            }
        };
        if (lie is "no-json" or "half")
        {
            _kms.Instead = _ => Task.FromResult<(int, string)?>((200, lie == "half" ? """{"KeyId":"arn""" : "<html>captive portal</html>"));
        }

        await Refused.WithAsync("vault.key-source-lied", () => _source.UnwrapAsync(wrapped, Context, Cancel));
        await Refused.WithAsync("vault.key-source-lied", () => _source.WrapAsync(_key, Context, Cancel));
    }

    // A service that gives a key of its own choosing would open all that is sealed from then on.
    [Fact]
    public async Task A_service_that_gives_another_key_than_was_wrapped_makes_no_tenant_key()
    {
        await using Rings rings = await Rings.OpenAsync(_source);
        _kms.Changed = (action, answer) =>
        {
            if (action == "Decrypt")
            {
                answer["Plaintext"] = Convert.ToBase64String(new byte[32]);
            }

            return answer;
        };
        await Refused.WithAsync("vault.key-source-lied", () => rings.Ring.EnsureTenantAsync("hospital", default));
        Assert.DoesNotContain(rings.Store.All, r => r.Key.Tenant == "hospital");

        await using Vault.KeyRing.VaultKeyRing restarted = rings.OpenAnother();
        await Refused.WithAsync("vault.key-source-lied", () => new Vault.Fields.FieldVault(restarted).ForPatientAsync("clinic", "anna", default));

        _kms.Changed = (action, answer) => action == "Encrypt" ? new JsonObject { ["KeyId"] = KmsStandIn.Arn, ["CiphertextBlob"] = Convert.ToBase64String(new byte[60]) } : answer;
        await Refused.WithAsync("vault.wrapped-key", () => rings.Ring.EnsureTenantAsync("hospital", default));
        Assert.DoesNotContain(rings.Store.All, r => r.Key.Tenant == "hospital");
    }

    [Fact]
    public async Task A_service_that_answers_with_the_key_in_clear_makes_no_tenant_key()
    {
        await using Rings rings = await Rings.OpenAsync(_source);
        await using EchoingSource echo = new();
        await using Vault.KeyRing.VaultKeyRing ring = rings.OpenAnother(new KeySourceSet(echo, _source));
        await Refused.WithAsync("vault.key-source-lied", () => ring.EnsureTenantAsync("hospital", default));
        Assert.DoesNotContain(rings.Store.All, r => r.Key.Tenant == "hospital");
    }

    [Theory]
    [InlineData("alias/wardline")]
    [InlineData("1234abcd-12ab-34cd-56ef-1234567890ab")]
    [InlineData("arn:aws:kms:eu-central-1:111122223333:alias/wardline")]
    [InlineData("arn:aws:s3:eu-central-1:111122223333:key/1")]
    [InlineData("arn:aws:kms:eu-central-1:1111:key/1")]
    public void A_name_that_can_be_pointed_at_another_key_is_no_key(string name) => Refused.With("vault.key-source-settings", () => KmsKeyArn.Parse(name));

    [Theory]
    [InlineData("http://kms.example.org/")]
    [InlineData("ftp://127.0.0.1/")]
    public void Keys_in_clear_go_to_no_plain_address(string endpoint) =>
        Refused.With("vault.key-source-settings", () => KmsKeySource.Open(Options() with { Endpoint = new Uri(endpoint) }, Credentials("SERVICE"), _time));

    private KmsKeySource Source(string role, string arn = KmsStandIn.Arn) => KmsKeySource.Open(Options(arn), Credentials(role), _time);

    private KmsOptions Options(string arn = KmsStandIn.Arn) => new() { Key = KmsKeyArn.Parse(arn), Endpoint = _kms.Address };

    private BasicAWSCredentials Credentials(string role) => new(role, _kms.SecretOf(role));

    private sealed class EchoingSource : IKeySource
    {
        public string Id => "echo";

        public ValueTask<byte[]> WrapAsync(ReadOnlyMemory<byte> key, KeyContext context, CancellationToken cancel) => ValueTask.FromResult<byte[]>([1, 2, 3, .. key.Span]);

        public ValueTask<byte[]> UnwrapAsync(ReadOnlyMemory<byte> wrapped, KeyContext context, CancellationToken cancel) => ValueTask.FromResult(wrapped[3..].ToArray());

        public ValueTask<KeySourceHealth> CheckAsync(CancellationToken cancel) => ValueTask.FromResult(new KeySourceHealth(true, null, ""));

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
