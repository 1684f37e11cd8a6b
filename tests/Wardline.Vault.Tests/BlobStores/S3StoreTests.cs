using Amazon.S3.Model;
using Wardline.Vault.BlobStores;
using Wardline.Vault.BlobStores.S3;
using Wardline.Vault.SealedBlobs;

namespace Wardline.Vault.Tests.BlobStores;

[Collection(SwiftCollection.Collection)]
public sealed class S3StoreTests(SwiftServer swift) : StoreContract, IDisposable
{
    private readonly string _prefix = $"t{Guid.NewGuid():N}/";
    private readonly FaultHandler _wire = new();

    public void Dispose() => _wire.Dispose();

    [Fact]
    public async Task A_long_blob_goes_up_in_parts_and_is_one_object()
    {
        await using S3BlobStore store = await OpenAsync(o => o);
        byte[] bytes = Random(12_000_000);
        BlobName name = BlobName.Of("default", "long");
        await using (BlobWriter writer = await store.CreateAsync(name, BlobWrite.CreateOnly, Cancel))
        {
            for (int at = 0; at < bytes.Length; at += 700_000)
            {
                await writer.WriteAsync(bytes.AsMemory(at, Math.Min(700_000, bytes.Length - at)), Cancel);
            }

            BlobInfo info = await writer.CommitAsync(Cancel);
            Assert.Equal(bytes.Length, info.Length);
        }

        Assert.Equal(3, _wire.Requests.Count(r => r.Target.Contains("partNumber=", StringComparison.Ordinal)));
        Assert.Empty((await swift.ContentsAsync(_prefix)).Uploads);
        Assert.Equal(bytes, await store.ReadAsync(name));
        await ThrowsAsync("vault.blob-exists", () => store.CreateAsync(name, BlobWrite.CreateOnly, Cancel));
        Assert.True(await store.DeleteAsync(name, Cancel));
        Assert.Empty((await swift.ContentsAsync(_prefix)).Objects);
    }

    [Fact]
    public async Task An_upload_that_is_not_committed_is_given_up()
    {
        await using S3BlobStore store = await OpenAsync(o => o);
        await using (BlobWriter writer = await store.CreateAsync(BlobName.Of("default", "long"), BlobWrite.CreateOnly, Cancel))
        {
            await writer.WriteAsync(Random(12_000_000), Cancel);
            Assert.Single((await swift.ContentsAsync(_prefix)).Uploads);
        }

        (IReadOnlyList<string> objects, IReadOnlyList<string> uploads) = await swift.ContentsAsync(_prefix);
        Assert.Empty(objects);
        Assert.Empty(uploads);
    }

    [Fact]
    public async Task Uploads_that_a_crash_left_are_given_up_a_day_later_and_not_before()
    {
        await swift.Administrator.InitiateMultipartUploadAsync(swift.Bucket, _prefix + "default/crashed", Cancel);
        await using (await OpenAsync(o => o))
        {
            Assert.Single((await swift.ContentsAsync(_prefix)).Uploads);
        }

        await using S3BlobStore tomorrow = await S3BlobStore.OpenAsync(swift.Options(_prefix), new FastClock { Ahead = TimeSpan.FromHours(25) }, Cancel);
        Assert.Empty((await swift.ContentsAsync(_prefix)).Uploads);
    }

    [Fact]
    public async Task A_blob_of_more_parts_than_a_store_takes_is_refused_and_given_up()
    {
        await using S3BlobStore store = await OpenAsync(o => o with { MostParts = 2 });
        await using (BlobWriter writer = await store.CreateAsync(BlobName.Of("default", "long"), BlobWrite.CreateOnly, Cancel))
        {
            await ThrowsAsync("vault.blob-too-long", async () =>
            {
                await writer.WriteAsync(Random(11_000_000), Cancel);
                await writer.CommitAsync(Cancel);
            });
            await Assert.ThrowsAsync<InvalidOperationException>(() => writer.CommitAsync(Cancel));
        }

        Assert.Empty((await swift.ContentsAsync(_prefix)).Uploads);
    }

    [Fact]
    public async Task A_seek_asks_for_a_range_and_who_reads_on_is_answered_at_length()
    {
        await using S3BlobStore store = await OpenAsync(o => o with { ReadOnBytes = 2 << 20 });
        BlobName name = BlobName.Of("default", "x");
        await store.WriteAsync(name, Random(4_500_000));
        _wire.Requests.Clear();
        await using IRangeSource source = await store.OpenAsync(name, Cancel);
        byte[] piece = new byte[100_000];
        await source.ReadAsync(1_000_000, piece, Cancel);
        await source.ReadAsync(4_400_000, piece, Cancel);
        Assert.Equal(["bytes=1000000-1099999", "bytes=4400000-4499999"], Ranges());

        _wire.Requests.Clear();
        for (int at = 0; at < 4_500_000; at += piece.Length)
        {
            await source.ReadAsync(at, piece, Cancel);
        }

        Assert.Equal(["bytes=0-99999", "bytes=100000-2197151", "bytes=2197152-4197151", "bytes=4197152-4499999"], Ranges());

        string[] Ranges() => [.. _wire.Requests.Where(r => r.Method == "GET").Select(r => r.Headers["Range"])];
    }

    [Fact]
    public async Task A_walk_goes_through_as_many_pages_as_there_are()
    {
        await using S3BlobStore store = await OpenAsync(o => o with { PageKeys = 3 });
        List<BlobName> names = [];
        for (int i = 0; i < 10; i++)
        {
            names.Add(BlobName.Of("default", $"{i}"));
            await store.WriteAsync(names[^1], Random(i));
        }

        _wire.Requests.Clear();
        Assert.Equal(names, await store.NamesAsync());
        Assert.Equal(4, _wire.Requests.Count);
        Assert.Equal(names[5..], await store.NamesAsync(after: names[4]));
    }

    [Fact]
    public async Task A_request_never_asks_for_others_to_be_let_in_and_signs_every_body()
    {
        await using S3BlobStore store = await OpenAsync(o => o);
        BlobName name = BlobName.Of("default", "x");
        await store.WriteAsync(name, Random(100));
        await store.WriteAsync(name, Random(6_000_000), BlobWrite.Replace);
        await store.ReadAsync(name);
        await store.NamesAsync();
        await store.DeleteAsync(name, Cancel);
        Assert.All(_wire.Requests, r => Assert.DoesNotContain(r.Headers.Keys, h => h.StartsWith("x-amz-acl", StringComparison.OrdinalIgnoreCase) || h.StartsWith("x-amz-grant", StringComparison.OrdinalIgnoreCase)));
        FaultHandler.Seen[] bodies = [.. _wire.Requests.Where(r => r.Method == "PUT")];
        Assert.True(bodies.Length >= 4);
        Assert.All(bodies, r => Assert.Matches("^[0-9a-f]{64}$", r.Headers["x-amz-content-sha256"]));
    }

    [Theory]
    [InlineData("public-read")]
    [InlineData("public-read-write")]
    [InlineData("authenticated-read")]
    public async Task A_bucket_whose_access_list_lets_strangers_in_is_not_opened(string list)
    {
        await SetListAsync(list);
        try
        {
            await ThrowsAsync("vault.store-public", () => OpenAsync(o => o));
            Assert.Empty((await swift.ContentsAsync(_prefix)).Objects);
        }
        finally
        {
            await SetListAsync("private");
        }

        // One that becomes public later is noticed when somebody asks.
        await using S3BlobStore store = await OpenAsync(o => o);
        await SetListAsync(list);
        try
        {
            await ThrowsAsync("vault.store-public", () => store.CheckPrivateAsync(Cancel));
        }
        finally
        {
            await SetListAsync("private");
        }

        await store.CheckPrivateAsync(Cancel);

        Task SetListAsync(string acl) => swift.Administrator.PutBucketAclAsync(new PutBucketAclRequest { BucketName = swift.Bucket, ACL = acl }, Cancel);
    }

    // What it says of its lists is one thing, what it does another.
    [Theory]
    [InlineData("~probe/")]
    [InlineData("list-type")]
    public async Task A_bucket_that_answers_a_stranger_is_not_opened_whatever_it_says(string what)
    {
        _wire.Act = (request, pass, _) => request.Headers.Contains("Authorization")
            ? pass()
            : Task.FromResult(new HttpResponseMessage(request.RequestUri!.OriginalString.Contains(what, StringComparison.Ordinal) ? System.Net.HttpStatusCode.OK : System.Net.HttpStatusCode.Forbidden));
        await ThrowsAsync("vault.store-public", () => OpenAsync(o => o));
        Assert.Empty((await swift.ContentsAsync(_prefix)).Objects);
        _wire.Act = (_, pass, _) => pass();
        await using S3BlobStore store = await OpenAsync(o => o);
    }

    [Fact]
    public async Task A_store_that_does_not_show_its_lists_is_judged_by_what_it_does()
    {
        _wire.Act = (request, pass, _) => request.RequestUri!.Query.Contains("acl", StringComparison.Ordinal) || request.RequestUri.Query.Contains("policyStatus", StringComparison.Ordinal)
            ? Task.FromResult(new HttpResponseMessage(System.Net.HttpStatusCode.Forbidden))
            : pass();
        await using S3BlobStore store = await OpenAsync(o => o);
        Assert.Contains(_wire.Requests, r => !r.Headers.ContainsKey("Authorization"));
        Assert.Empty((await swift.ContentsAsync(_prefix)).Objects);
    }

    [Fact]
    public async Task Keys_that_are_wrong_are_refused_at_once_and_a_bucket_that_is_not_there_is_a_coded_error()
    {
        await ThrowsAsync("vault.store-denied", () => OpenAsync(o => o with { SecretKey = "wrong" }));
        Assert.InRange(_wire.Requests.Count, 1, 4); // four questions at most, and none of them twice
        await ThrowsAsync("vault.store-away", () => OpenAsync(o => o with { Bucket = "not-there" }));
    }

    [Fact]
    public async Task A_store_that_is_full_is_a_coded_error_and_takes_the_next_blob_when_there_is_room()
    {
        await using S3BlobStore store = await OpenAsync(o => o);
        BlobName name = BlobName.Of("default", "x");
        await swift.SetAsync(swift.Bucket, "X-Container-Meta-Quota-Bytes", "1");
        try
        {
            await ThrowsAsync("vault.store-full", () => store.WriteAsync(name, Random(100_000)));
            Assert.Null(await store.FindAsync(name, Cancel));
        }
        finally
        {
            await swift.SetAsync(swift.Bucket, "X-Container-Meta-Quota-Bytes", "");
        }

        await store.WriteAsync(name, Random(100_000));
        Assert.Equal(Random(100_000), await store.ReadAsync(name));
    }

    [Fact]
    public void Options_say_everything_that_is_wrong_with_them_and_never_the_secret()
    {
        S3BlobOptions good = swift.Options(_prefix);
        Assert.Empty(good.Problems());
        Assert.Empty((good with { Endpoint = new Uri("https://s3.us-east-2.amazonaws.com"), Prefix = "", PathStyle = false }).Problems());
        Assert.DoesNotContain(swift.SecretKey, $"{good}", StringComparison.Ordinal);
        S3BlobOptions bad = good with
        {
            Endpoint = new Uri("http://192.0.2.1"), Region = "", Bucket = "A", SecretKey = "", Prefix = "../", AnswerWithin = TimeSpan.Zero, Tries = 0, PartBytes = 1, ReadOnBytes = 1, AbandonAfter = TimeSpan.Zero,
        };
        Assert.Equal(10, bad.Problems().Count);
        Assert.Single((good with { Prefix = "a" }).Problems());
        Assert.Single((good with { Endpoint = new Uri("ftp://127.0.0.1") }).Problems());
    }

    [Fact]
    public async Task Wrong_options_are_refused_before_anything_is_sent()
    {
        ArgumentException refused = await Assert.ThrowsAsync<ArgumentException>(() => OpenAsync(o => o with { Tries = 0, Region = "" }));
        Assert.Contains("Tries", refused.Message, StringComparison.Ordinal);
        Assert.Contains("Region", refused.Message, StringComparison.Ordinal);
        Assert.Empty(_wire.Requests);
    }

    protected override async Task<IBlobStore> OpenAsync() => await OpenAsync(o => o);

    private Task<S3BlobStore> OpenAsync(Func<S3BlobOptions, S3BlobOptions> change) =>
        S3BlobStore.OpenAsync(change(swift.Options(_prefix, _wire.ForStore)), new FastClock(), Cancel);
}
