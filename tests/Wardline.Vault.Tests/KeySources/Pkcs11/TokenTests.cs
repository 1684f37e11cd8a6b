using System.Security.Cryptography;
using System.Text;
using Wardline.Vault.KeySources;
using Wardline.Vault.KeySources.Pkcs11;
using Wardline.Vault.Tests.KeyRing;
using static Wardline.Vault.KeySources.Pkcs11.Cryptoki;

namespace Wardline.Vault.Tests.KeySources.Pkcs11;

[Collection(nameof(SoftHsm))]
public sealed class TokenTests(SoftHsm hsm) : IDisposable
{
    private static readonly KeyContext Context = new("clinic", "data", 3, DateTimeOffset.FromUnixTimeMilliseconds(1_795_000_000_000));
    private readonly ManualTime _time = new();
    private readonly byte[] _key = RandomNumberGenerator.GetBytes(32);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => HookedToken.Reset();

    [Fact]
    public async Task A_key_that_a_token_wrapped_it_unwraps()
    {
        await using Pkcs11KeySource source = Pkcs11KeySource.Open(hsm.Uri("kek-1"), _time);
        byte[] wrapped = await source.WrapAsync(_key, Context, Cancel);
        Assert.Equal(60, wrapped.Length);
        Assert.Equal(-1, wrapped.AsSpan().IndexOf(_key.AsSpan(0, 8)));
        Assert.Equal(_key, await source.UnwrapAsync(wrapped, Context, Cancel));
        Assert.NotEqual(wrapped, await source.WrapAsync(_key, Context, Cancel));
        Assert.Equal("pkcs11:token=wardline;object=kek-1", source.Id);
        Assert.True((await source.CheckAsync(Cancel)).Works);
    }

    [Fact]
    public async Task A_wrapped_key_unwraps_in_its_context_and_unchanged_only()
    {
        await using Pkcs11KeySource source = Pkcs11KeySource.Open(hsm.Uri("kek-1"), _time);
        await using Pkcs11KeySource other = Pkcs11KeySource.Open(hsm.Uri("kek-2"), _time);
        byte[] wrapped = await source.WrapAsync(_key, Context, Cancel);
        Assert.All<KeyContext>([Context with { Tenant = "clinic2" }, Context with { Purpose = "index" }, Context with { Version = 4 }, Context with { Created = Context.Created.AddMilliseconds(1) }], moved =>
            Refused.With("vault.wrapped-key", () => source.UnwrapAsync(wrapped, moved, Cancel).AsTask().GetAwaiter().GetResult()));
        await Refused.WithAsync("vault.wrapped-key", () => other.UnwrapAsync(wrapped, Context, Cancel));
        for (int i = 0; i < wrapped.Length; i++)
        {
            byte[] changed = [.. wrapped];
            changed[i] ^= 0x20;
            await Refused.WithAsync("vault.wrapped-key", () => source.UnwrapAsync(changed, Context, Cancel));
        }

        Assert.All(Enumerable.Range(0, wrapped.Length), n =>
            Refused.With("vault.wrapped-key", () => source.UnwrapAsync(wrapped.AsMemory(0, n), Context, Cancel).AsTask().GetAwaiter().GetResult()));
        Assert.Equal(_key, await source.UnwrapAsync(wrapped, Context, Cancel));
    }

    [Fact]
    public void The_key_cannot_be_read_out_of_the_token()
    {
        Pkcs11Module module = Pkcs11Module.Load(SoftHsm.Library);
        Pkcs11Token token = new(hsm.Uri("kek-1"), module, SecretKeyObject, _time);
        Answer said = default;
        token.Perform("trying", session =>
        {
            said = module.Read(session.Handle, session.Object, Cryptoki.Attribute.Value, out byte[] value);
            Assert.Empty(value);
            return Answer.Ok;
        });
        Assert.Equal(Answer.AttributeSensitive, said);
        token.Close();
    }

    [Theory]
    [InlineData("open", "not be extractable")]
    [InlineData("short", "have 256 bits")]
    [InlineData("double", "several objects have this label")]
    public async Task A_key_that_may_be_read_out_or_is_too_short_or_may_be_another_one_is_not_used(string key, string why)
    {
        await using Pkcs11KeySource source = Pkcs11KeySource.Open(hsm.Uri(key), _time);
        VaultException refused = await Assert.ThrowsAsync<VaultException>(async () => await source.WrapAsync(_key, Context, Cancel));
        Assert.Equal("vault.key-source-refused", refused.Code);
        Assert.Contains(why, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_of_several_is_told_by_its_id_and_two_tokens_of_one_name_are_not_guessed_between()
    {
        await using Pkcs11KeySource one = Pkcs11KeySource.Open(Pkcs11Uri.Parse($"pkcs11:token=wardline;object=double;id=%01?module-path={SoftHsm.Library}&pin-source={hsm.PinFile}"), _time);
        await using Pkcs11KeySource two = Pkcs11KeySource.Open(Pkcs11Uri.Parse($"pkcs11:token=wardline;object=double;id=%02?module-path={SoftHsm.Library}&pin-source={hsm.PinFile}"), _time);
        byte[] wrapped = await one.WrapAsync(_key, Context, Cancel);
        Assert.Equal(_key, await one.UnwrapAsync(wrapped, Context, Cancel));
        await Refused.WithAsync("vault.wrapped-key", () => two.UnwrapAsync(wrapped, Context, Cancel));

        await using Pkcs11KeySource twin = Pkcs11KeySource.Open(hsm.Uri("kek-1", token: "twin"), _time);
        await Refused.WithAsync("vault.key-source-refused", () => twin.WrapAsync(_key, Context, Cancel));
    }

    [Fact]
    public async Task A_wrong_pin_is_tried_once_and_never_again()
    {
        await using Pkcs11KeySource source = Pkcs11KeySource.Open(hsm.Uri("kek-1", token: "spare", pin: hsm.WrongPinFile), HookedToken.Open(), _time);
        for (int i = 0; i < 5; i++)
        {
            await Refused.WithAsync("vault.key-source-refused", () => source.WrapAsync(_key, Context, Cancel));
            _time.Pass(TimeSpan.FromMinutes(1));
        }

        Assert.Equal(1, HookedToken.Count(Function.Login));
        KeySourceHealth health = await source.CheckAsync(Cancel);
        Assert.Equal((false, "vault.key-source-refused"), (health.Works, health.Code));
        Assert.DoesNotContain("000000", health.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0x20000)] // CKF_USER_PIN_FINAL_TRY
    [InlineData(0x40000)] // CKF_USER_PIN_LOCKED
    public async Task A_token_that_one_more_wrong_pin_would_lock_is_not_logged_in_to(uint flag)
    {
        await using Pkcs11KeySource source = Pkcs11KeySource.Open(hsm.Uri("kek-1"), HookedToken.Open(), _time);
        HookedToken.Flags = flags => flags | flag;
        await Refused.WithAsync("vault.key-source-refused", () => source.WrapAsync(_key, Context, Cancel));
        Assert.Equal(0, HookedToken.Count(Function.Login));
        HookedToken.Flags = null;
        await source.WrapAsync(_key, Context, Cancel);
    }

    [Fact]
    public async Task A_token_that_is_pulled_out_is_away_and_works_again_when_it_is_back()
    {
        await using Pkcs11KeySource source = Pkcs11KeySource.Open(hsm.Uri("kek-1"), _time);
        byte[] wrapped = await source.WrapAsync(_key, Context, Cancel);
        using (hsm.Pull())
        {
            for (int i = 0; i < 3; i++)
            {
                await Refused.WithAsync("vault.key-source-away", () => source.UnwrapAsync(wrapped, Context, Cancel));
                await Refused.WithAsync("vault.key-source-away", () => source.WrapAsync(_key, Context, Cancel));
                _time.Pass(TimeSpan.FromSeconds(6));
            }

            Assert.Equal("vault.key-source-away", (await source.CheckAsync(Cancel)).Code);
        }

        _time.Pass(TimeSpan.FromSeconds(6));
        Assert.Equal(_key, await source.UnwrapAsync(wrapped, Context, Cancel));
    }

    [Fact]
    public async Task A_token_that_is_away_at_the_start_works_when_it_comes()
    {
        await using Pkcs11KeySource source = Pkcs11KeySource.Open(hsm.Uri("kek-1"), HookedToken.Open(), _time);
        HookedToken.Answering = function => function == Function.Initialize ? Answer.GeneralError : null;
        await Refused.WithAsync("vault.key-source-away", () => source.WrapAsync(_key, Context, Cancel));
        HookedToken.Answering = null;
        await source.WrapAsync(_key, Context, Cancel);
    }

    [Theory]
    [InlineData(Answer.SessionHandleInvalid)]
    [InlineData(Answer.DeviceRemoved)]
    [InlineData(Answer.DeviceError)]
    [InlineData(Answer.TokenNotPresent)]
    [InlineData(Answer.UserNotLoggedIn)]
    [InlineData(Answer.KeyHandleInvalid)]
    [InlineData(Answer.ObjectHandleInvalid)]
    [InlineData(Answer.GeneralError)]
    [InlineData(Answer.NotInitialized)]
    internal async Task What_was_lost_for_a_moment_is_got_again_without_anybody_noticing(Answer lost)
    {
        await using Pkcs11KeySource source = Pkcs11KeySource.Open(hsm.Uri("kek-1"), HookedToken.Open(), _time);
        byte[] wrapped = await source.WrapAsync(_key, Context, Cancel);
        foreach (Function function in (Function[])[Function.DecryptInit, Function.Decrypt])
        {
            foreach (int times in (int[])[1, 2])
            {
                int left = times;
                HookedToken.Answering = asked => asked == function && left-- > 0 ? lost : null;
                Assert.Equal(_key, await source.UnwrapAsync(wrapped, Context, Cancel));
                _time.Pass(TimeSpan.FromSeconds(6));
            }

            HookedToken.Answering = asked => asked == function ? lost : null;
            await Refused.WithAsync("vault.key-source-away", () => source.UnwrapAsync(wrapped, Context, Cancel));
            HookedToken.Answering = null;
            _time.Pass(TimeSpan.FromSeconds(6));
            Assert.Equal(_key, await source.UnwrapAsync(wrapped, Context, Cancel));
        }
    }

    [Fact]
    public async Task A_token_that_is_gone_for_long_does_not_have_its_library_initialised_by_every_request()
    {
        await using Pkcs11KeySource source = Pkcs11KeySource.Open(hsm.Uri("kek-1"), HookedToken.Open(), _time);
        await source.WrapAsync(_key, Context, Cancel);
        int before = HookedToken.Count(Function.Initialize);
        HookedToken.Answering = function => function == Function.OpenSession ? Answer.TokenNotPresent : null;
        await source.DisposeAsync(); // its sessions are gone
        for (int i = 0; i < 50; i++)
        {
            await Refused.WithAsync("vault.key-source-away", () => source.WrapAsync(_key, Context, Cancel));
        }

        Assert.Equal(1, HookedToken.Count(Function.Initialize) - before);
        _time.Pass(TimeSpan.FromSeconds(5));
        await Refused.WithAsync("vault.key-source-away", () => source.WrapAsync(_key, Context, Cancel));
        Assert.Equal(2, HookedToken.Count(Function.Initialize) - before);
    }

    [Fact]
    public async Task A_token_that_does_not_answer_is_away_in_time_and_takes_no_more_threads_than_sessions()
    {
        await using Pkcs11KeySource source = Pkcs11KeySource.Open(hsm.Uri("kek-1"), HookedToken.Open(), _time);
        await source.WrapAsync(_key, Context, Cancel);
        using ManualResetEventSlim answers = new();
        using CountdownEvent inside = new(Pkcs11KeySource.Sessions);
        HookedToken.Answering = function =>
        {
            if (function == Function.Encrypt)
            {
                inside.Signal();
                answers.Wait(Cancel);
            }

            return null;
        };
        Task<byte[]>[] hanging = [.. Enumerable.Range(0, Pkcs11KeySource.Sessions).Select(_ => source.WrapAsync(_key, Context, Cancel).AsTask())];
        Assert.True(inside.Wait(TimeSpan.FromSeconds(30), Cancel));
        Task<byte[]> next = source.WrapAsync(_key, Context, Cancel).AsTask();
        _time.Pass(TimeSpan.FromSeconds(10));
        foreach (Task<byte[]> each in hanging.Append(next))
        {
            await Refused.WithAsync("vault.key-source-away", () => new ValueTask<byte[]>(each));
        }

        Assert.Equal(Pkcs11KeySource.Sessions + 1, HookedToken.Count(Function.Encrypt)); // the fifth never went in
        HookedToken.Answering = null;
        answers.Set();
        byte[] wrapped = await source.WrapAsync(_key, Context, Cancel);
        Assert.Equal(_key, await source.UnwrapAsync(wrapped, Context, Cancel));
    }

    [Fact]
    public async Task Many_at_once_share_a_few_sessions_and_one_login()
    {
        await using Pkcs11KeySource source = Pkcs11KeySource.Open(hsm.Uri("kek-1"), HookedToken.Open(), _time);
        byte[][] wrapped = await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => source.WrapAsync(_key, Context, Cancel).AsTask()));
        byte[][] back = await Task.WhenAll(wrapped.Select(w => source.UnwrapAsync(w, Context, Cancel).AsTask()));
        Assert.All(back, key => Assert.Equal(_key, key));
        Assert.Equal(200, wrapped.Select(Convert.ToHexString).Distinct().Count());
        Assert.InRange(HookedToken.Count(Function.OpenSession), 1, Pkcs11KeySource.Sessions);
    }

    [Fact]
    public async Task A_token_that_chooses_its_own_nonce_is_believed_about_it()
    {
        await using Pkcs11KeySource source = Pkcs11KeySource.Open(hsm.Uri("kek-1"), HookedToken.Open(), _time);
        HookedToken.OwnNonce = [.. Enumerable.Range(1, 12).Select(i => (byte)i)];
        byte[] wrapped = await source.WrapAsync(_key, Context, Cancel);
        HookedToken.OwnNonce = null;
        Assert.Equal(Enumerable.Range(1, 12).Select(i => (byte)i), wrapped.Take(12));
        Assert.Equal(_key, await source.UnwrapAsync(wrapped, Context, Cancel));
    }

    [Fact]
    public async Task A_secret_in_a_token_is_read_by_reference_and_only_where_a_pin_guards_it()
    {
        string at = $"?module-path={SoftHsm.Library}&pin-source=file:{hsm.PinFile}";
        Assert.Equal("the relay's secret, 32 characters", SecretReference.Resolve($"pkcs11:token=wardline;object=turn;type=data{at}"));
        Refused.With("vault.secret-public", () => SecretReference.Resolve($"pkcs11:token=wardline;object=public;type=data{at}"));
        Refused.With("vault.key-source-away", () => SecretReference.Resolve($"pkcs11:token=wardline;object=none;type=data{at}"));
        await Task.CompletedTask;
    }

    [Fact]
    public void The_security_officer_of_the_token_finds_no_key_in_it()
    {
        // Who may reset the PIN and who may use the key are two people: a login as officer shows no private object.
        using System.Diagnostics.Process tool = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo(
            "pkcs11-tool", ["--module", SoftHsm.Library, "--token-label", "wardline", "--session-rw", "--login", "--login-type", "so", "--so-pin", SoftHsm.OfficerPin, "--list-objects"])
        { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false })!;
        string listed = tool.StandardOutput.ReadToEnd();
        tool.WaitForExit();
        Assert.DoesNotContain("kek-1", listed, StringComparison.Ordinal);
        Assert.DoesNotContain("turn", listed, StringComparison.Ordinal);
        Assert.Contains("public", listed, StringComparison.Ordinal); // it did list
    }
}
