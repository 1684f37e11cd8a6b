using Wardline.Vault.BlobStores;
using Wardline.Vault.BlobStores.S3;

namespace Wardline.Vault.Tests.BlobStores;

/// <summary>A store that keeps to conditions, as Swift does not: it is the store that refuses the second writer of a name.</summary>
public sealed class ConditionalS3Tests : StoreContract, IDisposable
{
    private readonly MemoryS3 _s3 = new();

    public void Dispose() => _s3.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(6_000_000)]
    public async Task One_of_many_who_want_a_name_at_once_gets_it(int length)
    {
        await using IBlobStore store = await OpenAsync();
        BlobName name = BlobName.Of("default", "x");
        BlobWriter[] writers = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => store.CreateAsync(name, BlobWrite.CreateOnly, Cancel)));
        string[] said = await Task.WhenAll(writers.Select(async (writer, i) =>
        {
            await using (writer)
            {
                byte[] bytes = new byte[length];
                bytes[0] = (byte)i;
                await writer.WriteAsync(bytes, Cancel);
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
        Assert.Equal(0, _s3.Uploads);
    }

    // The same request again is refused: the object itself says that it is ours.
    [Theory]
    [InlineData(1000)]
    [InlineData(6_000_000)]
    public async Task A_blob_whose_acknowledgement_was_lost_is_not_taken_for_another_ones(int length)
    {
        await using IBlobStore store = await OpenAsync();
        BlobName name = BlobName.Of("default", "x");
        _s3.LoseAnswers = 1;
        BlobInfo info = await store.WriteAsync(name, Random(length));
        Assert.Equal(length, info.Length);
        Assert.Equal(0, _s3.LoseAnswers);
        Assert.Equal(Random(length), await store.ReadAsync(name));
        await ThrowsAsync("vault.blob-exists", () => store.CreateAsync(name, BlobWrite.CreateOnly, Cancel));
    }

    [Fact]
    public async Task A_store_that_only_pretends_to_keep_to_a_condition_is_looked_at_instead()
    {
        using MemoryS3 pretends = new() { IgnoresConditions = true };
        await using S3BlobStore store = await OpenAsync(pretends);
        BlobName name = BlobName.Of("default", "x");
        await using BlobWriter late = await store.CreateAsync(name, BlobWrite.CreateOnly, Cancel);
        await late.WriteAsync(Random(500), Cancel);
        await store.WriteAsync(name, Random(1000));
        await ThrowsAsync("vault.blob-exists", () => late.CommitAsync(Cancel));
        Assert.Equal(Random(1000), await store.ReadAsync(name));
    }

    [Fact]
    public async Task Nothing_is_left_of_the_question_whether_it_does()
    {
        await using IBlobStore store = await OpenAsync();
        Assert.Empty(_s3.Objects);
    }

    protected override async Task<IBlobStore> OpenAsync() => await OpenAsync(_s3);

    private static Task<S3BlobStore> OpenAsync(MemoryS3 s3) => S3BlobStore.OpenAsync(
        new S3BlobOptions
        {
            Endpoint = new Uri("https://s3.example"), Region = "us-east-1", Bucket = "recordings", AccessKey = "key", SecretKey = "secret", Prefix = "p/", PartBytes = S3BlobOptions.LeastPartBytes, PageKeys = 10,
            Handler = () => new Lent(s3),
        },
        new FastClock(),
        Cancel);

    private sealed class Lent(HttpMessageHandler lender) : HttpMessageHandler
    {
        private readonly HttpMessageInvoker _lender = new(lender, disposeHandler: false);

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) => _lender.SendAsync(request, cancellationToken);
    }
}
