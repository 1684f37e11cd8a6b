using Wardline.Vault.BlobStores;
using Wardline.Vault.BlobStores.Disk;

namespace Wardline.Vault.Tests.BlobStores;

/// <summary>The power goes after each operation of a small history, and the disk holds the least, or the most, that it may hold then.</summary>
public sealed class PowerCutTests : IDisposable
{
    private static readonly BlobName[] Names = [.. Enumerable.Range(0, 4).Select(i => BlobName.Of("default", "recordings", $"{i}"))];
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    public static TheoryData<bool, bool, int> Disks
    {
        get
        {
            TheoryData<bool, bool, int> data = [];
            foreach (bool newNames in (bool[])[false, true])
            {
                foreach (bool blobNames in (bool[])[false, true])
                {
                    foreach (int cut in (int[])[0, 50, 99, 100])
                    {
                        data.Add(newNames, blobNames, cut);
                    }
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Disks))]
    public async Task What_was_acknowledged_is_there_and_nothing_is_there_in_part(bool newNames, bool blobNames, int cut)
    {
        for (int n = 0; ; n++)
        {
            string root = _folder.At($"{newNames}-{blobNames}-{cut}-{n}");
            VolatileFiles files = new(new DiskFiles(), root) { CutAfter = n };
            Dictionary<BlobName, byte[]?> acknowledged = [];
            Dictionary<BlobName, byte[]?> wanted = [];
            await LiveAsync(root, files, acknowledged, wanted);

            string after = root + "-after";
            files.Recover(after, folder => folder.StartsWith(Path.Combine(root, "blobs"), StringComparison.Ordinal) ? blobNames : newNames, cut);
            await using IBlobStore store = DiskBlobStore.Open(after);
            foreach (BlobName name in Names)
            {
                byte[]? found = await store.FindAsync(name, Cancel) is null ? null : await store.ReadAsync(name);
                byte[]?[] possible = wanted.TryGetValue(name, out byte[]? last) ? [acknowledged.GetValueOrDefault(name), last] : [acknowledged.GetValueOrDefault(name)];
                Assert.True(
                    possible.Any(p => p is null ? found is null : found is not null && p.AsSpan().SequenceEqual(found)),
                    $"after {n} operations {name} has {found?.Length.ToString() ?? "no"} bytes");
            }

            Assert.Empty(Directory.EnumerateFiles(Path.Combine(after, "new")));
            if (!files.IsCut)
            {
                Assert.InRange(n, 40, 120);
                return;
            }
        }
    }

    /// <summary>Two new blobs, one of them replaced, the other deleted, and a third.</summary>
    private static async Task LiveAsync(string root, VolatileFiles files, Dictionary<BlobName, byte[]?> acknowledged, Dictionary<BlobName, byte[]?> wanted)
    {
        try
        {
            await using IBlobStore store = DiskBlobStore.Open(root, files);
            await PutAsync(0, 100, BlobWrite.CreateOnly);
            await PutAsync(1, 200, BlobWrite.CreateOnly);
            await PutAsync(0, 300, BlobWrite.Replace);
            wanted[Names[1]] = null;
            await store.DeleteAsync(Names[1], Cancel);
            acknowledged[Names[1]] = null;
            await PutAsync(2, 400, BlobWrite.CreateOnly);

            async Task PutAsync(int i, int length, BlobWrite write)
            {
                byte[] bytes = new byte[length];
                new Random(length).NextBytes(bytes);
                wanted[Names[i]] = bytes;
                await using BlobWriter writer = await store.CreateAsync(Names[i], write, Cancel);
                await writer.WriteAsync(bytes.AsMemory(0, length / 2), Cancel);
                await writer.WriteAsync(bytes.AsMemory(length / 2), Cancel);
                await writer.CommitAsync(Cancel);
                acknowledged[Names[i]] = bytes;
            }
        }
        catch (VaultException cutOff)
        {
            Assert.Equal("vault.store-away", cutOff.Code);
        }
    }
}
