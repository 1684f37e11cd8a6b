using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Web;
using System.Xml.Linq;

namespace Wardline.Vault.Tests.BlobStores;

/// <summary>
/// The part of an S3 store that Swift does not have: conditional writes, for objects and for uploads in parts
/// (Amazon S3 API reference: PutObject, CompleteMultipartUpload, If-None-Match). In memory, without signatures.
/// </summary>
internal sealed class MemoryS3 : HttpMessageHandler
{
    private readonly ConcurrentDictionary<string, Stored> _objects = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Upload> _uploads = new(StringComparer.Ordinal);

    public IEnumerable<string> Objects => _objects.Keys;

    public int Uploads => _uploads.Count;

    /// <summary>Answers 200 to a condition and does not keep to it, as some stores do.</summary>
    public bool IgnoresConditions { get; init; }

    /// <summary>The next so many objects are stored, and the answer is lost.</summary>
    public int LoseAnswers { get; set; }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (!request.Headers.Contains("Authorization"))
        {
            return Answer(HttpStatusCode.Forbidden);
        }

        string key = Uri.UnescapeDataString(request.RequestUri!.AbsolutePath).TrimStart('/');
        System.Collections.Specialized.NameValueCollection query = HttpUtility.ParseQueryString(request.RequestUri.Query);
        byte[] body = request.Content is null ? [] : await request.Content.ReadAsByteArrayAsync(cancellationToken);
        if (request.Headers.GetValues("x-amz-content-sha256").Single() != Convert.ToHexStringLower(SHA256.HashData(body)))
        {
            // UNSIGNED-PAYLOAD too: over TLS as well, what arrives is held against what was signed.
            return Answer(HttpStatusCode.BadRequest, code: "XAmzContentSHA256Mismatch");
        }

        string? upload = query["uploadId"];
        bool isBucket = key.EndsWith('/') && !key.TrimEnd('/').Contains('/', StringComparison.Ordinal);
        HttpResponseMessage answer = request.Method.Method switch
        {
            "GET" when isBucket => List(key, query),
            "GET" => Get(key, request),
            "HEAD" => Head(key),
            "PUT" when upload is not null => Part(upload, query["partNumber"]!, body),
            "PUT" => Put(key, request, body, Metadata(request)),
            "POST" when upload is not null => Complete(key, upload, request),
            "POST" => Begin(key, request),
            "DELETE" when upload is not null => Answer(_uploads.TryRemove(upload, out _) ? HttpStatusCode.NoContent : HttpStatusCode.NotFound),
            "DELETE" => Delete(key),
            _ => Answer(HttpStatusCode.MethodNotAllowed),
        };
        if (request.Method.Method is "PUT" or "POST" && answer.IsSuccessStatusCode && LoseAnswers > 0 && !key.Contains('~', StringComparison.Ordinal) && query["partNumber"] is null && !query.ToString()!.Contains("uploads", StringComparison.Ordinal))
        {
            LoseAnswers--;
            throw new HttpRequestException("The connection broke.");
        }

        return answer;
    }

    private static string? Metadata(HttpRequestMessage request) => request.Headers.TryGetValues("x-amz-meta-wardline-write", out IEnumerable<string>? values) ? values.Single() : null;

    private static HttpResponseMessage Answer(HttpStatusCode status, XElement? xml = null, string? code = null)
    {
        XElement? said = code is null ? xml : new XElement("Error", new XElement("Code", code), new XElement("Message", code));
        return new HttpResponseMessage(status) { Content = new StringContent(said?.ToString() ?? "", Encoding.UTF8, "application/xml") };
    }

    private HttpResponseMessage Put(string key, HttpRequestMessage request, byte[] body, string? writeId)
    {
        Stored stored = new(body, writeId);
        if (request.Headers.IfNoneMatch.Count > 0 && !IgnoresConditions)
        {
            if (!_objects.TryAdd(key, stored))
            {
                return Answer(HttpStatusCode.PreconditionFailed, code: "PreconditionFailed");
            }
        }
        else
        {
            _objects[key] = stored;
        }

        HttpResponseMessage answer = Answer(HttpStatusCode.OK);
        answer.Headers.ETag = stored.Tag;
        return answer;
    }

    private HttpResponseMessage Delete(string key)
    {
        // The same whether there was one or not.
        _objects.TryRemove(key, out _);
        return Answer(HttpStatusCode.NoContent);
    }

    private HttpResponseMessage Begin(string key, HttpRequestMessage request)
    {
        string id = Guid.NewGuid().ToString("N");
        _uploads[id] = new Upload(key, Metadata(request));
        return Answer(HttpStatusCode.OK, new XElement("InitiateMultipartUploadResult", new XElement("UploadId", id)));
    }

    private HttpResponseMessage Part(string upload, string number, byte[] body)
    {
        if (!_uploads.TryGetValue(upload, out Upload? to))
        {
            return Answer(HttpStatusCode.NotFound, code: "NoSuchUpload");
        }

        to.Parts[int.Parse(number, CultureInfo.InvariantCulture)] = body;
        HttpResponseMessage answer = Answer(HttpStatusCode.OK);
        answer.Headers.ETag = new Stored(body, null).Tag;
        return answer;
    }

    private HttpResponseMessage Complete(string key, string upload, HttpRequestMessage request)
    {
        if (!_uploads.TryGetValue(upload, out Upload? from))
        {
            return Answer(HttpStatusCode.NotFound, code: "NoSuchUpload");
        }

        HttpResponseMessage put = Put(key, request, [.. from.Parts.OrderBy(p => p.Key).SelectMany(p => p.Value)], from.WriteId);
        if (put.IsSuccessStatusCode)
        {
            _uploads.TryRemove(upload, out _);
            put.Content = Answer(HttpStatusCode.OK, new XElement("CompleteMultipartUploadResult", new XElement("Key", key))).Content;
        }

        return put;
    }

    private HttpResponseMessage Head(string key)
    {
        if (!_objects.TryGetValue(key, out Stored? stored))
        {
            return Answer(HttpStatusCode.NotFound);
        }

        HttpResponseMessage answer = new(HttpStatusCode.OK) { Content = new ByteArrayContent([]) };
        answer.Content.Headers.ContentLength = stored.Bytes.Length;
        answer.Content.Headers.LastModified = stored.At;
        answer.Headers.ETag = stored.Tag;
        answer.Headers.Add("x-amz-meta-wardline-write", stored.WriteId);
        return answer;
    }

    private HttpResponseMessage Get(string key, HttpRequestMessage request)
    {
        if (!_objects.TryGetValue(key, out Stored? stored))
        {
            return Answer(HttpStatusCode.NotFound, code: "NoSuchKey");
        }

        if (request.Headers.IfMatch.Count > 0 && !request.Headers.IfMatch.Contains(stored.Tag))
        {
            return Answer(HttpStatusCode.PreconditionFailed, code: "PreconditionFailed");
        }

        RangeItemHeaderValue range = request.Headers.Range!.Ranges.Single();
        HttpResponseMessage answer = new(HttpStatusCode.PartialContent) { Content = new ByteArrayContent(stored.Bytes[(int)range.From!.Value..((int)range.To!.Value + 1)]) };
        answer.Content.Headers.ContentRange = new ContentRangeHeaderValue(range.From.Value, range.To.Value, stored.Bytes.Length);
        return answer;
    }

    private HttpResponseMessage List(string bucket, System.Collections.Specialized.NameValueCollection query)
    {
        if (query["list-type"] != "2")
        {
            // Access lists and policies: a store may not show them. Uploads: none is old.
            return query.GetValues(null)?.Contains("uploads", StringComparer.Ordinal) == true
                ? Answer(HttpStatusCode.OK, new XElement("ListMultipartUploadsResult"))
                : Answer(HttpStatusCode.NotImplemented, code: "NotImplemented");
        }

        string[] keys = [.. _objects.Keys.Where(k => k.StartsWith(bucket + query["prefix"], StringComparison.Ordinal) && string.CompareOrdinal(k, bucket + query["start-after"]) > 0).Order(StringComparer.Ordinal)];
        int most = int.Parse(query["max-keys"]!, CultureInfo.InvariantCulture);
        return Answer(HttpStatusCode.OK, new XElement(
            "ListBucketResult",
            new XElement("IsTruncated", keys.Length > most ? "true" : "false"),
            keys.Take(most).Select(k => new XElement("Contents", new XElement("Key", k[bucket.Length..]), new XElement("Size", _objects[k].Bytes.Length), new XElement("LastModified", _objects[k].At.UtcDateTime.ToString("o", CultureInfo.InvariantCulture))))));
    }

    private sealed class Stored(byte[] bytes, string? writeId)
    {
        public byte[] Bytes { get; } = bytes;

        public string? WriteId { get; } = writeId;

        public DateTimeOffset At { get; } = DateTimeOffset.UtcNow;

        public EntityTagHeaderValue Tag { get; } = new($"\"{Convert.ToHexStringLower(SHA256.HashData(bytes))[..32]}\"");
    }

    private sealed record Upload(string Key, string? WriteId)
    {
        public ConcurrentDictionary<int, byte[]> Parts { get; } = new();
    }
}
