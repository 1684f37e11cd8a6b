using System.Security.Cryptography;
using System.Text;
using Wardline.Vault.Fields;
using Wardline.Vault.KeyRing;
using Wardline.Vault.Tests.KeyRing;

namespace Wardline.Vault.Tests.Fields;

public sealed class BlindIndexTests
{
    [Theory]
    [InlineData(IndexForm.Text, "  Ana María\tdel  CARMEN ", "ana maría del carmen")]
    [InlineData(IndexForm.Text, "Jose\u0301 Nguye\u0302\u0303n", "José Nguyễn")] // as one platform types it, and as the others do
    [InlineData(IndexForm.Number, "MRN 00-4711/b", "mrn004711B")]
    [InlineData(IndexForm.Number, "+49 (30) 901820", "+4930901820")]
    [InlineData(IndexForm.Mail, " Ana.Maria@Example.ORG ", "ana.maria@example.org")]
    [InlineData(IndexForm.Exact, "A b", "A b")]
    public async Task What_is_the_same_to_a_person_is_found_by_it(IndexForm form, string one, string other)
    {
        await using Rings rings = await Rings.OpenAsync();
        BlindIndex index = await rings.Fields.IndexAsync("clinic", default);
        Assert.Equal(BlindIndex.Bytes, index.Of("people", "name", one, form).Length);
        Assert.Equal(index.Of("people", "name", one, form), index.Of("people", "name", other, form));
        Assert.Equal([index.Of("people", "name", one, form)], index.Candidates("people", "name", other, form));
    }

    [Theory]
    [InlineData(IndexForm.Text, "Anna Maria", "AnnaMaria")]
    [InlineData(IndexForm.Text, "José", "Jose")]
    [InlineData(IndexForm.Number, "+4930", "4930")]
    [InlineData(IndexForm.Number, "0471", "471")]
    [InlineData(IndexForm.Mail, "a.b@example.org", "ab@example.org")]
    [InlineData(IndexForm.Exact, "a", "A")]
    [InlineData(IndexForm.Exact, "a", " a")]
    [InlineData(IndexForm.Exact, "e\u0301", "é")]
    public async Task What_is_another_value_is_not_found_by_it(IndexForm form, string one, string other)
    {
        await using Rings rings = await Rings.OpenAsync();
        BlindIndex index = await rings.Fields.IndexAsync("clinic", default);
        Assert.NotEqual(index.Of("people", "name", one, form), index.Of("people", "name", other, form));
    }

    [Fact]
    public async Task Equal_values_of_another_tenant_table_column_or_form_have_another_index()
    {
        await using Rings rings = await Rings.OpenAsync(tenants: ["clinic", "hospital"]);
        BlindIndex index = await rings.Fields.IndexAsync("clinic", default), elsewhere = await rings.Fields.IndexAsync("hospital", default);
        byte[][] all =
        [
            index.Of("people", "mrn", "4711", IndexForm.Number), elsewhere.Of("people", "mrn", "4711", IndexForm.Number),
            index.Of("visits", "mrn", "4711", IndexForm.Number), index.Of("people", "phone", "4711", IndexForm.Number),
            index.Of("people", "mrn", "4711", IndexForm.Exact), index.Of("peoplem", "rn", "4711", IndexForm.Number),
        ];
        Assert.Equal(all.Length, all.Select(Convert.ToHexString).Distinct().Count());
    }

    [Fact]
    public async Task It_stays_the_same_through_restarts_turned_keys_and_a_re_wrap()
    {
        await using Rings rings = await Rings.OpenAsync();
        byte[] before = (await rings.Fields.IndexAsync("clinic", default)).Of("people", "mrn", "4711", IndexForm.Number);
        await rings.Ring.Administration.TurnAsync("clinic", default);
        await using VaultKeyRing ring = rings.OpenAnother(new(rings.FileSource("next"), rings.Sources.Current));
        await ring.Administration.RewrapAsync(null, default);
        await ring.Administration.ShredAsync("clinic", null, default);
        Assert.Equal(before, (await new FieldVault(ring).IndexAsync("clinic", default)).Of("people", "mrn", "4711", IndexForm.Number));
    }

    // Whoever has the store and a list of all record numbers cannot try them.
    [Fact]
    public async Task Without_the_key_the_values_cannot_be_tried()
    {
        await using Rings rings = await Rings.OpenAsync();
        byte[] index = (await rings.Fields.IndexAsync("clinic", default)).Of("people", "mrn", "4711", IndexForm.Number);
        byte[][] guesses = [SHA256.HashData("4711"u8), HMACSHA256.HashData(new byte[32], "4711"u8), HMACSHA256.HashData("clinic"u8, "4711"u8), HMACSHA256.HashData(rings.Store.Get("clinic", null).Content.Span, "4711"u8)];
        Assert.All(guesses, guess => Assert.NotEqual(guess[..16], index[2..]));
        Assert.Equal(-1, index.AsSpan().IndexOf("4711"u8));

        await using Rings other = await Rings.OpenAsync();
        Assert.NotEqual(index, (await other.Fields.IndexAsync("clinic", default)).Of("people", "mrn", "4711", IndexForm.Number));
    }

    [Theory]
    [InlineData(IndexForm.Exact, "")]
    [InlineData(IndexForm.Text, " \t ")]
    [InlineData(IndexForm.Number, "--/()")]
    [InlineData(IndexForm.Mail, " ")]
    public async Task A_value_of_which_nothing_is_left_has_no_index(IndexForm form, string value)
    {
        await using Rings rings = await Rings.OpenAsync();
        BlindIndex index = await rings.Fields.IndexAsync("clinic", default);
        Refused.With("vault.index-empty", () => index.Of("people", "name", value, form));
        Refused.With("vault.index-empty", () => index.Candidates("people", "name", value, form));
    }

    [Fact]
    public async Task An_index_key_is_turned_while_look_ups_go_on_and_the_earlier_one_ends_when_all_is_indexed_anew()
    {
        await using Rings rings = await Rings.OpenAsync();
        BlindIndex before = await rings.Fields.IndexAsync("clinic", default);
        byte[] old = before.Of("people", "mrn", "4711", IndexForm.Number);
        await rings.Ring.Administration.TurnIndexKeyAsync("clinic", default);
        BlindIndex during = await rings.Fields.IndexAsync("clinic", default);
        byte[] young = during.Of("people", "mrn", "4711", IndexForm.Number);
        Assert.Equal((byte)2, young[1]);
        Assert.NotEqual(old[2..], young[2..]);
        Assert.Equal([old, young], during.Candidates("people", "mrn", "4711", IndexForm.Number));

        await rings.Ring.Administration.RetireIndexKeysAsync("clinic", default);
        Assert.Equal([young], (await rings.Fields.IndexAsync("clinic", default)).Candidates("people", "mrn", "4711", IndexForm.Number));
        Refused.With("vault.key-gone", () => during.Candidates("people", "mrn", "4711", IndexForm.Number));
    }

    [Fact]
    public void Every_form_fits_its_buffer_whatever_the_value()
    {
        Random random = new(4711);
        foreach (IndexForm form in Enum.GetValues<IndexForm>())
        {
            for (int i = 0; i < 5000; i++)
            {
                // Half of a surrogate pair among them, and letters that grow when they are made small.
                string value = string.Concat(Enumerable.Range(0, random.Next(12)).Select(_ => (char)(random.Next(4) == 0 ? 0x23A : random.Next(0x10000))));
                value = form.Canonical(value);
                byte[] bytes = new byte[Encoding.UTF8.GetMaxByteCount(value.Length)];
                Assert.InRange(form.Write(value, bytes), 0, bytes.Length);
            }
        }
    }
}
