using Wardline.Vault.BlobStores;
using Wardline.Vault.SealedBlobs;

namespace Wardline.Vault.Tests.BlobStores;

/// <summary>What every store does: the same tests for each.</summary>
public abstract class StoreContract
{
    protected static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>An empty store, or an empty part of one.</summary>
    protected abstract Task<IBlobStore> OpenAsync();

    [Fact]
    public async Task A_blob_that_was_committed_is_there_whole()
    {
        await using IBlobStore store = await OpenAsync();
        BlobName name = BlobName.Of("default", "recordings", "1");
        byte[] bytes = Random(100_000);
        BlobInfo written = await store.WriteAsync(name, bytes);
        Assert.Equal((name, 100_000), (written.Name, written.Length));
        Assert.Equal(bytes, await store.ReadAsync(name));
        BlobInfo found = Assert.IsType<BlobInfo>(await store.FindAsync(name, Cancel));
        Assert.Equal((name, 100_000), (found.Name, found.Length));
        Assert.InRange(found.Written, DateTimeOffset.UtcNow.AddMinutes(-10), DateTimeOffset.UtcNow.AddMinutes(10));
    }

    [Fact]
    public async Task An_empty_blob_is_a_blob()
    {
        await using IBlobStore store = await OpenAsync();
        BlobName name = BlobName.Of("empty");
        await store.WriteAsync(name, []);
        Assert.Equal(0, (await store.FindAsync(name, Cancel))!.Length);
        Assert.Empty(await store.ReadAsync(name));
    }

    [Fact]
    public async Task What_was_not_committed_has_never_been()
    {
        await using IBlobStore store = await OpenAsync();
        BlobName name = BlobName.Of("default", "x");
        await using (BlobWriter writer = await store.CreateAsync(name, BlobWrite.CreateOnly, Cancel))
        {
            await writer.WriteAsync(Random(1000), Cancel);
            Assert.Null(await store.FindAsync(name, Cancel));
        }

        Assert.Null(await store.FindAsync(name, Cancel));
        Assert.Empty(await store.NamesAsync());
        await ThrowsAsync("vault.blob-missing", () => store.OpenAsync(name, Cancel));
        Assert.False(await store.DeleteAsync(name, Cancel));
    }

    [Fact]
    public async Task A_name_that_is_taken_is_refused_and_keeps_its_blob()
    {
        await using IBlobStore store = await OpenAsync();
        BlobName name = BlobName.Of("default", "x");
        byte[] first = Random(1000);
        await using BlobWriter late = await store.CreateAsync(name, BlobWrite.CreateOnly, Cancel);
        await late.WriteAsync(Random(500), Cancel);
        await store.WriteAsync(name, first);
        await ThrowsAsync("vault.blob-exists", () => store.CreateAsync(name, BlobWrite.CreateOnly, Cancel));
        await ThrowsAsync("vault.blob-exists", () => late.CommitAsync(Cancel));
        await late.DisposeAsync();
        Assert.Equal(first, await store.ReadAsync(name));
    }

    [Fact]
    public async Task A_replacement_takes_the_place_in_one_step()
    {
        await using IBlobStore store = await OpenAsync();
        BlobName name = BlobName.Of("default", "x");
        byte[] first = Random(1000);
        byte[] second = Random(2000);
        await store.WriteAsync(name, first, BlobWrite.Replace);
        await using BlobWriter writer = await store.CreateAsync(name, BlobWrite.Replace, Cancel);
        await writer.WriteAsync(second, Cancel);
        Assert.Equal(first, await store.ReadAsync(name));
        await writer.CommitAsync(Cancel);
        Assert.Equal(second, await store.ReadAsync(name));
        Assert.Single(await store.NamesAsync());
    }

    [Fact]
    public async Task Who_reads_a_blob_that_is_replaced_reads_the_old_one_or_is_told()
    {
        await using IBlobStore store = await OpenAsync();
        BlobName name = BlobName.Of("default", "x");
        byte[] first = Random(3_000_000);
        await store.WriteAsync(name, first);
        await using IRangeSource reader = await store.OpenAsync(name, Cancel);
        byte[] head = new byte[1000];
        await reader.ReadAsync(0, head, Cancel);
        await store.WriteAsync(name, Random(3_000_000, seed: 2), BlobWrite.Replace);
        byte[] middle = new byte[1000];
        try
        {
            await reader.ReadAsync(2_000_000, middle, Cancel);
            Assert.Equal(first[2_000_000..2_001_000], middle);
        }
        catch (VaultException told)
        {
            Assert.Equal("vault.blob-replaced", told.Code);
        }
    }

    [Fact]
    public async Task Any_range_is_what_was_written_there()
    {
        await using IBlobStore store = await OpenAsync();
        BlobName name = BlobName.Of("default", "x");
        byte[] bytes = Random(2_000_000);
        await store.WriteAsync(name, bytes);
        await using IRangeSource source = await store.OpenAsync(name, Cancel);
        Assert.Equal(bytes.Length, source.Length);
        Random random = new(5);
        long next = 0;
        for (int i = 0; i < 60; i++)
        {
            // Every third read goes on where the one before ended.
            long from = i % 3 == 0 ? random.NextInt64(bytes.Length) : next;
            byte[] range = new byte[random.Next((int)Math.Min(300_000, bytes.Length - from) + 1)];
            await source.ReadAsync(from, range, Cancel);
            Assert.True(bytes.AsSpan((int)from, range.Length).SequenceEqual(range));
            next = from + range.Length;
        }
    }

    [Fact]
    public async Task What_is_deleted_is_gone_and_deleting_twice_is_no_error()
    {
        await using IBlobStore store = await OpenAsync();
        BlobName name = BlobName.Of("default", "x");
        await store.WriteAsync(name, Random(10));
        Assert.True(await store.DeleteAsync(name, Cancel));
        Assert.False(await store.DeleteAsync(name, Cancel));
        Assert.Null(await store.FindAsync(name, Cancel));
        await ThrowsAsync("vault.blob-missing", () => store.OpenAsync(name, Cancel));

        // And the name is free again.
        await store.WriteAsync(name, Random(20));
        Assert.Equal(20, (await store.FindAsync(name, Cancel))!.Length);
    }

    [Fact]
    public async Task A_walk_names_every_blob_once_and_goes_on_behind_any_of_them()
    {
        await using IBlobStore store = await OpenAsync();
        HashSet<BlobName> written = [];
        foreach (string tenant in (string[])["default", "second"])
        {
            foreach (string kind in (string[])["recordings", "recordings-x", "files"])
            {
                for (int i = 0; i < 7; i++)
                {
                    BlobName name = BlobName.Of(tenant, kind, $"blob {i}");
                    await store.WriteAsync(name, Random(i));
                    written.Add(name);
                }
            }
        }

        BlobName folderAndBlob = BlobName.Of("default", "recordings");
        await store.WriteAsync(folderAndBlob, Random(3));
        written.Add(folderAndBlob);

        List<BlobName> all = await store.NamesAsync();
        Assert.Equal(written.Count, all.Count);
        Assert.Equal(written, [.. all]);
        Assert.Equal(all, await store.NamesAsync());
        for (int i = 0; i < all.Count; i++)
        {
            Assert.Equal(all[(i + 1)..], await store.NamesAsync(after: all[i]));
        }

        List<BlobName> recordings = await store.NamesAsync(under: folderAndBlob);
        Assert.Equal(written.Where(n => n.IsUnder(folderAndBlob)).ToHashSet(), [.. recordings]);
        Assert.Equal(7, recordings.Count);
        Assert.Equal(recordings[4..], await store.NamesAsync(folderAndBlob, recordings[3]));

        // Behind a blob that is not there any more, too.
        await store.DeleteAsync(recordings[3], Cancel);
        Assert.Equal(recordings[4..], await store.NamesAsync(folderAndBlob, recordings[3]));
        Assert.Empty(await store.NamesAsync(under: BlobName.Of("nobody")));
        await Assert.ThrowsAsync<ArgumentException>(() => store.NamesAsync(folderAndBlob, BlobName.Of("second", "files", "x")));
    }

    [Fact]
    public async Task Names_that_an_attacker_chose_are_names_like_others()
    {
        await using IBlobStore store = await OpenAsync();
        string[] hostile = [.. BlobNameTests.Hostile.Select(h => h.Data)];
        for (int i = 0; i < hostile.Length; i++)
        {
            await store.WriteAsync(BlobName.Of("default", hostile[i]), [(byte)i]);
        }

        for (int i = 0; i < hostile.Length; i++)
        {
            Assert.Equal([(byte)i], await store.ReadAsync(BlobName.Of("default", hostile[i])));
        }

        Assert.Equal(hostile.Length, (await store.NamesAsync(under: BlobName.Of("default"))).Count);
    }

    [Fact]
    public async Task A_sealed_blob_opens_under_its_own_name_alone()
    {
        await using IBlobStore store = await OpenAsync();
        byte[] key = Random(32);
        byte[] plain = Random(2_500_000);
        BlobName name = BlobName.Of("default", "recordings", "1");
        await using (BlobWriter writer = await store.CreateAsync(name, BlobWrite.CreateOnly, Cancel))
        await using (SealingStream sealing = new(writer, key, name.ToAssociatedData(), leaveOpen: true))
        {
            await sealing.WriteAsync(plain, Cancel);
            await sealing.CompleteAsync(Cancel);
            BlobInfo info = await writer.CommitAsync(Cancel);
            Assert.Equal(SealedBlob.SealedLength(plain.Length), info.Length);
        }

        await using (SealedBlobReader reader = await SealedBlobReader.OpenAsync(await store.OpenAsync(name, Cancel), key, name.ToAssociatedData(), cancel: Cancel))
        {
            byte[] part = new byte[100];
            reader.Seek(2_000_000, SeekOrigin.Begin);
            await reader.ReadExactlyAsync(part, Cancel);
            Assert.Equal(plain[2_000_000..2_000_100], part);
            reader.Position = 0;
            using MemoryStream whole = new();
            await reader.CopyToAsync(whole, Cancel);
            Assert.True(plain.AsSpan().SequenceEqual(whole.ToArray()));
        }

        // Who keeps the store puts it in another one's place.
        BlobName other = BlobName.Of("default", "recordings", "2");
        await store.WriteAsync(other, await store.ReadAsync(name));
        await ThrowsAsync("vault.blob-segment", async () => await SealedBlobReader.OpenAsync(await store.OpenAsync(other, Cancel), key, other.ToAssociatedData(), cancel: Cancel));
    }

    [Fact]
    public async Task Cancelling_leaves_no_blob()
    {
        await using IBlobStore store = await OpenAsync();
        BlobName name = BlobName.Of("default", "x");
        using CancellationTokenSource stop = new();
        await using (BlobWriter writer = await store.CreateAsync(name, BlobWrite.CreateOnly, stop.Token))
        {
            await writer.WriteAsync(Random(1000), stop.Token);
            await stop.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => writer.CommitAsync(stop.Token));
        }

        Assert.Null(await store.FindAsync(name, Cancel));
        await store.WriteAsync(name, Random(10));
    }

    protected static byte[] Random(int length, int seed = 1)
    {
        byte[] bytes = new byte[length];
        new Random(seed + length).NextBytes(bytes);
        return bytes;
    }

    protected static async Task ThrowsAsync(string code, Func<Task> act)
    {
        VaultException thrown = await Assert.ThrowsAsync<VaultException>(act);
        Assert.Equal(code, thrown.Code);
    }
}

internal static class StoreExtensions
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static async Task<BlobInfo> WriteAsync(this IBlobStore store, BlobName name, byte[] bytes, BlobWrite write = BlobWrite.CreateOnly)
    {
        await using BlobWriter writer = await store.CreateAsync(name, write, Cancel);
        await writer.WriteAsync(bytes, Cancel);
        return await writer.CommitAsync(Cancel);
    }

    public static async Task<byte[]> ReadAsync(this IBlobStore store, BlobName name)
    {
        await using IRangeSource source = await store.OpenAsync(name, Cancel);
        byte[] bytes = new byte[source.Length];
        await source.ReadAsync(0, bytes, Cancel);
        return bytes;
    }

    public static async Task<List<BlobName>> NamesAsync(this IBlobStore store, BlobName? under = null, BlobName? after = null)
    {
        List<BlobName> names = [];
        await foreach (BlobInfo info in store.ListAsync(under, after, Cancel))
        {
            names.Add(info.Name);
        }

        return names;
    }
}
