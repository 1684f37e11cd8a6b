using System.Text;
using Wardline.Vault.Fields;
using Wardline.Vault.KeyRing;
using Wardline.Vault.KeySources;

namespace Wardline.Vault.Tests.KeyRing;

public sealed class RewrapTests
{
    private static readonly FieldPlace Place = new("conditions", "diagnosis", "1");
    private static readonly string[] Tenants = ["a", "b", "c", "d"];

    [Fact]
    public async Task Under_another_key_source_everything_opens_as_it_is_and_the_earlier_one_is_needed_no_more()
    {
        await using Rings rings = await Rings.OpenAsync(tenants: Tenants);
        Dictionary<string, byte[]> boxes = await SealAsync(rings.Fields);
        SwitchSource next = new(rings.FileSource("next"));
        await using VaultKeyRing ring = rings.OpenAnother(new KeySourceSet(next, rings.Sources.Current));
        List<KeyProgress> steps = [];
        await ring.Administration.RewrapAsync(new Steps(steps), default);
        Assert.Equal(Enumerable.Range(0, 13).Select(i => new KeyProgress(i, 12)), steps);
        Assert.Equal(12, next.Wraps);

        Assert.All(await ring.Administration.ListAsync(null, default), k => Assert.Equal(next.Id, k.WrappedUnder));
        Assert.All(rings.Store.All, r => Assert.DoesNotContain(rings.Sources.Current.Id, Encoding.UTF8.GetString(r.Value.Content.Span), StringComparison.Ordinal));
        await using VaultKeyRing alone = rings.OpenAnother(new KeySourceSet(next));
        await OpenAsync(new FieldVault(alone), boxes);

        // And the other way round: who holds the earlier key opens nothing of what is there now.
        await using VaultKeyRing earlier = rings.OpenAnother(new KeySourceSet(rings.Sources.Current));
        await Refused.WithAsync("vault.key-source-unknown", () => new FieldVault(earlier).ForTenantAsync("a", default));
    }

    [Fact]
    public async Task While_it_runs_nobody_waits_and_nothing_in_memory_is_lost()
    {
        await using Rings rings = await Rings.OpenAsync(tenants: Tenants);
        Dictionary<string, byte[]> boxes = await SealAsync(rings.Fields);
        await using VaultKeyRing ring = rings.OpenAnother(new KeySourceSet(rings.FileSource("next"), rings.Sources.Current));
        FieldVault fields = new(ring);
        using FieldScope before = await fields.ForPatientAsync("a", "anna", default);
        int opened = 0;
        rings.Store.Before = async (what, _, _) =>
        {
            if (what == "write")
            {
                rings.Store.Before = null; // of the look-ups below
                rings.Time.Pass(TimeSpan.FromSeconds(31));
                await OpenAsync(fields, boxes);
                opened++;
            }
        };
        await ring.Administration.RewrapAsync(null, default);
        Assert.Equal(1, opened);
        Assert.Equal("E11.9", before.OpenText(Place, boxes["a"]));
    }

    [Fact]
    public async Task Stopped_it_goes_on_where_it_was()
    {
        await using Rings rings = await Rings.OpenAsync(tenants: Tenants);
        Dictionary<string, byte[]> boxes = await SealAsync(rings.Fields);
        SwitchSource next = new(rings.FileSource("next"));
        KeySourceSet sources = new(next, rings.Sources.Current);
        for (int stopAfter = 1; stopAfter <= 12; stopAfter += 4)
        {
            await using VaultKeyRing ring = rings.OpenAnother(sources);
            using CancellationTokenSource stop = new();
            int wrapped = next.Wraps;
            await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await ring.Administration.RewrapAsync(
                new Stopper(p =>
                {
                    if (next.Wraps - wrapped == 3)
                    {
                        stop.Cancel();
                    }
                }),
                stop.Token));
            Assert.Equal(wrapped + 3, next.Wraps);
            await OpenAsync(new FieldVault(ring), boxes); // half done is no state that anybody notices
        }

        await using VaultKeyRing last = rings.OpenAnother(sources);
        await last.Administration.RewrapAsync(null, default);
        Assert.Equal(12, next.Wraps); // each key once
        await using VaultKeyRing alone = rings.OpenAnother(new KeySourceSet(next));
        await OpenAsync(new FieldVault(alone), boxes);
    }

    [Fact]
    public async Task Wherever_the_store_breaks_every_key_is_wrapped_whole_under_one_source_or_the_other()
    {
        for (int n = 0; ; n++)
        {
            await using Rings rings = await Rings.OpenAsync(tenants: ["a", "b"]);
            Dictionary<string, byte[]> boxes = await SealAsync(rings.Fields, "a", "b");
            KeySourceSet sources = new(rings.FileSource("next"), rings.Sources.Current);
            await using VaultKeyRing ring = rings.OpenAnother(sources);
            int operations = 0;
            rings.Store.Before = (_, _, _) => operations++ == n ? throw new VaultException("vault.key-store-away", "cut") : default;
            bool done = false;
            try
            {
                await ring.Administration.RewrapAsync(null, default);
                done = true;
            }
            catch (VaultException failure)
            {
                Assert.Equal("vault.key-store-away", failure.Code);
            }

            rings.Store.Before = null;
            await using VaultKeyRing restarted = rings.OpenAnother(sources);
            await OpenAsync(new FieldVault(restarted), boxes);
            await restarted.Administration.RewrapAsync(null, default);
            await using VaultKeyRing alone = rings.OpenAnother(new KeySourceSet(sources.Current));
            await OpenAsync(new FieldVault(alone), boxes);
            if (done)
            {
                Assert.InRange(n, 10, 60);
                return;
            }
        }
    }

    [Fact]
    public async Task A_source_that_does_not_give_back_what_it_wraps_gets_no_key()
    {
        await using Rings rings = await Rings.OpenAsync(tenants: Tenants);
        Dictionary<string, byte[]> boxes = await SealAsync(rings.Fields);
        SwitchSource lying = new(rings.FileSource("next")) { Unwrapped = key => key[0] ^= 1 };
        await using VaultKeyRing ring = rings.OpenAnother(new KeySourceSet(lying, rings.Sources.Current));
        await Refused.WithAsync("vault.key-source-lied", async () => await ring.Administration.RewrapAsync(null, default));
        Assert.All(await ring.Administration.ListAsync(null, default), k => Assert.Equal(rings.Sources.Current.Id, k.WrappedUnder));
        await OpenAsync(rings.Fields, boxes);
    }

    [Fact]
    public async Task A_key_that_is_turned_or_erased_meanwhile_stays_turned_and_erased()
    {
        await using Rings rings = await Rings.OpenAsync(tenants: Tenants);
        SwitchSource next = new(rings.FileSource("next"));
        await using VaultKeyRing ring = rings.OpenAnother(new KeySourceSet(next, rings.Sources.Current));
        int wraps = 0;
        rings.Store.Before = async (what, tenant, _) =>
        {
            if (what == "write" && wraps++ == 0)
            {
                await rings.Ring.Administration.TurnAsync("a", default);
                await rings.Ring.EraseTenantAsync("b", default);
            }
        };
        await ring.Administration.RewrapAsync(null, default);
        rings.Store.Before = null;
        IReadOnlyList<TenantKeyStatus> keys = await ring.Administration.ListAsync(null, default);
        Assert.Equal([1, 2], keys.Where(k => k is { Tenant: "a", Purpose: "data" }).Select(k => k.Version));
        Assert.DoesNotContain(keys, k => k.Tenant == "b");
        await ring.Administration.RewrapAsync(null, default); // the one that was made meanwhile
        Assert.All(await ring.Administration.ListAsync(null, default), k => Assert.Equal(next.Id, k.WrappedUnder));
    }

    [Fact]
    public async Task Shredding_wraps_every_patient_anew_stops_and_goes_on()
    {
        await using Rings rings = await Rings.OpenAsync();
        Dictionary<string, byte[]> boxes = [];
        for (int i = 0; i < 20; i++)
        {
            using FieldScope scope = await rings.Fields.ForPatientAsync("clinic", $"p{i:00}", default);
            boxes[$"p{i:00}"] = scope.Seal(Place, "E11.9");
        }

        KeyRecord before = rings.Store.Get("clinic", "p07");
        using CancellationTokenSource stop = new();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await rings.Ring.Administration.ShredAsync(
            "clinic",
            new Stopper(p =>
            {
                if (p.Done == 9)
                {
                    stop.Cancel();
                }
            }),
            stop.Token));
        Assert.Equal([1, 2], await PatientsKeysAsync(rings));
        List<KeyProgress> steps = [];
        await rings.Ring.Administration.ShredAsync("clinic", new Steps(steps), default);
        Assert.Equal(new KeyProgress(20, 20), steps[^1]);
        Assert.Equal([2], await PatientsKeysAsync(rings)); // stopped in between, it still turned once
        await using VaultKeyRing restarted = rings.OpenAnother();
        FieldVault fields = new(restarted);
        foreach ((string patient, byte[] box) in boxes)
        {
            using FieldScope scope = await fields.ForPatientAsync("clinic", patient, default);
            Assert.Equal("E11.9", scope.OpenText(Place, box));
        }

        rings.Store.Put("clinic", "p07", before);
        rings.Time.Pass(TimeSpan.FromMinutes(1));
        await Refused.WithAsync("vault.key-version", () => fields.ForPatientAsync("clinic", "p07", default));
    }

    // The race that would lose a patient: another server makes their key under the wrapping key that is just going.
    [Fact]
    public async Task A_patient_who_comes_while_the_wrapping_key_goes_is_not_lost()
    {
        for (int n = 0; n < 12; n++)
        {
            await using Rings rings = await Rings.OpenAsync();
            await using VaultKeyRing other = rings.OpenAnother();
            FieldVault elsewhere = new(other);
            (await elsewhere.ForPatientAsync("clinic", "first", default)).Dispose(); // it knows the keys of before
            int operations = 0;
            rings.Store.Before = async (_, _, patient) =>
            {
                if (patient == "new" && operations++ == n)
                {
                    rings.Store.Before = null;
                    await rings.Ring.Administration.ShredAsync("clinic", null, default);
                }
            };
            using FieldScope scope = await elsewhere.ForPatientAsync("clinic", "new", default);
            byte[] box = scope.Seal(Place, "E11.9");
            bool shredded = rings.Store.Before is null;
            rings.Store.Before = null;
            await using VaultKeyRing restarted = rings.OpenAnother();
            using FieldScope again = await new FieldVault(restarted).ForPatientAsync("clinic", "new", default);
            Assert.Equal("E11.9", again.OpenText(Place, box));
            if (!shredded)
            {
                Assert.InRange(n, 3, 11);
                return;
            }
        }

        Assert.Fail("making a patient's key has no end");
    }

    private static async Task<List<int>> PatientsKeysAsync(Rings rings) =>
        [.. (await rings.Ring.Administration.ListAsync("clinic", default)).Where(k => k.Purpose == "patients").Select(k => k.Version)];

    private static async Task<Dictionary<string, byte[]>> SealAsync(FieldVault fields, params string[] tenants)
    {
        Dictionary<string, byte[]> boxes = [];
        foreach (string tenant in tenants.Length > 0 ? tenants : Tenants)
        {
            using FieldScope scope = await fields.ForPatientAsync(tenant, "anna", default);
            boxes[tenant] = scope.Seal(Place, "E11.9");
        }

        return boxes;
    }

    private static async Task OpenAsync(FieldVault fields, Dictionary<string, byte[]> boxes)
    {
        foreach ((string tenant, byte[] box) in boxes)
        {
            using FieldScope scope = await fields.ForPatientAsync(tenant, "anna", default);
            Assert.Equal("E11.9", scope.OpenText(Place, box));
        }
    }

    private sealed class Steps(List<KeyProgress> steps) : IProgress<KeyProgress>
    {
        public void Report(KeyProgress value) => steps.Add(value);
    }

    private sealed class Stopper(Action<KeyProgress> act) : IProgress<KeyProgress>
    {
        public void Report(KeyProgress value) => act(value);
    }
}
