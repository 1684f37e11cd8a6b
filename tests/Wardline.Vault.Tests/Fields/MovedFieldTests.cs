using Wardline.Vault.Fields;
using Wardline.Vault.Tests.KeyRing;

namespace Wardline.Vault.Tests.Fields;

/// <summary>A sealed field opens where it was sealed and nowhere else.</summary>
public sealed class MovedFieldTests
{
    private static readonly FieldPlace Place = new("conditions", "diagnosis", "row-1");

    [Fact]
    public async Task What_was_sealed_opens_at_its_place()
    {
        await using Rings rings = await Rings.OpenAsync();
        using FieldScope anna = await rings.Fields.ForPatientAsync("clinic", "anna", default);
        byte[] box = anna.Seal(Place, "Diabetes mellitus Typ 2, außer Kontrolle");
        Assert.Equal("Diabetes mellitus Typ 2, außer Kontrolle", anna.OpenText(Place, box));
        Assert.Equal([], anna.Open(Place, anna.Seal(Place, ReadOnlySpan<byte>.Empty)));

        using FieldScope again = await rings.Fields.ForPatientAsync("clinic", "anna", default);
        Assert.Equal("Diabetes mellitus Typ 2, außer Kontrolle", again.OpenText(Place, box));
    }

    [Theory]
    [InlineData("conditions", "diagnosis", "row-2")]
    [InlineData("conditions", "medication", "row-1")]
    [InlineData("orders", "diagnosis", "row-1")]
    [InlineData("condition", "sdiagnosis", "row-1")] // the same letters behind each other
    public async Task A_field_moved_to_another_row_column_or_table_does_not_open(string table, string column, string row)
    {
        await using Rings rings = await Rings.OpenAsync();
        using FieldScope anna = await rings.Fields.ForPatientAsync("clinic", "anna", default);
        byte[] box = anna.Seal(Place, "E11.9");
        Refused.With("vault.field-refused", () => anna.Open(new(table, column, row), box));
    }

    [Fact]
    public async Task Two_fields_that_are_swapped_do_not_open()
    {
        await using Rings rings = await Rings.OpenAsync();
        using FieldScope anna = await rings.Fields.ForPatientAsync("clinic", "anna", default);
        FieldPlace other = Place with { Row = "row-2" };
        byte[] first = anna.Seal(Place, "E11.9"), second = anna.Seal(other, "I10");
        Refused.With("vault.field-refused", () => anna.Open(Place, second));
        Refused.With("vault.field-refused", () => anna.Open(other, first));
    }

    [Fact]
    public async Task A_field_given_to_another_patient_or_tenant_does_not_open()
    {
        await using Rings rings = await Rings.OpenAsync(tenants: ["clinic", "hospital"]);
        using FieldScope anna = await rings.Fields.ForPatientAsync("clinic", "anna", default);
        using FieldScope bert = await rings.Fields.ForPatientAsync("clinic", "bert", default);
        using FieldScope elsewhere = await rings.Fields.ForPatientAsync("hospital", "anna", default);
        using FieldScope nobody = await rings.Fields.ForTenantAsync("clinic", default);
        byte[] box = anna.Seal(Place, "E11.9");
        Refused.With("vault.field-refused", () => bert.Open(Place, box));
        Refused.With("vault.field-refused", () => elsewhere.Open(Place, box));
        Refused.With("vault.field-refused", () => nobody.Open(Place, box));
        Refused.With("vault.field-refused", () => anna.Open(Place, nobody.Seal(Place, "E11.9")));
    }

    [Fact]
    public async Task A_changed_byte_anywhere_is_refused_and_never_anything_but_a_coded_error()
    {
        await using Rings rings = await Rings.OpenAsync();
        using FieldScope anna = await rings.Fields.ForPatientAsync("clinic", "anna", default);
        byte[] box = anna.Seal(Place, "E11.9");
        string[] codes = ["vault.field-refused", "vault.field-format", "vault.key-version"];
        for (int i = 0; i < box.Length; i++)
        {
            for (int bit = 0; bit < 8; bit++)
            {
                byte[] changed = [.. box];
                changed[i] ^= (byte)(1 << bit);
                Assert.Contains(Assert.Throws<VaultException>(() => anna.Open(Place, changed)).Code, codes);
            }
        }

        for (int length = 0; length < box.Length; length++)
        {
            Assert.Contains(Assert.Throws<VaultException>(() => anna.Open(Place, box.AsSpan(0, length))).Code, codes);
        }
    }

    [Fact]
    public async Task Equal_values_have_unequal_boxes()
    {
        await using Rings rings = await Rings.OpenAsync();
        using FieldScope anna = await rings.Fields.ForPatientAsync("clinic", "anna", default);
        Assert.Equal(1000, Enumerable.Range(0, 1000).Select(_ => Convert.ToHexString(anna.Seal(Place, "E11.9"))).Distinct().Count());
    }

    [Fact]
    public async Task Names_that_could_pass_for_others_are_refused()
    {
        await using Rings rings = await Rings.OpenAsync();
        using FieldScope anna = await rings.Fields.ForPatientAsync("clinic", "anna", default);
        Assert.All(["", "a b", "a\0b", "../x", ".x", "ä", new string('a', 65)], bad =>
        {
            Refused.With("vault.name", () => anna.Seal(Place with { Table = bad }, "x"));
            Refused.With("vault.name", () => anna.Seal(Place with { Column = bad }, "x"));
        });
        Refused.With("vault.name", () => anna.Seal(Place with { Row = "" }, "x"));
        Refused.With("vault.name", () => anna.Seal(Place with { Row = new string('ä', 65) }, "x"));
        await Refused.WithAsync("vault.name", () => rings.Fields.ForPatientAsync("clinic", "../anna", default));
        await Refused.WithAsync("vault.name", () => rings.Fields.ForPatientAsync("cli/nic", "anna", default));
    }
}
