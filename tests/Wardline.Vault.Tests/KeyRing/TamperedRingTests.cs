using System.Text;
using System.Text.Json.Nodes;
using Wardline.Vault.Fields;
using Wardline.Vault.KeyRing;

namespace Wardline.Vault.Tests.KeyRing;

/// <summary>Whoever can write where wrapped keys are kept can stop things, and can neither read nor be written for.</summary>
public sealed class TamperedRingTests
{
    private static readonly FieldPlace Place = new("conditions", "diagnosis", "1");

    public static TheoryData<string> Changes => ["tenant", "version", "created", "purpose", "wrapped", "check", "source", "swapped", "empty", "no-json", "null"];

    [Theory]
    [MemberData(nameof(Changes))]
    public async Task A_changed_tenant_record_gives_no_key(string change)
    {
        await using Rings rings = await Rings.OpenAsync(tenants: ["clinic", "hospital"]);
        await SealAsync(rings.Fields, "clinic", "anna");
        JsonObject record = Json(rings, "clinic", null), other = Json(rings, "hospital", null);
        JsonNode key = record["keys"]!.AsArray().Single(k => (string?)k!["purpose"] == "data")!;
        string code = "vault.wrapped-key";
        switch (change)
        {
            case "tenant": // the keys of another tenant under this one's name
                record = other;
                record["tenant"] = "clinic";
                break;
            case "version":
                key["version"] = 2;
                break;
            case "created":
                key["created"] = "2030-01-01T00:00:00+00:00"; // it would not be turned for long
                break;
            case "purpose":
                (key["purpose"], record["keys"]!.AsArray().Single(k => (string?)k!["purpose"] == "index")!["purpose"]) = ("index", "data");
                break;
            case "wrapped":
                byte[] wrapped = Convert.FromBase64String((string)key["wrapped"]!);
                wrapped[40] ^= 1;
                key["wrapped"] = Convert.ToBase64String(wrapped);
                break;
            case "check":
                key["check"] = Convert.ToBase64String(new byte[16]);
                code = "vault.key-source-lied";
                break;
            case "source":
                key["source"] = "file:0000000000000000";
                code = "vault.key-source-unknown";
                break;
            case "swapped":
                key["wrapped"] = (string)other["keys"]!.AsArray().Single(k => (string?)k!["purpose"] == "data")!["wrapped"]!;
                break;
            case "empty":
                record["keys"] = new JsonArray();
                code = "vault.key-version";
                break;
            default:
                code = "vault.key-store-damaged";
                break;
        }

        byte[] content = change switch { "no-json" => [.. "{\"format\":1,"u8], "null" => [.. "null"u8], _ => Encoding.UTF8.GetBytes(record.ToJsonString()) };
        rings.Store.Put("clinic", null, new(content, 99));
        rings.Time.Pass(TimeSpan.FromMinutes(2)); // whatever is there now has settled
        await using VaultKeyRing restarted = rings.OpenAnother();
        FieldVault fields = new(restarted);
        await Refused.WithAsync(code, () => fields.ForPatientAsync("clinic", "anna", default));
        await Refused.WithAsync(code, () => fields.ForTenantAsync("clinic", default));
        await Refused.WithAsync(code, () => fields.ForPatientAsync("clinic", "new", default));
        Assert.DoesNotContain(rings.Store.All, r => r.Key.Patient == "new");
    }

    [Theory]
    [InlineData("another-patients")]
    [InlineData("another-patients-renamed")]
    [InlineData("changed")]
    [InlineData("of-another-tenant")]
    [InlineData("no-json")]
    public async Task A_changed_patient_record_gives_no_key(string change)
    {
        await using Rings rings = await Rings.OpenAsync(tenants: ["clinic", "hospital"]);
        byte[] box = await SealAsync(rings.Fields, "clinic", "anna");
        await SealAsync(rings.Fields, "clinic", "bert");
        await SealAsync(rings.Fields, "hospital", "anna");
        JsonObject record = Json(rings, "clinic", change.StartsWith("another", StringComparison.Ordinal) ? "bert" : "anna");
        switch (change)
        {
            case "another-patients-renamed":
                record["patient"] = "anna";
                break;
            case "changed":
                byte[] wrapped = Convert.FromBase64String((string)record["wrapped"]!);
                wrapped[^1] ^= 1;
                record["wrapped"] = Convert.ToBase64String(wrapped);
                break;
            case "of-another-tenant":
                record = Json(rings, "hospital", "anna");
                record["tenant"] = "clinic";
                break;
        }

        rings.Store.Put("clinic", "anna", new(change == "no-json" ? new byte[] { 1, 2, 3 } : Encoding.UTF8.GetBytes(record.ToJsonString()), 99));
        await using VaultKeyRing restarted = rings.OpenAnother();
        await Refused.WithAsync("vault.key-store-damaged", () => OpenAsync(new FieldVault(restarted), "clinic", "anna", box));
    }

    [Fact]
    public async Task An_erased_patient_whose_record_is_deleted_gets_a_new_key_that_opens_nothing_old()
    {
        await using Rings rings = await Rings.OpenAsync();
        byte[] box = await SealAsync(rings.Fields, "clinic", "anna");
        await rings.Ring.ErasePatientAsync("clinic", "anna", default);
        rings.Store.Put("clinic", "anna", null);
        rings.Time.Pass(TimeSpan.FromMinutes(1));
        await Refused.WithAsync("vault.field-refused", () => OpenAsync(rings.Fields, "clinic", "anna", box));
    }

    [Fact]
    public async Task Keys_rolled_back_to_an_earlier_state_open_what_was_then_and_refuse_the_rest()
    {
        await using Rings rings = await Rings.OpenAsync();
        byte[] old = await SealAsync(rings.Fields, "clinic", "anna");
        KeyRecord before = rings.Store.Get("clinic", null);
        await rings.Ring.Administration.TurnAsync("clinic", default);
        rings.Time.Pass(TimeSpan.FromMinutes(2));
        byte[] young = await SealAsync(rings.Fields, "clinic", "anna");
        rings.Store.Put("clinic", null, before);
        await using VaultKeyRing restarted = rings.OpenAnother();
        FieldVault fields = new(restarted);
        Assert.Equal("E11.9", await OpenAsync(fields, "clinic", "anna", old));
        await Refused.WithAsync("vault.key-version", () => OpenAsync(fields, "clinic", "anna", young));
    }

    [Fact]
    public async Task A_store_that_is_changed_all_the_time_by_others_is_given_up_on_with_a_code()
    {
        await using Rings rings = await Rings.OpenAsync();
        await rings.Ring.CareAsync(default);
        rings.Store.Before = (what, tenant, patient) =>
        {
            if (what == "write")
            {
                KeyRecord now = rings.Store.Get("clinic", null);
                rings.Store.Put("clinic", null, now with { Revision = now.Revision + 1 });
            }

            return default;
        };
        await Refused.WithAsync("vault.key-store-busy", () => rings.Ring.Administration.TurnAsync("clinic", default));
    }

    private static JsonObject Json(Rings rings, string tenant, string? patient) => (JsonObject)JsonNode.Parse(rings.Store.Get(tenant, patient).Content.Span)!;

    private static async Task<byte[]> SealAsync(FieldVault fields, string tenant, string patient)
    {
        using FieldScope scope = await fields.ForPatientAsync(tenant, patient, default);
        return scope.Seal(Place, "E11.9");
    }

    private static async ValueTask<string> OpenAsync(FieldVault fields, string tenant, string patient, byte[] box)
    {
        using FieldScope scope = await fields.ForPatientAsync(tenant, patient, default);
        return scope.OpenText(Place, box);
    }
}
