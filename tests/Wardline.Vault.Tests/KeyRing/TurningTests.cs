using Wardline.Vault.Fields;
using Wardline.Vault.KeyRing;
using Wardline.Vault.KeySources;

namespace Wardline.Vault.Tests.KeyRing;

public sealed class TurningTests
{
    private static readonly FieldPlace Place = new("conditions", "diagnosis", "1");

    [Fact]
    public async Task After_90_days_another_key_writes_and_the_earlier_one_still_reads()
    {
        await using Rings rings = await Rings.OpenAsync();
        byte[] old = await SealAsync(rings.Fields);
        rings.Time.Pass(TimeSpan.FromDays(89));
        await rings.Ring.CareAsync(default);
        Assert.Equal([1], await VersionsAsync(rings));

        rings.Time.Pass(TimeSpan.FromDays(1));
        await rings.Ring.CareAsync(default);
        Assert.Equal([1, 2], await VersionsAsync(rings));
        Assert.Equal(1, VersionOf(await SealAsync(rings.Fields))); // not before every server can read it
        rings.Time.Pass(TimeSpan.FromSeconds(90));
        byte[] young = await SealAsync(rings.Fields);
        Assert.Equal(2, VersionOf(young));

        using FieldScope scope = await rings.Fields.ForPatientAsync("clinic", "anna", default);
        Assert.Equal("E11.9", scope.OpenText(Place, old));
        Assert.Equal("E11.9", scope.OpenText(Place, young));
        Assert.True(scope.IsOfAnEarlierKey(old));
        Assert.False(scope.IsOfAnEarlierKey(young));
    }

    [Fact]
    public async Task It_turns_by_itself_and_again_every_90_days_for_ten_years()
    {
        await using Rings rings = await Rings.OpenAsync();
        await using VaultKeyRing caring = rings.OpenAnother(cares: true);
        List<byte[]> boxes = [];
        for (int quarter = 0; quarter < 40; quarter++) // 90 days and two minutes each
        {
            boxes.Add(await SealAsync(rings.Fields));
            rings.Time.Pass(TimeSpan.FromDays(90)); // the timer rings, nobody asks
            using CancellationTokenSource patience = new(TimeSpan.FromSeconds(30));
            while ((await VersionsAsync(rings)).Count < quarter + 2)
            {
                await Task.Delay(1, patience.Token);
            }

            rings.Time.Pass(TimeSpan.FromMinutes(2));
        }

        Assert.Equal(Enumerable.Range(1, 41), await VersionsAsync(rings));
        Assert.Equal(Enumerable.Range(1, 40), boxes.Select(VersionOf));
        await using VaultKeyRing restarted = rings.OpenAnother();
        using FieldScope scope = await new FieldVault(restarted).ForPatientAsync("clinic", "anna", default);
        Assert.All(boxes, box => Assert.Equal("E11.9", scope.OpenText(Place, box)));
    }

    [Fact]
    public async Task Two_servers_that_turn_at_once_make_one_version()
    {
        await using Rings rings = await Rings.OpenAsync();
        await using VaultKeyRing other = rings.OpenAnother();
        rings.Time.Pass(TimeSpan.FromDays(90));
        await Task.WhenAll(Enumerable.Range(0, 8).Select(i => (i % 2 == 0 ? rings.Ring : other).CareAsync(default)));
        Assert.Equal([1, 2], await VersionsAsync(rings));
    }

    [Fact]
    public async Task What_one_server_seals_with_a_new_key_every_other_one_opens()
    {
        await using Rings rings = await Rings.OpenAsync();
        await using VaultKeyRing other = rings.OpenAnother();
        FieldVault elsewhere = new(other);
        await SealAsync(elsewhere); // it knows the keys of now
        await rings.Ring.Administration.TurnAsync("clinic", default);
        for (int second = 0; second < 200; second += 10)
        {
            byte[] box = await SealAsync(rings.Fields);
            using FieldScope scope = await elsewhere.ForPatientAsync("clinic", "anna", default);
            Assert.Equal("E11.9", scope.OpenText(Place, box));
            rings.Time.Pass(TimeSpan.FromSeconds(10));
        }

        Assert.Equal(2, VersionOf(await SealAsync(rings.Fields)));
    }

    [Fact]
    public async Task A_clock_that_was_ahead_keeps_no_key_for_longer_and_one_set_back_makes_one_key_and_not_many()
    {
        await using Rings rings = await Rings.OpenAsync();
        DateTimeOffset right = rings.Time.GetUtcNow();
        rings.Time.SetClock(right.AddYears(1));
        await rings.Ring.CareAsync(default);
        Assert.Equal([1, 2], await VersionsAsync(rings));

        rings.Time.SetClock(right);
        for (int i = 0; i < 5; i++)
        {
            await rings.Ring.CareAsync(default);
        }

        Assert.Equal([1, 2, 3], await VersionsAsync(rings));
        byte[] box = await SealAsync(rings.Fields);
        using FieldScope scope = await rings.Fields.ForPatientAsync("clinic", "anna", default);
        Assert.Equal("E11.9", scope.OpenText(Place, box));
    }

    [Fact]
    public async Task A_turn_that_is_due_while_the_source_is_away_is_a_problem_and_made_up_for()
    {
        await using Rings files = await Rings.OpenAsync();
        SwitchSource source = new(files.FileSource("switch"));
        await using Rings rings = await Rings.OpenAsync(source);
        await SealAsync(rings.Fields);
        rings.Time.Pass(TimeSpan.FromDays(90));
        source.Failing = "vault.key-source-away";
        await rings.Ring.CareAsync(default);
        Assert.Equal([1], await VersionsAsync(rings));
        Assert.Contains(rings.Ring.Administration.Problems, p => p is { Tenant: "clinic", Task: "turn", Code: "vault.key-source-away" });

        source.Failing = null;
        await rings.Ring.CareAsync(default);
        Assert.Equal([1, 2], await VersionsAsync(rings));
        Assert.Empty(rings.Ring.Administration.Problems);
    }

    [Fact]
    public async Task A_key_administrator_sees_ages_and_sources()
    {
        await using Rings rings = await Rings.OpenAsync(tenants: ["a", "b"]);
        DateTimeOffset made = rings.Time.GetUtcNow();
        await rings.Ring.Administration.TurnAsync("b", default);
        TenantKeyStatus[] data = [.. (await rings.Ring.Administration.ListAsync(null, default)).Where(k => k.Purpose == "data")];
        Assert.Equal(
            [("a", 1, KeyState.Writing, made.AddDays(90)), ("b", 1, KeyState.Writing, null), ("b", 2, KeyState.Coming, (DateTimeOffset?)made.AddDays(90))],
            data.Select(k => (k.Tenant, k.Version, k.State, k.NextTurnAt)));
        Assert.All(data, k => Assert.Equal(rings.Ring.Administration.CurrentSource, k.WrappedUnder));
        rings.Time.Pass(TimeSpan.FromMinutes(2));
        Assert.Equal([KeyState.Reading, KeyState.Writing], (await rings.Ring.Administration.ListAsync("b", default)).Where(k => k.Purpose == "data").Select(k => k.State));
        await Refused.WithAsync("vault.tenant-unknown", () => rings.Ring.Administration.ListAsync("c", default));
        await Refused.WithAsync("vault.tenant-unknown", () => rings.Ring.Administration.TurnAsync("c", default));
    }

    [Fact]
    public async Task Keys_of_a_tenant_that_nobody_made_are_not_made_by_asking_for_them()
    {
        await using Rings rings = await Rings.OpenAsync();
        await Refused.WithAsync("vault.tenant-unknown", () => rings.Fields.ForPatientAsync("clinik", "anna", default));
        await Refused.WithAsync("vault.tenant-unknown", () => rings.Fields.IndexAsync("clinik", default));
        await Refused.WithAsync("vault.tenant-unknown", () => rings.Ring.NewObjectKeyAsync("clinik", null, "o", default));
        Assert.DoesNotContain(rings.Store.All, r => r.Key.Tenant == "clinik");
    }

    [Fact]
    public async Task A_key_of_a_version_that_is_not_there_is_refused()
    {
        await using Rings rings = await Rings.OpenAsync();
        byte[] box = await SealAsync(rings.Fields);
        box[2] = 9;
        using FieldScope scope = await rings.Fields.ForPatientAsync("clinic", "anna", default);
        Refused.With("vault.key-version", () => scope.Open(Place, box));
        await Refused.WithAsync("vault.key-version", () => rings.Ring.ObjectKeyAsync("clinic", "anna", "object", 9, default));
    }

    private static int VersionOf(byte[] box) => (box[1] << 8) | box[2];

    private static async Task<byte[]> SealAsync(FieldVault fields)
    {
        using FieldScope scope = await fields.ForPatientAsync("clinic", "anna", default);
        return scope.Seal(Place, "E11.9");
    }

    private static async Task<List<int>> VersionsAsync(Rings rings) =>
        [.. (await rings.Ring.Administration.ListAsync("clinic", default)).Where(k => k.Purpose == "data").Select(k => k.Version)];
}
