using Wardline.Vault.SignedUrls;

namespace Wardline.Vault.Tests.SignedUrls;

public sealed class BlobResponseTests
{
    private const long Length = 10_000;

    // RFC 9110 §14.1.2 and §14.2
    [Theory]
    [InlineData(null, 200, 0, 10_000)]
    [InlineData("bytes=0-499", 206, 0, 500)]
    [InlineData("bytes=500-999", 206, 500, 500)]
    [InlineData("bytes=-500", 206, 9500, 500)]
    [InlineData("bytes=9500-", 206, 9500, 500)]
    [InlineData("bytes=0-0", 206, 0, 1)]
    [InlineData("bytes=-1", 206, 9999, 1)]
    [InlineData("bytes=0-", 206, 0, 10_000)]
    [InlineData("bytes=0-9999", 206, 0, 10_000)]
    [InlineData("bytes=9999-20000", 206, 9999, 1)]
    [InlineData("bytes=-20000", 206, 0, 10_000)]
    [InlineData("bytes=0-99999999999999999999999", 206, 0, 10_000)]
    [InlineData("bytes=-99999999999999999999999", 206, 0, 10_000)]
    [InlineData("BYTES=0-1", 206, 0, 2)]
    [InlineData("bytes= 0-1", 206, 0, 2)]
    [InlineData("bytes=10000-", 416, 0, 0)]
    [InlineData("bytes=10000-10001", 416, 0, 0)]
    [InlineData("bytes=99999999999999999999999-", 416, 0, 0)]
    [InlineData("bytes=-0", 416, 0, 0)]
    [InlineData("", 200, 0, 10_000)]
    [InlineData("bytes", 200, 0, 10_000)]
    [InlineData("bytes=", 200, 0, 10_000)]
    [InlineData("bytes=-", 200, 0, 10_000)]
    [InlineData("bytes=5", 200, 0, 10_000)]
    [InlineData("bytes=9-5", 200, 0, 10_000)]
    [InlineData("bytes=a-b", 200, 0, 10_000)]
    [InlineData("bytes=--5", 200, 0, 10_000)]
    [InlineData("bytes=-5-", 200, 0, 10_000)]
    [InlineData("bytes=+1-2", 200, 0, 10_000)]
    [InlineData("bytes=1 -2", 200, 0, 10_000)]
    [InlineData("bytes=0x1-2", 200, 0, 10_000)]
    [InlineData("bytes=١-٢", 200, 0, 10_000)]
    [InlineData("bytes=0-1,5-6", 200, 0, 10_000)]
    [InlineData("items=0-1", 200, 0, 10_000)]
    public void A_range_is_one_that_the_standard_means_or_none(string? range, int status, long from, long count)
    {
        BlobResponse response = BlobResponse.For(UrlPurpose.Playback, "video/webm", Length, range);
        Assert.Equal((status, from, count), (response.Status, response.From, response.Count));
        Dictionary<string, string> headers = response.Headers.ToDictionary(StringComparer.OrdinalIgnoreCase);
        Assert.Equal($"{count}", headers["Content-Length"]);
        Assert.Equal("bytes", headers["Accept-Ranges"]);
        Assert.Equal(status switch { 206 => $"bytes {from}-{from + count - 1}/10000", 416 => "bytes */10000", _ => null }, headers.GetValueOrDefault("Content-Range"));
    }

    [Theory]
    [InlineData("bytes=0-", 416)]
    [InlineData("bytes=0-0", 416)]
    [InlineData("bytes=-5", 200)]
    [InlineData("bytes=-0", 416)]
    [InlineData(null, 200)]
    public void An_empty_object_has_no_range(string? range, int status)
    {
        BlobResponse response = BlobResponse.For(UrlPurpose.Playback, "video/webm", 0, range);
        Assert.Equal((status, 0), (response.Status, response.Count));
    }

    [Fact]
    public void With_a_condition_that_cannot_be_kept_the_whole_object_is_given()
    {
        BlobResponse response = BlobResponse.For(UrlPurpose.Playback, "video/webm", Length, "bytes=5-6", "\"some-validator\"");
        Assert.Equal((200, Length), (response.Status, response.Count));
    }

    [Theory]
    [InlineData(UrlPurpose.Playback, "inline")]
    [InlineData(UrlPurpose.Download, "attachment")]
    [InlineData(UrlPurpose.Export, "attachment")]
    public void Nothing_may_keep_embed_or_run_what_is_given(UrlPurpose purpose, string disposition)
    {
        foreach (string? range in (string?[])[null, "bytes=1-2", "bytes=99999-"])
        {
            AssertGuarded(BlobResponse.For(purpose, "text/html", Length, range));
        }

        AssertGuarded(BlobResponse.Refused());
        Assert.Equal(403, BlobResponse.Refused().Status);
        Dictionary<string, string> headers = BlobResponse.For(purpose, "text/html", Length).Headers.ToDictionary(StringComparer.OrdinalIgnoreCase);
        Assert.Equal(disposition, headers["Content-Disposition"]);
        Assert.Equal("text/html", headers["Content-Type"]);

        static void AssertGuarded(BlobResponse response)
        {
            Dictionary<string, string> headers = response.Headers.ToDictionary(StringComparer.OrdinalIgnoreCase);
            Assert.Equal("no-store, private", headers["Cache-Control"]);
            Assert.Equal("nosniff", headers["X-Content-Type-Options"]);
            Assert.Equal("same-origin", headers["Cross-Origin-Resource-Policy"]);
            Assert.Equal("no-referrer", headers["Referrer-Policy"]);
            Assert.Contains("sandbox", headers["Content-Security-Policy"], StringComparison.Ordinal);
            Assert.DoesNotContain("ETag", headers.Keys);
            Assert.DoesNotContain("Last-Modified", headers.Keys);
        }
    }
}
