using System.Net;
using System.Net.Http.Headers;
using Wardline.Vault.BlobStores;
using Wardline.Vault.BlobStores.S3;
using Wardline.Vault.SealedBlobs;

namespace Wardline.Vault.Tests.BlobStores;

/// <summary>A store that is away, slow, or lies: a coded error, nothing half written, and all is well when it comes back.</summary>
[Collection(SwiftCollection.Collection)]
public sealed class S3FaultTests(SwiftServer swift) : IDisposable
{
    private static readonly BlobName Name = BlobName.Of("default", "recordings", "1");
    private readonly string _prefix = $"t{Guid.NewGuid():N}/";
    private readonly FaultHandler _wire = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _wire.Dispose();

    [Fact]
    public async Task A_store_whose_server_died_is_away_and_takes_the_same_blob_when_it_is_back()
    {
        await using S3BlobStore store = await OpenAsync();
        await store.WriteAsync(Name, Bytes(1000));
        await swift.StopProxyAsync();
        try
        {
            await CodeAsync("vault.store-away", () => store.WriteAsync(BlobName.Of("default", "2"), Bytes(10)));
            await CodeAsync("vault.store-away", () => store.ReadAsync(Name));
            await CodeAsync("vault.store-away", () => store.NamesAsync());
            await CodeAsync("vault.store-away", () => store.DeleteAsync(Name, Cancel));
            await CodeAsync("vault.store-away", () => store.CheckPrivateAsync(Cancel));
        }
        finally
        {
            await swift.StartProxyAsync();
        }

        Assert.Equal([Name], await store.NamesAsync());
        Assert.Equal(Bytes(1000), await store.ReadAsync(Name));
        await store.WriteAsync(BlobName.Of("default", "2"), Bytes(10));
    }

    [Fact]
    public async Task A_server_that_dies_in_the_middle_of_an_upload_leaves_no_blob_and_the_upload_is_given_up_later()
    {
        await using S3BlobStore store = await OpenAsync();
        BlobWriter writer = await store.CreateAsync(Name, BlobWrite.CreateOnly, Cancel);
        await writer.WriteAsync(Bytes(6_000_000), Cancel);
        await swift.StopProxyAsync();
        try
        {
            await CodeAsync("vault.store-away", async () =>
            {
                await writer.WriteAsync(Bytes(6_000_000), Cancel);
                await writer.CommitAsync(Cancel);
            });
            await writer.DisposeAsync();
        }
        finally
        {
            await swift.StartProxyAsync();
        }

        Assert.Null(await store.FindAsync(Name, Cancel));
        await using S3BlobStore tomorrow = await S3BlobStore.OpenAsync(swift.Options(_prefix), new FastClock { Ahead = TimeSpan.FromHours(25) }, Cancel);
        Assert.Empty((await swift.ContentsAsync(_prefix)).Uploads);
        await tomorrow.WriteAsync(Name, Bytes(6_000_000));
    }

    [Theory]
    [InlineData("PUT")]
    [InlineData("GET")]
    [InlineData("HEAD")]
    [InlineData("DELETE")]
    public async Task Failures_that_pass_are_not_noticed(string method)
    {
        await using S3BlobStore store = await OpenAsync();
        int turn = 0;
        _wire.Next(3, r => r.Method.Method == method, (request, _, _) => turn++ switch
        {
            0 => Task.FromException<HttpResponseMessage>(new HttpRequestException("reset")),
            1 => Task.FromResult(new HttpResponseMessage(HttpStatusCode.ServiceUnavailable)),
            _ => Task.FromResult(new HttpResponseMessage(HttpStatusCode.TooManyRequests)),
        });
        await store.WriteAsync(Name, Bytes(1000));
        Assert.Equal(Bytes(1000), await store.ReadAsync(Name));
        Assert.True(await store.DeleteAsync(Name, Cancel));
        Assert.Null(await store.FindAsync(Name, Cancel));
        Assert.Equal(3, turn);
    }

    [Fact]
    public async Task Each_failure_is_tried_again_so_often_and_no_oftener()
    {
        await using S3BlobStore store = await OpenAsync(o => o with { Tries = 3 });
        int tries = 0;
        _wire.Act = (_, _, _) =>
        {
            tries++;
            return Task.FromResult(new HttpResponseMessage(HttpStatusCode.InternalServerError));
        };
        await CodeAsync("vault.store-away", () => store.FindAsync(Name, Cancel));
        Assert.Equal(3, tries);
    }

    [Fact]
    public async Task A_store_that_does_not_answer_in_time_is_slow()
    {
        await using S3BlobStore store = await OpenAsync(o => o with { AnswerWithin = TimeSpan.FromSeconds(5), Tries = 2 });
        await store.WriteAsync(Name, Bytes(1000));
        _wire.Act = async (_, _, cancel) =>
        {
            await Task.Delay(Timeout.Infinite, cancel);
            throw new InvalidOperationException();
        };
        await CodeAsync("vault.store-slow", () => store.FindAsync(Name, Cancel));
        await CodeAsync("vault.store-slow", () => store.NamesAsync());
        await CodeAsync("vault.store-slow", () => store.CreateAsync(Name, BlobWrite.CreateOnly, Cancel));
        _wire.Act = (_, pass, _) => pass();
        Assert.Equal(Bytes(1000), await store.ReadAsync(Name));
    }

    [Fact]
    public async Task An_answer_that_stops_flowing_is_slow_and_is_asked_for_again_from_there()
    {
        await using S3BlobStore store = await OpenAsync(o => o with { AnswerWithin = TimeSpan.FromSeconds(5) });
        byte[] bytes = Bytes(300_000);
        await store.WriteAsync(Name, bytes);
        _wire.Requests.Clear();
        _wire.Next(1, IsBody, async (_, pass, _) => await With(await pass(), body => new BrokenStream(body, 100_000, hangs: true)));
        Assert.Equal(bytes, await store.ReadAsync(Name));
        Assert.Equal(["bytes=0-299999", "bytes=100000-299999"], _wire.Requests.Where(r => r.Method == "GET").Select(r => r.Headers["Range"]));

        _wire.Next(100, IsBody, async (_, pass, _) => await With(await pass(), body => new BrokenStream(body, 0, hangs: true)));
        await CodeAsync("vault.store-slow", () => store.ReadAsync(Name));
    }

    [Fact]
    public async Task An_answer_that_breaks_off_is_asked_for_again_from_there()
    {
        await using S3BlobStore store = await OpenAsync();
        byte[] bytes = Bytes(300_000);
        await store.WriteAsync(Name, bytes);
        _wire.Requests.Clear();
        _wire.Next(2, IsBody, async (_, pass, _) => await With(await pass(), body => new BrokenStream(body, 100_000, hangs: false)));
        Assert.Equal(bytes, await store.ReadAsync(Name));
        Assert.Equal(["bytes=0-299999", "bytes=100000-299999", "bytes=200000-299999"], _wire.Requests.Where(r => r.Method == "GET").Select(r => r.Headers["Range"]));
    }

    [Theory]
    [InlineData("shorter")]
    [InlineData("another range")]
    [InlineData("another total")]
    [InlineData("all of it")]
    [InlineData("ends early")]
    public async Task A_store_that_gives_another_length_than_it_said_is_caught_and_believed_again_when_it_does_not(string lie)
    {
        await using S3BlobStore store = await OpenAsync();
        byte[] bytes = Bytes(300_000);
        await store.WriteAsync(Name, bytes);
        _wire.Next(100, IsBody, async (request, pass, _) =>
        {
            if (lie == "all of it")
            {
                return new HttpResponseMessage(HttpStatusCode.OK) { Content = new ByteArrayContent(bytes) };
            }

            HttpResponseMessage answer = await pass();
            byte[] body = await answer.Content.ReadAsByteArrayAsync(Cancel);
            ContentRangeHeaderValue range = answer.Content.Headers.ContentRange!;
            answer.Content = lie switch
            {
                "shorter" => new ByteArrayContent(body[1..]),
                "ends early" => new StreamContent(new MemoryStream(body[..^1])) { Headers = { ContentLength = body.Length } },
                _ => new ByteArrayContent(body),
            };
            answer.Content.Headers.ContentRange = lie switch
            {
                "another range" => new ContentRangeHeaderValue(range.From!.Value + 1, range.To!.Value + 1, range.Length!.Value),
                "another total" => new ContentRangeHeaderValue(range.From!.Value, range.To!.Value, range.Length!.Value + 1),
                _ => range,
            };
            return answer;
        });
        await using IRangeSource source = await store.OpenAsync(Name, Cancel);
        byte[] part = new byte[1000];
        await CodeAsync("vault.store-lied", () => source.ReadAsync(200_000, part, Cancel).AsTask());
        _wire.Act = (_, pass, _) => pass();
        await source.ReadAsync(200_000, part, Cancel);
        Assert.Equal(bytes[200_000..201_000], part);
    }

    [Fact]
    public async Task A_store_that_gives_other_bytes_opens_no_sealed_blob()
    {
        await using S3BlobStore store = await OpenAsync();
        byte[] key = Bytes(32);
        byte[] plain = Bytes(2_500_000);
        await using (BlobWriter writer = await store.CreateAsync(Name, BlobWrite.CreateOnly, Cancel))
        {
            await SealedBlob.SealAsync(new MemoryStream(plain), writer, key, Name.ToAssociatedData(), cancel: Cancel);
            await writer.CommitAsync(Cancel);
        }

        await using SealedBlobReader reader = await SealedBlobReader.OpenAsync(await store.OpenAsync(Name, Cancel), key, Name.ToAssociatedData(), cancel: Cancel);
        _wire.Next(1, IsBody, async (_, pass, _) =>
        {
            HttpResponseMessage answer = await pass();
            byte[] body = await answer.Content.ReadAsByteArrayAsync(Cancel);
            body[body.Length / 2] ^= 1;
            ByteArrayContent changed = new(body);
            changed.Headers.ContentRange = answer.Content.Headers.ContentRange;
            answer.Content = changed;
            return answer;
        });
        byte[] read = new byte[plain.Length];
        await CodeAsync("vault.blob-segment", () => reader.ReadExactlyAsync(read.AsMemory(0, 1000), Cancel).AsTask());
        Assert.All(read, b => Assert.Equal(0, b));

        // The wire was to blame and not what is stored: the same reader goes on.
        await reader.ReadExactlyAsync(read, Cancel);
        Assert.True(plain.AsSpan().SequenceEqual(read));
    }

    [Theory]
    [InlineData(1000)]
    [InlineData(6_000_000)]
    public async Task A_body_that_was_changed_on_its_way_up_is_sent_again_and_one_that_always_is_leaves_no_blob(int length)
    {
        await using S3BlobStore store = await OpenAsync();
        _wire.Next(1, HasBody, Corrupt);
        await store.WriteAsync(Name, Bytes(length));
        Assert.Equal(Bytes(length), await store.ReadAsync(Name));
        await store.DeleteAsync(Name, Cancel);

        _wire.Next(1000, HasBody, Corrupt);
        await CodeAsync("vault.store-lied", () => store.WriteAsync(Name, Bytes(length)));
        _wire.Act = (_, pass, _) => pass();
        (IReadOnlyList<string> objects, IReadOnlyList<string> uploads) = await swift.ContentsAsync(_prefix);
        Assert.Empty(objects);
        Assert.Empty(uploads);

        static bool HasBody(HttpRequestMessage request) => request.Method == HttpMethod.Put && request.Content?.Headers.ContentLength > 100;

        async Task<HttpResponseMessage> Corrupt(HttpRequestMessage request, Func<Task<HttpResponseMessage>> pass, CancellationToken cancel)
        {
            byte[] body = await request.Content!.ReadAsByteArrayAsync(cancel);
            body[^1] ^= 1;
            ByteArrayContent changed = new(body);
            foreach ((string header, IEnumerable<string> values) in request.Content.Headers)
            {
                changed.Headers.TryAddWithoutValidation(header, values);
            }

            request.Content = changed;
            return await pass();
        }
    }

    [Theory]
    [InlineData(1000)]
    [InlineData(6_000_000)]
    public async Task A_blob_whose_acknowledgement_was_lost_is_there_once_and_acknowledged(int length)
    {
        await using S3BlobStore store = await OpenAsync();
        _wire.Next(1, r => (r.Method == HttpMethod.Put && length < 5_000_000) || (r.Method == HttpMethod.Post && r.RequestUri!.Query.Contains("uploadId", StringComparison.Ordinal)), async (_, pass, _) =>
        {
            using HttpResponseMessage done = await pass();
            Assert.True(done.IsSuccessStatusCode);
            await done.Content.ReadAsByteArrayAsync(Cancel);
            throw new HttpRequestException("The connection broke.");
        });
        BlobInfo info = await store.WriteAsync(Name, Bytes(length));
        Assert.Equal(length, info.Length);
        Assert.Single(await store.NamesAsync());
        Assert.Empty((await swift.ContentsAsync(_prefix)).Uploads);
    }

    [Fact]
    public async Task A_store_that_acknowledges_what_it_did_not_keep_is_caught()
    {
        await using S3BlobStore store = await OpenAsync();
        _wire.Next(1, r => r.Method == HttpMethod.Put, (_, _, _) => Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK) { Content = new ByteArrayContent([]), Headers = { ETag = new EntityTagHeaderValue("\"0\"") } }));
        await CodeAsync("vault.store-lied", () => store.WriteAsync(Name, Bytes(1000)));
        await store.WriteAsync(Name, Bytes(1000));

        // Or kept in part.
        BlobName other = BlobName.Of("default", "2");
        await using BlobWriter writer = await store.CreateAsync(other, BlobWrite.CreateOnly, Cancel);
        await writer.WriteAsync(Bytes(1000), Cancel);
        _wire.Next(10, r => r.Method == HttpMethod.Head, async (_, pass, _) =>
        {
            HttpResponseMessage head = await pass();
            if (head.IsSuccessStatusCode)
            {
                head.Content.Headers.ContentLength = 999;
            }

            return head;
        });
        await CodeAsync("vault.store-lied", () => writer.CommitAsync(Cancel));
        Assert.Equal([Name], await store.NamesAsync());
    }

    [Fact]
    public async Task A_blob_that_was_deleted_or_replaced_while_it_is_read_is_said_so()
    {
        await using S3BlobStore store = await OpenAsync();
        await store.WriteAsync(Name, Bytes(1000));
        await using IRangeSource source = await store.OpenAsync(Name, Cancel);
        await store.WriteAsync(Name, Bytes(2000), BlobWrite.Replace);
        await CodeAsync("vault.blob-replaced", () => source.ReadAsync(0, new byte[10], Cancel).AsTask());
        await store.DeleteAsync(Name, Cancel);
        await CodeAsync("vault.blob-missing", () => source.ReadAsync(0, new byte[10], Cancel).AsTask());
    }

    [Fact]
    public async Task One_of_many_who_want_a_name_at_once_gets_it()
    {
        await using S3BlobStore store = await OpenAsync();
        BlobWriter[] writers = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => store.CreateAsync(Name, BlobWrite.CreateOnly, Cancel)));
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
        string found = $"{(await store.ReadAsync(Name))[0]}";
        Assert.Contains(found, said);
        Assert.All(said.Where(s => s != found), s => Assert.Contains(s, (string[])["vault.blob-exists", "vault.store-lied"]));
    }

    [Fact]
    public async Task Cancelling_a_request_is_no_error_of_the_store()
    {
        await using S3BlobStore store = await OpenAsync();
        using CancellationTokenSource stop = new();
        _wire.Act = async (_, _, cancel) =>
        {
            await stop.CancelAsync();
            await Task.Delay(Timeout.Infinite, cancel);
            throw new InvalidOperationException();
        };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => store.FindAsync(Name, stop.Token));
    }

    private static bool IsBody(HttpRequestMessage request) => request.Method == HttpMethod.Get && request.Headers.Range is not null;

    private static async Task<HttpResponseMessage> With(HttpResponseMessage answer, Func<Stream, Stream> change)
    {
        StreamContent content = new(change(await answer.Content.ReadAsStreamAsync(Cancel)));
        content.Headers.ContentLength = answer.Content.Headers.ContentLength;
        content.Headers.ContentRange = answer.Content.Headers.ContentRange;
        answer.Content = content;
        return answer;
    }

    private static byte[] Bytes(int length)
    {
        byte[] bytes = new byte[length];
        new Random(length).NextBytes(bytes);
        return bytes;
    }

    private static async Task CodeAsync(string code, Func<Task> act)
    {
        VaultException thrown = await Assert.ThrowsAsync<VaultException>(act);
        Assert.Equal(code, thrown.Code);
    }

    private Task<S3BlobStore> OpenAsync(Func<S3BlobOptions, S3BlobOptions>? change = null) =>
        S3BlobStore.OpenAsync((change ?? (o => o))(swift.Options(_prefix, _wire.ForStore)), new FastClock(), Cancel);

    /// <summary>Gives so many bytes, and then hangs or breaks.</summary>
    private sealed class BrokenStream(Stream body, int bytes, bool hangs) : Stream
    {
        private int _left = bytes;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (_left == 0)
            {
                if (hangs)
                {
                    await Task.Delay(Timeout.Infinite, cancellationToken);
                }

                throw new HttpIOException(HttpRequestError.ResponseEnded);
            }

            int count = await body.ReadAsync(buffer[..Math.Min(buffer.Length, _left)], cancellationToken);
            _left -= count;
            return count;
        }

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            body.Dispose();
            base.Dispose(disposing);
        }
    }
}
