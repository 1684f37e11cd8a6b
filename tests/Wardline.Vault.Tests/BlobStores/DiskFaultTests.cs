using System.Runtime.Versioning;
using Wardline.Vault.BlobStores;
using Wardline.Vault.BlobStores.Disk;
using Wardline.Vault.SealedBlobs;

namespace Wardline.Vault.Tests.BlobStores;

/// <summary>Whatever fails, and whenever: a name leads to a whole blob or to none, the error has a code, and trying again works.</summary>
[SupportedOSPlatform("linux")]
public sealed class DiskFaultTests : IDisposable
{
    private static readonly BlobName Name = BlobName.Of("default", "recordings", "1");
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    public static TheoryData<int, string, bool> Faults => new()
    {
        { 5, "vault.store-away", false }, // EIO
        { 5, "vault.store-away", true },
        { 28, "vault.store-full", false }, // ENOSPC
        { 28, "vault.store-full", true },
        { 122, "vault.store-full", true }, // EDQUOT
        { 30, "vault.store-denied", true }, // EROFS
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task Whichever_operation_of_a_new_blob_fails_it_is_there_whole_or_not_at_all(int errno, string code, bool stays)
    {
        byte[] bytes = Blobs(3000);
        for (int n = 0; ; n++)
        {
            string root = _folder.At($"new-{errno}-{stays}-{n}");
            FaultyFiles files = new(new DiskFiles()) { FailAt = n, Errno = errno, StaysBroken = stays };
            bool acknowledged = await TryAsync(code, root, files, BlobWrite.CreateOnly, bytes);

            await using IBlobStore after = DiskBlobStore.Open(root);
            Assert.Empty(Directory.EnumerateFiles(Path.Combine(root, "new")));
            List<BlobName> names = await after.NamesAsync();
            if (acknowledged)
            {
                Assert.Equal([Name], names);
            }

            Assert.All(names, name => Assert.Equal(Name, name));
            if (names.Count == 1)
            {
                Assert.Equal(bytes, await after.ReadAsync(Name));
                Assert.True(await after.DeleteAsync(Name, Cancel));
            }

            await after.WriteAsync(Name, bytes);
            Assert.Equal(bytes, await after.ReadAsync(Name));
            if (!files.HasFailed)
            {
                Assert.True(acknowledged);
                Assert.InRange(n, 15, 60); // it does take some operations
                return;
            }
        }
    }

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task Whichever_operation_of_a_replacement_fails_the_old_blob_or_the_new_one_is_there_whole(int errno, string code, bool stays)
    {
        byte[] old = Blobs(2000);
        byte[] bytes = Blobs(3000);
        for (int n = 0; ; n++)
        {
            string root = _folder.At($"replace-{errno}-{stays}-{n}");
            await using (IBlobStore before = DiskBlobStore.Open(root))
            {
                await before.WriteAsync(Name, old);
            }

            FaultyFiles files = new(new DiskFiles()) { FailAt = n, Errno = errno, StaysBroken = stays };
            bool acknowledged = await TryAsync(code, root, files, BlobWrite.Replace, bytes);
            await using IBlobStore after = DiskBlobStore.Open(root);
            byte[] found = await after.ReadAsync(Name);
            Assert.True(found.AsSpan().SequenceEqual(acknowledged ? bytes : found.Length == old.Length ? old : bytes));
            Assert.Empty(Directory.EnumerateFiles(Path.Combine(root, "new")));
            if (!files.HasFailed)
            {
                return;
            }
        }
    }

    [Fact]
    public async Task Whichever_operation_of_reading_or_deleting_fails_the_error_has_a_code_and_trying_again_works()
    {
        byte[] bytes = Blobs(500);
        for (int n = 0; n < 2; n++)
        {
            FaultyFiles broken = new(new DiskFiles());
            await using IBlobStore other = DiskBlobStore.Open(_folder.At($"broken-{n}"), broken); // each is two operations
            await other.WriteAsync(Name, bytes);
            broken.Arm(n);
            await CodeAsync("vault.store-away", () => other.ReadAsync(Name));
            Assert.Equal(bytes, await other.ReadAsync(Name));
            broken.Arm(n);
            await CodeAsync("vault.store-away", () => other.DeleteAsync(Name, Cancel));
            await other.DeleteAsync(Name, Cancel);
            Assert.Null(await other.FindAsync(Name, Cancel));
        }
    }

    // A real one: a file system of one mebibyte in memory.
    [Fact]
    public async Task A_disk_that_is_full_refuses_a_blob_with_a_code_and_takes_the_next_one_when_there_is_room()
    {
        using SmallDisk disk = SmallDisk.Mount(_folder.At("small"), mebibytes: 1);
        await using IBlobStore store = DiskBlobStore.Open(Path.Combine(disk.Path, "store"));
        byte[] half = Blobs(600_000);
        await store.WriteAsync(Name, half);
        BlobName second = BlobName.Of("default", "recordings", "2");
        await CodeAsync("vault.store-full", () => store.WriteAsync(second, half));
        Assert.Equal([Name], await store.NamesAsync());
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(disk.Path, "store", "new")));
        Assert.Equal(half, await store.ReadAsync(Name));

        // A sealed one says the same, and is not half there.
        await CodeAsync("vault.store-full", async () =>
        {
            await using BlobWriter writer = await store.CreateAsync(second, BlobWrite.CreateOnly, Cancel);
            await using SealingStream sealing = new(writer, new byte[32], second.ToAssociatedData(), leaveOpen: true);
            await sealing.WriteAsync(Blobs(3_000_000), Cancel);
            await sealing.CompleteAsync(Cancel);
            await writer.CommitAsync(Cancel);
        });
        Assert.Equal([Name], await store.NamesAsync());

        await store.DeleteAsync(Name, Cancel);
        await store.WriteAsync(second, half);
        Assert.Equal(half, await store.ReadAsync(second));
    }

    private static byte[] Blobs(int length)
    {
        byte[] bytes = new byte[length];
        new Random(length).NextBytes(bytes);
        return bytes;
    }

    private static async Task<bool> TryAsync(string code, string root, FaultyFiles files, BlobWrite write, byte[] bytes)
    {
        try
        {
            await using IBlobStore store = DiskBlobStore.Open(root, files);
            await using BlobWriter writer = await store.CreateAsync(Name, write, Cancel);
            await writer.WriteAsync(bytes.AsMemory(0, 1000), Cancel);
            await writer.WriteAsync(bytes.AsMemory(1000), Cancel);
            await writer.CommitAsync(Cancel);
            return true;
        }
        catch (VaultException refused)
        {
            Assert.True(files.HasFailed);
            Assert.Equal(code, refused.Code);
            return false;
        }
    }

    private static async Task CodeAsync(string code, Func<Task> act)
    {
        VaultException thrown = await Assert.ThrowsAsync<VaultException>(act);
        Assert.Equal(code, thrown.Code);
    }
}
