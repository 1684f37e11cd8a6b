using Wardline.Vault.KeySources;
using Wardline.Vault.KeySources.Pkcs11;
using Wardline.Vault.Tests.BlobStores;

namespace Wardline.Vault.Tests.KeySources;

public sealed class SecretReferenceTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_secret_is_read_from_where_its_reference_points()
    {
        File.WriteAllText(_folder.At("secret"), "  from a file\n");
        Environment.SetEnvironmentVariable("WARDLINE_TEST_SECRET", "from a variable");
        Assert.Equal("from a file", SecretReference.Resolve($"file:{_folder.At("secret")}"));
        Assert.Equal("from a variable", SecretReference.Resolve("env:WARDLINE_TEST_SECRET"));
        Environment.SetEnvironmentVariable("WARDLINE_TEST_SECRET", null);
    }

    [Theory]
    [InlineData("hunter2hunter2")]
    [InlineData("FILE:/etc/passwd")]
    [InlineData("")]
    [InlineData("https://secrets.example.org/1")]
    [InlineData("pkcs11 :token=a")]
    public void A_secret_itself_is_refused_and_not_repeated(string literal)
    {
        VaultException refused = Assert.Throws<VaultException>(() => SecretReference.Resolve(literal));
        Assert.Equal("vault.literal-secret", refused.Code);
        Assert.True(literal.Length == 0 || !refused.ToString().Contains(literal, StringComparison.Ordinal));
        Assert.False(SecretReference.IsReference(literal));
    }

    [Fact]
    public void What_leads_nowhere_or_to_too_little_is_refused()
    {
        File.WriteAllText(_folder.At("empty"), " \n");
        File.WriteAllText(_folder.At("short"), "hunter2");
        File.WriteAllBytes(_folder.At("large"), new byte[100_000]);
        Refused.With("vault.secret-missing", () => SecretReference.Resolve($"file:{_folder.At("none")}"));
        Refused.With("vault.secret-missing", () => SecretReference.Resolve($"file:{_folder.Path}"));
        Refused.With("vault.secret-missing", () => SecretReference.Resolve("file:"));
        Refused.With("vault.secret-missing", () => SecretReference.Resolve("env:WARDLINE_NO_SUCH_VARIABLE"));
        Refused.With("vault.secret-missing", () => SecretReference.Resolve($"file:{_folder.At("empty")}"));
        Refused.With("vault.secret-missing", () => SecretReference.Resolve($"file:{_folder.At("large")}"));
        VaultException tooShort = Assert.Throws<VaultException>(() => SecretReference.Resolve($"file:{_folder.At("short")}", leastLength: 16));
        Assert.Equal("vault.secret-short", tooShort.Code);
        Assert.DoesNotContain("hunter2", tooShort.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_uri_of_a_token_says_what_and_where_and_its_identity_only_what()
    {
        Pkcs11Uri uri = Pkcs11Uri.Parse("pkcs11:token=The%20Software%20PKCS%2311;serial=4a;object=k%C3%A4k;id=%00%FF;type=secret-key?module-path=/usr/lib/p.so&pin-source=/etc/wardline/pin");
        Assert.Equal<(string, string?, string, string, string)>(("The Software PKCS#11", "4a", "käk", "/usr/lib/p.so", "file:/etc/wardline/pin"), (uri.Token, uri.Serial, uri.Object, uri.ModulePath, uri.PinSource));
        Assert.Equal([0, 255], uri.Id);
        Assert.Equal("pkcs11:token=The%20Software%20PKCS%2311;serial=4a;object=k%C3%A4k;id=%00%FF", uri.Identity);
        Assert.Equal(uri.Identity, $"{uri}");
    }

    [Theory]
    [InlineData("pkcs11:token=a;object=b?module-path=/x&pin-value=1234", "vault.literal-secret")]
    [InlineData("pkcs11:token=a;object=b?module-path=/x&pin-source=1234", "vault.literal-secret")]
    [InlineData("pkcs11:token=a;object=b?module-path=/x&pin-source=pkcs11:token=b", "vault.key-source-settings")]
    [InlineData("pkcs11:token=a;object=b?module-path=/x", "vault.key-source-settings")]
    [InlineData("pkcs11:token=a;object=b?pin-source=file:/x", "vault.key-source-settings")]
    [InlineData("pkcs11:object=b?module-path=/x&pin-source=file:/x", "vault.key-source-settings")]
    [InlineData("pkcs11:token=a?module-path=/x&pin-source=file:/x", "vault.key-source-settings")]
    [InlineData("pkcs11:token=a;token=b;object=b?module-path=/x&pin-source=file:/x", "vault.key-source-settings")]
    [InlineData("pkcs11:token=a;object=b;manufacturer=c?module-path=/x&pin-source=file:/x", "vault.key-source-settings")]
    [InlineData("pkcs11:token=a;object=%4?module-path=/x&pin-source=file:/x", "vault.key-source-settings")]
    [InlineData("pkcs11:token=a;object=%zz?module-path=/x&pin-source=file:/x", "vault.key-source-settings")]
    [InlineData("pkcs11:token=a;object=ä?module-path=/x&pin-source=file:/x", "vault.key-source-settings")]
    [InlineData("pkcs12:token=a;object=b", "vault.key-source-settings")]
    public void A_uri_that_is_wrong_or_holds_the_pin_is_refused_and_not_repeated(string text, string code)
    {
        VaultException refused = Assert.Throws<VaultException>(() => Pkcs11Uri.Parse(text));
        Assert.Equal(code, refused.Code);
        Assert.DoesNotContain("1234", refused.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_library_that_is_none_is_refused()
    {
        File.WriteAllText(_folder.At("not.so"), "not a library");
        Refused.With("vault.key-source-settings", () => Pkcs11Module.Load(_folder.At("none.so")));
        Refused.With("vault.key-source-settings", () => Pkcs11Module.Load(_folder.At("not.so")));
        Refused.With("vault.key-source-settings", () => Pkcs11Module.Load("libc.so.6"));
    }
}
