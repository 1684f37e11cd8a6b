using Wardline.Vault.BlobStores;
using Wardline.Vault.BlobStores.Disk;
using Wardline.Vault.SealedBlobs;

namespace Wardline.Vault.Tests.BlobStores;

public sealed class BlobVaultTests : IDisposable
{
    private static readonly BlobName Name = BlobName.Of("default", "recordings", "1");
    private readonly TemporaryFolder _folder = new();
    private readonly DiskBlobStore _store;
    private readonly BlobVault _vault;
    private readonly byte[] _key = Bytes(32);

    public BlobVaultTests()
    {
        _store = DiskBlobStore.Open(_folder.At("store"));
        _vault = new BlobVault(_store);
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task What_is_written_piece_by_piece_is_there_sealed_when_it_is_committed()
    {
        byte[] plain = Bytes(2_500_000);
        await using (SealedBlobWriter writer = await _vault.CreateAsync(Name, BlobWrite.CreateOnly, _key, Cancel))
        {
            for (int at = 0; at < plain.Length; at += 99_999)
            {
                await writer.WriteAsync(plain.AsMemory(at, Math.Min(99_999, plain.Length - at)), Cancel);
            }

            Assert.Equal(plain.Length, writer.Position);
            Assert.Null(await _store.FindAsync(Name, Cancel));
            Assert.Equal(SealedBlob.SealedLength(plain.Length), (await writer.CommitAsync(Cancel)).Length);
        }

        Assert.Equal(plain, await ReadAsync(Name));
        Assert.Equal(-1, (await _store.ReadAsync(Name)).AsSpan().IndexOf(plain.AsSpan(1000, 16)));
    }

    [Fact]
    public async Task A_whole_stream_is_sealed_into_the_store()
    {
        byte[] plain = Bytes(3_000_000);
        await _vault.PutAsync(Name, BlobWrite.CreateOnly, _key, new MemoryStream(plain), progress: null, Cancel);
        Assert.Equal(plain, await ReadAsync(Name));
    }

    [Fact]
    public async Task What_is_dropped_before_it_is_committed_has_never_been()
    {
        await using (SealedBlobWriter writer = await _vault.CreateAsync(Name, BlobWrite.CreateOnly, _key, Cancel))
        {
            await writer.WriteAsync(Bytes(2_000_000), Cancel);
        }

        Assert.Empty(await _store.NamesAsync());
        Assert.Empty(_folder.Files());
        await CodeAsync("vault.blob-missing", () => ReadAsync(Name));
    }

    [Fact]
    public async Task A_source_that_fails_leaves_nothing()
    {
        await Assert.ThrowsAsync<IOException>(() =>
            _vault.PutAsync(Name, BlobWrite.CreateOnly, _key, new SealedBlobs.FailingStream(Bytes(3_000_000), 2_000_000), progress: null, Cancel));
        Assert.Empty(_folder.Files());
    }

    [Fact]
    public async Task A_blob_in_the_place_of_another_one_or_under_another_key_does_not_open()
    {
        BlobName other = BlobName.Of("default", "recordings", "2");
        await _vault.PutAsync(Name, BlobWrite.CreateOnly, _key, new MemoryStream(Bytes(1000)), progress: null, Cancel);
        await _store.WriteAsync(other, await _store.ReadAsync(Name));
        await CodeAsync("vault.blob-segment", () => ReadAsync(other));
        _key[0] ^= 1;
        await CodeAsync("vault.blob-segment", () => ReadAsync(Name));
    }

    private static byte[] Bytes(int length)
    {
        byte[] bytes = new byte[length];
        new Random(length).NextBytes(bytes);
        return bytes;
    }

    private static async Task CodeAsync(string code, Func<Task> act) => Assert.Equal(code, (await Assert.ThrowsAsync<VaultException>(act)).Code);

    private async Task<byte[]> ReadAsync(BlobName name)
    {
        await using SealedBlobReader reader = await _vault.OpenAsync(name, _key, Cancel);
        byte[] plain = new byte[reader.Length];
        await reader.ReadExactlyAsync(plain, Cancel);
        return plain;
    }
}
