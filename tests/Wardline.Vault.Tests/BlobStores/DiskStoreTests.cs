using System.Runtime.Versioning;
using Wardline.Vault.BlobStores;
using Wardline.Vault.BlobStores.Disk;
using Wardline.Vault.SealedBlobs;

namespace Wardline.Vault.Tests.BlobStores;

[SupportedOSPlatform("linux")]
public sealed class DiskStoreTests : StoreContract, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Root => _folder.At("store");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Files_and_folders_are_for_the_owner_alone()
    {
        await using IBlobStore store = await OpenAsync();
        await store.WriteAsync(BlobName.Of("default", "recordings", "1"), Random(10));
        await using BlobWriter open = await store.CreateAsync(BlobName.Of("default", "2"), BlobWrite.CreateOnly, Cancel);
        string[] files = [.. _folder.Files()];
        Assert.Equal(2, files.Length);
        Assert.All(files, f => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(f)));
        Assert.All(
            Directory.EnumerateDirectories(Root, "*", SearchOption.AllDirectories).Append(Root),
            d => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(d)));
    }

    [Fact]
    public async Task A_folder_that_was_open_to_others_is_closed_to_them()
    {
        Directory.CreateDirectory(Root);
        File.SetUnixFileMode(Root, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute | UnixFileMode.GroupWrite);
        await using IBlobStore store = await OpenAsync();
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(Root));
    }

    [Fact]
    public async Task One_of_many_who_want_a_name_at_once_gets_it()
    {
        await using IBlobStore store = await OpenAsync();
        for (int round = 0; round < 20; round++)
        {
            BlobName name = BlobName.Of("default", $"{round}");
            BlobWriter[] writers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => store.CreateAsync(name, BlobWrite.CreateOnly, Cancel)));
            string[] said = await Task.WhenAll(writers.Select(async (writer, i) =>
            {
                await using (writer)
                {
                    await writer.WriteAsync(new byte[] { (byte)i }, Cancel);
                    try
                    {
                        await writer.CommitAsync(Cancel);
                        return $"{i}";
                    }
                    catch (VaultException refused)
                    {
                        return refused.Code;
                    }
                }
            }));
            string winner = Assert.Single(said, s => s != "vault.blob-exists");
            Assert.Equal(winner, $"{(await store.ReadAsync(name))[0]}");
        }

        Assert.Empty(Directory.EnumerateFiles(_folder.At("store", "new")));
    }

    [Fact]
    public async Task What_a_crash_left_is_taken_away_at_the_next_start_but_not_what_somebody_is_writing()
    {
        await using IBlobStore store = await OpenAsync();
        await store.WriteAsync(BlobName.Of("default", "1"), Random(10));
        File.WriteAllBytes(_folder.At("store", "new", "0123"), Random(5));
        BlobName name = BlobName.Of("default", "2");
        await using BlobWriter writing = await store.CreateAsync(name, BlobWrite.CreateOnly, Cancel);
        await writing.WriteAsync(Random(7), Cancel);

        await using IBlobStore again = await OpenAsync();
        Assert.Single(Directory.EnumerateFiles(_folder.At("store", "new")));
        await writing.CommitAsync(Cancel);
        Assert.Equal(Random(7), await again.ReadAsync(name));
        Assert.Empty(Directory.EnumerateFiles(_folder.At("store", "new")));
    }

    [Fact]
    public async Task What_is_not_a_blob_in_its_own_place_is_not_listed()
    {
        await using IBlobStore store = await OpenAsync();
        BlobName name = BlobName.Of("default", "1");
        await store.WriteAsync(name, Random(10));
        string blob = Assert.Single(_folder.Files());
        Directory.CreateDirectory(_folder.At("store", "blobs", "~00", "~00"));
        File.Copy(blob, _folder.At("store", "blobs", "~00", "~00", "moved"));
        File.Copy(blob, _folder.At("store", "blobs", ".hidden"));
        File.Copy(blob, Path.Combine(Path.GetDirectoryName(blob)!, "a b"));
        Assert.Equal([name], await store.NamesAsync());
    }

    [Fact]
    public async Task A_file_that_became_shorter_while_it_is_read_is_said_so()
    {
        await using IBlobStore store = await OpenAsync();
        BlobName name = BlobName.Of("default", "1");
        await store.WriteAsync(name, Random(1000));
        await using IRangeSource source = await store.OpenAsync(name, Cancel);
        using (FileStream cut = File.Open(Assert.Single(_folder.Files()), FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
        {
            cut.SetLength(500);
        }

        await source.ReadAsync(0, new byte[500], Cancel);
        await ThrowsAsync("vault.store-lied", () => source.ReadAsync(400, new byte[200], Cancel).AsTask());
    }

    [Fact]
    public async Task A_blob_is_refused_twice_once_its_writing_failed()
    {
        await using IBlobStore store = await OpenAsync();
        BlobWriter writer = await store.CreateAsync(BlobName.Of("x"), BlobWrite.CreateOnly, Cancel);
        await writer.CommitAsync(Cancel);
        await Assert.ThrowsAsync<InvalidOperationException>(() => writer.CommitAsync(Cancel));
        await Assert.ThrowsAsync<InvalidOperationException>(() => writer.WriteAsync(new byte[1], Cancel).AsTask());
        await writer.DisposeAsync();
        await writer.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => writer.CommitAsync(Cancel));
    }

    [Fact]
    public void A_root_that_is_a_file_is_a_coded_error()
    {
        File.WriteAllText(Root, "");
        VaultException thrown = Assert.Throws<VaultException>(() => DiskBlobStore.Open(Root));
        Assert.Equal("vault.store-away", thrown.Code);
    }

    protected override Task<IBlobStore> OpenAsync() => Task.FromResult<IBlobStore>(DiskBlobStore.Open(Root));
}
