using System.Security.Cryptography;
using Wardline.Vault.KeySources;
using Wardline.Vault.Tests.BlobStores;

namespace Wardline.Vault.Tests.KeySources;

public sealed class FileKeySourceTests : IDisposable
{
    private static readonly KeyContext Context = new("clinic", "data", 3, DateTimeOffset.FromUnixTimeMilliseconds(1_795_000_000_000));
    private readonly TemporaryFolder _folder = new();
    private readonly byte[] _key = RandomNumberGenerator.GetBytes(32);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task It_is_made_once_for_its_owner_alone_and_is_the_same_after_a_restart()
    {
        string path = _folder.At("keys", "kek");
        byte[] wrapped;
        string id;
        await using (FileKeySource source = FileKeySource.Open(path, production: false))
        {
            wrapped = await source.WrapAsync(_key, Context, default);
            id = source.Id;
            Assert.True((await source.CheckAsync(default)).Works);
        }

        Assert.Equal(32, new FileInfo(path).Length);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        Assert.Single(Directory.EnumerateFileSystemEntries(_folder.At("keys")));
        await using FileKeySource again = FileKeySource.Open(path, production: false);
        Assert.Equal(id, again.Id);
        Assert.Equal(_key, await again.UnwrapAsync(wrapped, Context, default));
        Assert.DoesNotContain(id["file:".Length..], Convert.ToHexStringLower(File.ReadAllBytes(path)), StringComparison.Ordinal);
    }

    [Fact]
    public void In_production_it_is_not_opened_and_not_made()
    {
        Refused.With("vault.file-source-in-production", () => FileKeySource.Open(_folder.At("kek"), production: true));
        Assert.False(File.Exists(_folder.At("kek")));
        File.WriteAllBytes(_folder.At("kek"), _key);
        Refused.With("vault.file-source-in-production", () => FileKeySource.Open(_folder.At("kek"), production: true));
    }

    [Theory]
    [InlineData(UnixFileMode.GroupRead)]
    [InlineData(UnixFileMode.OtherRead)]
    [InlineData(UnixFileMode.GroupWrite)]
    public void A_file_that_others_can_read_or_write_is_refused(UnixFileMode others)
    {
        File.WriteAllBytes(_folder.At("kek"), _key);
        File.SetUnixFileMode(_folder.At("kek"), UnixFileMode.UserRead | UnixFileMode.UserWrite | others);
        Refused.With("vault.key-file-open", () => FileKeySource.Open(_folder.At("kek"), production: false));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(31)]
    [InlineData(33)]
    public void A_file_that_holds_no_key_is_refused_and_left_alone(int length)
    {
        byte[] bytes = new byte[length];
        File.WriteAllBytes(_folder.At("kek"), bytes);
        File.SetUnixFileMode(_folder.At("kek"), UnixFileMode.UserRead | UnixFileMode.UserWrite);
        Refused.With("vault.key-file-damaged", () => FileKeySource.Open(_folder.At("kek"), production: false));
        Assert.Equal(bytes, File.ReadAllBytes(_folder.At("kek")));
    }

    [Fact]
    public async Task Of_many_that_start_at_once_all_have_the_same_key()
    {
        FileKeySource[] sources = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => Task.Run(() => FileKeySource.Open(_folder.At("kek"), production: false))));
        Assert.Single(sources.Select(s => s.Id).Distinct());
        Assert.Single(Directory.EnumerateFileSystemEntries(_folder.Path));
    }

    [Fact]
    public async Task A_wrapped_key_unwraps_in_its_context_and_unchanged_only()
    {
        await using FileKeySource source = FileKeySource.Open(_folder.At("kek"), production: false);
        await using FileKeySource other = FileKeySource.Open(_folder.At("other"), production: false);
        byte[] wrapped = await source.WrapAsync(_key, Context, default);
        await Refused.WithAsync("vault.wrapped-key", () => other.UnwrapAsync(wrapped, Context, default));
        foreach (KeyContext moved in (KeyContext[])[Context with { Tenant = "hospital" }, Context with { Purpose = "index" }, Context with { Version = 4 }, Context with { Created = Context.Created.AddDays(1) }])
        {
            await Refused.WithAsync("vault.wrapped-key", () => source.UnwrapAsync(wrapped, moved, default));
        }

        for (int i = 0; i < wrapped.Length; i++)
        {
            await Refused.WithAsync("vault.wrapped-key", () => source.UnwrapAsync(wrapped.AsMemory(0, i), Context, default));
            wrapped[i] ^= 1;
            await Refused.WithAsync("vault.wrapped-key", () => source.UnwrapAsync(wrapped, Context, default));
            wrapped[i] ^= 1;
        }
    }

    [Fact]
    public async Task One_source_is_given_once()
    {
        await using FileKeySource source = FileKeySource.Open(_folder.At("kek"), production: false);
        await using FileKeySource same = FileKeySource.Open(_folder.At("kek"), production: false);
        Refused.With("vault.key-source-settings", () => _ = new KeySourceSet(source, same));
    }
}
