using Wardline.Vault.Fields;
using Wardline.Vault.KeyRing;

namespace Wardline.Vault.Tests.KeyRing;

/// <summary>A source that is gone for a while stops no care; one whose administrator says no stops everything.</summary>
public sealed class SourceAwayTests
{
    private static readonly FieldPlace Place = new("conditions", "diagnosis", "1");

    [Fact]
    public async Task Keys_in_memory_are_used_on_while_the_source_is_away_but_not_for_more_than_a_day()
    {
        await using Switched at = await Switched.OpenAsync();
        byte[] box = await at.SealAsync();
        at.Source.Failing = "vault.key-source-away";
        for (int hour = 0; hour < 23; hour++)
        {
            at.Rings.Time.Pass(TimeSpan.FromHours(1));
            await at.Rings.Ring.CareAsync(default);
            Assert.Equal("E11.9", await at.OpenAsync(box));
        }

        Assert.Contains(at.Rings.Ring.Administration.Problems, p => p is { Tenant: "clinic", Task: "source", Code: "vault.key-source-away" });
        at.Rings.Time.Pass(TimeSpan.FromHours(2));
        await at.Rings.Ring.CareAsync(default);
        await Refused.WithAsync("vault.key-source-away", () => at.OpenAsync(box));

        at.Source.Failing = null;
        at.Rings.Time.Pass(TimeSpan.FromSeconds(1));
        Assert.Equal("E11.9", await at.OpenAsync(box));
        await at.Rings.Ring.CareAsync(default);
        Assert.Empty(at.Rings.Ring.Administration.Problems);
    }

    [Theory]
    [InlineData("vault.key-source-refused")]
    [InlineData("vault.key-source-lied")]
    [InlineData("vault.wrapped-key")]
    public async Task A_key_that_its_administrator_disables_is_gone_from_memory_at_the_next_care(string code)
    {
        await using Switched at = await Switched.OpenAsync();
        byte[] box = await at.SealAsync();
        using FieldScope open = await at.Rings.Fields.ForPatientAsync("clinic", "anna", default);
        using FieldScope used = await at.Rings.Fields.ForPatientAsync("clinic", "anna", default);
        Assert.Equal("E11.9", used.OpenText(Place, box));
        at.Source.Failing = code;
        await at.Rings.Ring.CareAsync(default);
        Refused.With("vault.key-gone", () => open.Open(Place, box));
        Refused.With("vault.key-gone", () => used.Open(Place, box));
        Refused.With("vault.key-gone", () => used.Seal(Place, "I10"));
        await Refused.WithAsync(code, () => at.OpenAsync(box));

        at.Source.Failing = null;
        at.Rings.Time.Pass(TimeSpan.FromSeconds(1));
        Assert.Equal("E11.9", await at.OpenAsync(box));
    }

    [Fact]
    public async Task A_server_that_starts_while_the_source_is_away_works_when_it_comes_and_does_not_ask_without_end()
    {
        await using Switched at = await Switched.OpenAsync();
        byte[] box = await at.SealAsync();
        for (int i = 0; i < 7; i++)
        {
            await at.Rings.Ring.Administration.TurnAsync("clinic", default);
        }

        at.Source.Failing = "vault.key-source-away";
        await using VaultKeyRing restarted = at.Rings.OpenAnother();
        await restarted.CareAsync(default);
        FieldVault fields = new(restarted);
        int asked = at.Source.Unwraps;
        for (int i = 0; i < 100; i++)
        {
            await Refused.WithAsync("vault.key-source-away", () => fields.ForPatientAsync("clinic", "anna", default));
        }

        Assert.InRange(at.Source.Unwraps - asked, 0, 1); // not once for each request, nor for each of ten keys
        at.Source.Failing = null;
        at.Rings.Time.Pass(TimeSpan.FromSeconds(1));
        using FieldScope scope = await fields.ForPatientAsync("clinic", "anna", default);
        Assert.Equal("E11.9", scope.OpenText(Place, box));
    }

    [Fact]
    public async Task A_source_that_gives_another_key_is_found_out_before_anything_is_sealed_under_it()
    {
        await using Switched at = await Switched.OpenAsync();
        byte[] box = await at.SealAsync();
        at.Source.Unwrapped = key => Array.Fill<byte>(key, 7);
        await using VaultKeyRing restarted = at.Rings.OpenAnother();
        FieldVault fields = new(restarted);
        await Refused.WithAsync("vault.key-source-lied", () => fields.ForPatientAsync("clinic", "anna", default));
        await Refused.WithAsync("vault.key-source-lied", () => fields.ForPatientAsync("clinic", "new", default));
        await Refused.WithAsync("vault.key-source-lied", () => fields.ForTenantAsync("clinic", default));
        Assert.DoesNotContain(at.Rings.Store.All, r => r.Key.Patient == "new");
        at.Source.Unwrapped = null;
        at.Rings.Time.Pass(TimeSpan.FromSeconds(1));
        using FieldScope scope = await fields.ForPatientAsync("clinic", "anna", default);
        Assert.Equal("E11.9", scope.OpenText(Place, box));
    }

    [Fact]
    public async Task A_tenant_whose_first_keys_cannot_be_wrapped_is_not_half_made()
    {
        await using Switched at = await Switched.OpenAsync();
        at.Source.Failing = "vault.key-source-away";
        await Refused.WithAsync("vault.key-source-away", () => at.Rings.Ring.EnsureTenantAsync("hospital", default));
        Assert.DoesNotContain(at.Rings.Store.All, r => r.Key.Tenant == "hospital");
        at.Source.Failing = null;
        await at.Rings.Ring.EnsureTenantAsync("hospital", default);
        await at.Rings.Ring.EnsureTenantAsync("hospital", default);
        Assert.Equal(3, (await at.Rings.Ring.Administration.ListAsync("hospital", default)).Count);
    }

    [Fact]
    public async Task A_ring_that_is_closed_gives_no_key()
    {
        await using Switched at = await Switched.OpenAsync();
        byte[] box = await at.SealAsync();
        FieldScope open = await at.Rings.Fields.ForPatientAsync("clinic", "anna", default);
        ObjectKey key = await at.Rings.Ring.NewObjectKeyAsync("clinic", "anna", "o", default);
        key.Dispose();
        await at.Rings.Ring.DisposeAsync();
        Refused.With("vault.key-gone", () => open.Open(Place, box));
        Refused.With("vault.key-gone", () => _ = key.Key);
        await Refused.WithAsync("vault.key-gone", () => at.OpenAsync(box));
        open.Dispose();
        Assert.Throws<ObjectDisposedException>(() => open.Open(Place, box));
    }

    private sealed class Switched : IAsyncDisposable
    {
        private Rings _files = null!;

        public Rings Rings { get; private set; } = null!;

        public SwitchSource Source { get; private set; } = null!;

        public static async Task<Switched> OpenAsync()
        {
            Switched at = new() { _files = await Rings.OpenAsync() };
            at.Source = new(at._files.FileSource("switched"));
            at.Rings = await Rings.OpenAsync(at.Source);
            return at;
        }

        public async Task<byte[]> SealAsync()
        {
            using FieldScope scope = await Rings.Fields.ForPatientAsync("clinic", "anna", default);
            return scope.Seal(Place, "E11.9");
        }

        public async ValueTask<string> OpenAsync(byte[] box)
        {
            using FieldScope scope = await Rings.Fields.ForPatientAsync("clinic", "anna", default);
            return scope.OpenText(Place, box);
        }

        public async ValueTask DisposeAsync()
        {
            await Rings.DisposeAsync();
            await _files.DisposeAsync();
        }
    }
}
