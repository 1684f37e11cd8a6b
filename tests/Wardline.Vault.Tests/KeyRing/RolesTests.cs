using System.Reflection;
using System.Security.Cryptography;
using Wardline.Vault.Fields;
using Wardline.Vault.KeyRing;
using Wardline.Vault.KeySources;

namespace Wardline.Vault.Tests.KeyRing;

/// <summary>
/// Who administrates keys and who owns data are two roles. What each of them holds is taken here in full, and does not
/// suffice; with both of them together it opens, so that the tests are not merely wrong keys.
/// </summary>
public sealed class RolesTests
{
    private static readonly FieldPlace Place = new("conditions", "diagnosis", "1");

    [Fact]
    public async Task Who_holds_the_store_and_the_data_but_no_key_source_opens_nothing()
    {
        await using Rings rings = await Rings.OpenAsync();
        byte[] box = await SealAsync(rings.Fields);

        // All records, all boxes, and a source of their own that says it is the right one.
        await using FileKeySource own = rings.FileSource("own");
        await using VaultKeyRing thief = rings.OpenAnother(new KeySourceSet(new Pretender(own, rings.Sources.Current.Id)));
        await Refused.WithAsync("vault.wrapped-key", () => OpenAsync(new FieldVault(thief), box));
        await using VaultKeyRing honest = rings.OpenAnother(new KeySourceSet(own));
        await Refused.WithAsync("vault.key-source-unknown", () => OpenAsync(new FieldVault(honest), box));

        Assert.Equal("E11.9", await OpenAsync(rings.Fields, box));
    }

    [Fact]
    public async Task Who_holds_the_key_source_and_the_boxes_but_not_the_store_opens_nothing()
    {
        await using Rings rings = await Rings.OpenAsync();
        byte[] box = await SealAsync(rings.Fields);

        // The real source, and everything that it can be asked: but what to unwrap is in the store.
        MemoryKeyStore empty = new();
        await using VaultKeyRing administrator = rings.OpenAnother(store: empty);
        await Refused.WithAsync("vault.tenant-unknown", () => OpenAsync(new FieldVault(administrator), box));
        await administrator.EnsureTenantAsync("clinic", default);
        await Refused.WithAsync("vault.field-refused", () => OpenAsync(new FieldVault(administrator), box));

        // With a tenant's record, and not the patient's, neither.
        empty.Put("clinic", "anna", null);
        empty.Put("clinic", null, rings.Store.Get("clinic", null));
        await using VaultKeyRing withTenant = rings.OpenAnother(store: empty);
        await Refused.WithAsync("vault.field-refused", () => OpenAsync(new FieldVault(withTenant), box));

        empty.Put("clinic", "anna", rings.Store.Get("clinic", "anna"));
        await using VaultKeyRing both = rings.OpenAnother(store: empty);
        Assert.Equal("E11.9", await OpenAsync(new FieldVault(both), box));
    }

    [Fact]
    public async Task No_record_holds_a_key_in_clear_and_no_box_its_text()
    {
        await using Rings rings = await Rings.OpenAsync();
        List<byte[]> keys = [];
        Recorder recorder = new(rings.Sources.Current, keys);
        MemoryKeyStore store = new();
        await using VaultKeyRing ring = rings.OpenAnother(new KeySourceSet(recorder), store);
        await ring.EnsureTenantAsync("clinic", default);
        FieldVault fields = new(ring);
        using FieldScope scope = await fields.ForPatientAsync("clinic", "anna", default);
        byte[] box = scope.Seal(Place, "a diagnosis that nobody may read");
        using ObjectKey objectKey = await ring.NewObjectKeyAsync("clinic", "anna", "recording", default);
        keys.Add(objectKey.Key.ToArray());
        Assert.Equal(4, keys.Count);
        Assert.Equal(-1, box.AsSpan().IndexOf("diagnosis"u8));
        foreach (KeyRecord record in store.All.Select(r => r.Value))
        {
            foreach (byte[] key in keys)
            {
                Assert.Equal(-1, record.Content.Span.IndexOf(key));
                Assert.DoesNotContain(Convert.ToBase64String(key).TrimEnd('=')[..40], System.Text.Encoding.UTF8.GetString(record.Content.Span), StringComparison.Ordinal);
                Assert.DoesNotContain(Convert.ToHexStringLower(key), System.Text.Encoding.UTF8.GetString(record.Content.Span), StringComparison.OrdinalIgnoreCase);
            }
        }
    }

    // The type is the wall: what a key administrator is handed reaches no key and nothing sealed.
    [Fact]
    public void The_administration_of_keys_has_no_member_that_takes_or_gives_bytes_or_a_way_to_them()
    {
        HashSet<Type> seen = [];
        List<string> found = [];
        Walk(typeof(KeyAdministration), nameof(KeyAdministration));
        Assert.Empty(found);
        Assert.True(seen.Count > 5);

        void Walk(Type type, string path)
        {
            Type[] parts = [.. type.GetGenericArguments(), .. type.HasElementType ? [type.GetElementType()!] : Type.EmptyTypes];
            foreach (Type part in parts)
            {
                Walk(part, path);
            }

            if (type == typeof(byte) || type == typeof(VaultKeyRing) || type == typeof(IKeyStore) || type == typeof(IKeySource) || type == typeof(ObjectKey) || type == typeof(FieldVault))
            {
                found.Add(path);
            }

            if (type.Assembly != typeof(KeyAdministration).Assembly || !seen.Add(type))
            {
                return;
            }

            foreach (MethodInfo method in type.GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly))
            {
                foreach (Type each in method.GetParameters().Select(p => p.ParameterType).Append(method.ReturnType))
                {
                    Walk(each, $"{path}.{method.Name}");
                }
            }
        }
    }

    private static async Task<byte[]> SealAsync(FieldVault fields)
    {
        using FieldScope scope = await fields.ForPatientAsync("clinic", "anna", default);
        return scope.Seal(Place, "E11.9");
    }

    private static async ValueTask<string> OpenAsync(FieldVault fields, byte[] box)
    {
        using FieldScope scope = await fields.ForPatientAsync("clinic", "anna", default);
        return scope.OpenText(Place, box);
    }

    private sealed class Pretender(IKeySource own, string id) : IKeySource
    {
        public string Id => id;

        public ValueTask<byte[]> WrapAsync(ReadOnlyMemory<byte> key, KeyContext context, CancellationToken cancel) => own.WrapAsync(key, context, cancel);

        public ValueTask<byte[]> UnwrapAsync(ReadOnlyMemory<byte> wrapped, KeyContext context, CancellationToken cancel) => own.UnwrapAsync(wrapped, context, cancel);

        public ValueTask<KeySourceHealth> CheckAsync(CancellationToken cancel) => own.CheckAsync(cancel);

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }

    private sealed class Recorder(IKeySource real, List<byte[]> keys) : IKeySource
    {
        public string Id => real.Id;

        public ValueTask<byte[]> WrapAsync(ReadOnlyMemory<byte> key, KeyContext context, CancellationToken cancel)
        {
            keys.Add(key.ToArray());
            return real.WrapAsync(key, context, cancel);
        }

        public ValueTask<byte[]> UnwrapAsync(ReadOnlyMemory<byte> wrapped, KeyContext context, CancellationToken cancel) => real.UnwrapAsync(wrapped, context, cancel);

        public ValueTask<KeySourceHealth> CheckAsync(CancellationToken cancel) => real.CheckAsync(cancel);

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
