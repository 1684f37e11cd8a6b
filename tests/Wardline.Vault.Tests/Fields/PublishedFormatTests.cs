using System.Diagnostics;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Wardline.Vault.Fields;
using Wardline.Vault.KeyRing;
using Wardline.Vault.KeySources;
using Wardline.Vault.Tests.KeyRing;

namespace Wardline.Vault.Tests.Fields;

/// <summary>
/// What is published can be opened by others: from the raw keys, a program in another language, with another library, written
/// from README.md alone (field-format.mjs), opens what this seals. And none of it can change unnoticed.
/// </summary>
public sealed class PublishedFormatTests
{
    [Fact]
    public async Task Fields_patients_keys_objects_and_indexes_are_as_the_page_says()
    {
        await using Rings rings = await Rings.OpenAsync();
        Dictionary<string, string> keys = [];
        await using Watching source = new(rings.Sources.Current, keys);
        MemoryKeyStore store = new();
        await using VaultKeyRing ring = rings.OpenAnother(new KeySourceSet(source), store);
        await ring.EnsureTenantAsync("clinic", default);
        FieldVault fields = new(ring);

        // The patient's key, as the record has it.
        using FieldScope anna = await fields.ForPatientAsync("clinic", "anna", default);
        byte[] wrapped = JsonDocument.Parse(store.Get("clinic", "anna").Content).RootElement.GetProperty("wrapped").GetBytesFromBase64();
        string patientKey = await AskAsync(new() { ["what"] = "patient-key", ["patientsKey"] = keys["patients"], ["tenant"] = "clinic", ["patient"] = "anna", ["box"] = Convert.ToHexString(wrapped) });
        Assert.Equal(64, patientKey.Length);

        // A field of hers, and one of the tenant's.
        FieldPlace place = new("conditions", "diagnosis", "row-ä");
        JsonObject field = new()
        {
            ["what"] = "field", ["tenantKey"] = keys["data"], ["patientKey"] = patientKey, ["tenant"] = "clinic", ["patient"] = "anna",
            ["table"] = "conditions", ["column"] = "diagnosis", ["row"] = "row-ä", ["box"] = Convert.ToHexString(anna.Seal(place, "Diabetes, außer Kontrolle")),
        };
        Assert.Equal("Diabetes, außer Kontrolle", Encoding.UTF8.GetString(Convert.FromHexString(await AskAsync(field))));
        using FieldScope tenant = await fields.ForTenantAsync("clinic", default);
        field["box"] = Convert.ToHexString(tenant.Seal(place, "Dr. Ada Wong"));
        Assert.Equal("Dr. Ada Wong", Encoding.UTF8.GetString(Convert.FromHexString(await AskAsync(field))));

        // The key of an object of hers.
        using ObjectKey key = await ring.NewObjectKeyAsync("clinic", "anna", "recording-1", default);
        Assert.Equal(Convert.ToHexStringLower(key.Key.Span), await AskAsync(new() { ["what"] = "object-key", ["tenantKey"] = keys["data"], ["patientKey"] = patientKey, ["tenant"] = "clinic", ["patient"] = "anna", ["object"] = "recording-1" }));

        // An index.
        byte[] index = (await fields.IndexAsync("clinic", default)).Of("people", "mrn", "MRN 4711", IndexForm.Number);
        Assert.Equal(Convert.ToHexStringLower(index), await AskAsync(new() { ["what"] = "index", ["indexKey"] = keys["index"], ["tenant"] = "clinic", ["table"] = "people", ["column"] = "mrn", ["form"] = "number", ["value"] = "mrn4711" }));
    }

    [Fact]
    public async Task A_sealed_field_is_43_bytes_longer_than_its_value()
    {
        await using Rings rings = await Rings.OpenAsync();
        using FieldScope anna = await rings.Fields.ForPatientAsync("clinic", "anna", default);
        byte[] box = anna.Seal(new("t", "c", "r"), "12345");
        Assert.Equal(43, FieldScope.OverheadBytes);
        Assert.Equal(48, box.Length);
        Assert.Equal([2, 0, 1], box[..3]);
        Assert.Equal(5, FieldScope.PlainLength(box));
    }

    [Fact]
    public async Task Sealing_and_opening_into_buffers_of_the_callers_allocates_next_to_nothing()
    {
        await using Rings rings = await Rings.OpenAsync();
        using FieldScope anna = await rings.Fields.ForPatientAsync("clinic", "anna", default);
        FieldPlace place = new("conditions", "diagnosis", "row-1");
        byte[] text = new byte[4000], box = new byte[text.Length + FieldScope.OverheadBytes], plain = new byte[text.Length];
        new Random(1).NextBytes(text);
        Work();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1000; i++)
        {
            Work();
        }

        // Handles of the runtime's cipher contexts, however long the field is; nothing of ours.
        Assert.InRange((GC.GetAllocatedBytesForCurrentThread() - before) / 1000, 0, 512);
        Assert.Equal(text, plain);

        void Work()
        {
            anna.Seal(place, text, box);
            anna.Open(place, box, plain);
        }
    }

    private static async Task<string> AskAsync(JsonObject ask)
    {
        using Process node = Process.Start(new ProcessStartInfo("node", Path.Combine(AppContext.BaseDirectory, "field-format.mjs")) { RedirectStandardInput = true, RedirectStandardOutput = true, UseShellExecute = false })!;
        await node.StandardInput.WriteAsync(ask.ToJsonString());
        node.StandardInput.Close();
        string answer = await node.StandardOutput.ReadToEndAsync();
        await node.WaitForExitAsync();
        Assert.Equal(0, node.ExitCode);
        return answer;
    }

    private sealed class Watching(IKeySource real, Dictionary<string, string> keys) : IKeySource
    {
        public string Id => real.Id;

        public ValueTask<byte[]> WrapAsync(ReadOnlyMemory<byte> key, KeyContext context, CancellationToken cancel)
        {
            keys[context.Purpose] = Convert.ToHexStringLower(key.Span);
            return real.WrapAsync(key, context, cancel);
        }

        public ValueTask<byte[]> UnwrapAsync(ReadOnlyMemory<byte> wrapped, KeyContext context, CancellationToken cancel) => real.UnwrapAsync(wrapped, context, cancel);

        public ValueTask<KeySourceHealth> CheckAsync(CancellationToken cancel) => real.CheckAsync(cancel);

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
