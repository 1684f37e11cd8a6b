using System.Security.Cryptography;
using System.Text;
using Wardline.Fuzz.Running;
using Wardline.Vault;
using Wardline.Vault.BlobStores;
using Wardline.Vault.SealedBlobs;
using Wardline.Vault.SignedUrls;

namespace Wardline.Fuzz.Targets;

/// <summary>Queries of signed URLs, from strangers: one that is taken is one that was minted, to the letter.</summary>
internal sealed class SignedUrlTarget : IFuzzTarget
{
    private static readonly BlobName Blob = BlobName.Of("default", "recordings", "1");
    private static readonly UrlHolder Holder = new("default", "person", "session");
    private readonly UrlSigner _signer;
    private readonly SignedUrl _url;

    public SignedUrlTarget()
    {
        StoppedClock clock = new();
        _signer = new UrlSigner(new UrlKeys([new UrlRoot("a", new byte[32])], TimeSpan.FromHours(1)), new UrlRevocations(clock), clock);
        _url = _signer.Mint(AccessDecision.Permit(Holder, Blob, UrlPurpose.Playback, "rule", "1", 0, clock.GetUtcNow()));
        Promise.Hold(_signer.Check(Blob, _url.Query, UrlPurpose.Playback, Holder).IsValid, "A URL that was minted is one.");
    }

    public string Name => "signed-url";

    public int MaxBytes => 600;

    // Every field apart, keys, and two signatures.
    public long AllocationBudget => 32 * 1024;

    public IEnumerable<byte[]> Seeds => [Encoding.ASCII.GetBytes(_url.Query), Encoding.ASCII.GetBytes(_url.Query[.._url.Query.IndexOf("&s=", StringComparison.Ordinal)]), "v=1&k=a.0&n=&t=0&e=0&p=playback&h=&s="u8.ToArray()];

    public IEnumerable<byte[]> Dictionary => new[] { "&", "=", "v=1", "&k=a.", "&n=", "&t=", "&e=", "&p=download", "&h=", "&s=", "A", "_", "-", "%3D", "==" }.Select(Encoding.ASCII.GetBytes);

    public void Run(ReadOnlySpan<byte> input)
    {
        string query = Encoding.Latin1.GetString(input);
        UrlVerdict verdict = _signer.Check(Blob, query, UrlPurpose.Playback, Holder);
        Promise.Hold(!verdict.IsValid || query == _url.Query, "Nobody else mints URLs.");
        Promise.Hold(verdict.IsValid || verdict.Code!.StartsWith("vault.url-", StringComparison.Ordinal), "A refusal has a code.");
    }

    private sealed class StoppedClock : TimeProvider
    {
        private static readonly DateTimeOffset Now = new(2026, 11, 23, 9, 0, 0, TimeSpan.Zero);

        public override DateTimeOffset GetUtcNow() => Now;

        public override long GetTimestamp() => 0;
    }
}

/// <summary>Range headers, and names of blobs: what is taken is inside of what there is.</summary>
internal sealed class ObjectRequestTarget : IFuzzTarget
{
    public string Name => "object-request";

    public int MaxBytes => 1000;

    public long AllocationBudget => 64 * 1024;

    public IEnumerable<byte[]> Seeds => new[] { "bytes=0-499", "bytes=-500", "bytes=9500-", "bytes=0-0,5-9", "default/recordings/4Vt0c", "a/%2E%2E/b", "%C3%A9" }.Select(Encoding.ASCII.GetBytes);

    public IEnumerable<byte[]> Dictionary => new[] { "bytes=", "-", ",", "/", "..", "%2E", "%25", "~", "9223372036854775807", "99999999999999999999" }.Select(Encoding.ASCII.GetBytes);

    public void Run(ReadOnlySpan<byte> input)
    {
        string text = Encoding.Latin1.GetString(input);
        foreach (long length in (ReadOnlySpan<long>)[0, 1, 10_000, long.MaxValue])
        {
            BlobResponse response = BlobResponse.For(UrlPurpose.Playback, "video/webm", length, text);
            Promise.Hold(response.From >= 0 && response.Count >= 0 && response.From <= length - response.Count, "A range lies within the object.");
            Promise.Hold(response.Status is 200 or 206 or 416 && (response.Status != 200 || response.Count == length), "An answer is one of three.");
        }

        if (BlobName.TryParse(text, out BlobName? name))
        {
            Promise.Hold(name.ToString() == text, "A name has one way to be written.");
            Promise.Hold(Path.GetFullPath($"/srv/{name}") == $"/srv/{name}", "A name leads nowhere else.");
        }
    }
}

/// <summary>Sealed blobs that somebody who keeps the store has changed: what opens is what was sealed.</summary>
internal sealed class SealedBlobTarget : IFuzzTarget
{
    private static readonly BlobFormat Small = new(KeyBytes: 32, DerivedKeyBytes: 32, HashAlgorithmName.SHA256, SegmentBytes: 88);
    private static readonly byte[] Key = new byte[32];
    private readonly SegmentBuffers _buffers = new(Small.SegmentBytes, keep: 8);
    private readonly Dictionary<string, byte[]> _sealed = [];

    public SealedBlobTarget()
    {
        foreach (int length in (int[])[0, 5, 32, 33, 250])
        {
            byte[] plain = new byte[length];
            new Random(length).NextBytes(plain);
            using MemoryStream blob = new();
            Promise.Hold(SealedBlob.SealAsync(Small, _buffers, new MemoryStream(plain), blob, Key, default, null, CancellationToken.None).GetAwaiter().GetResult() == length, "All of it.");
            _sealed.Add(Convert.ToHexString(blob.ToArray()), plain);
        }
    }

    public string Name => "sealed-blob";

    public int MaxBytes => 600;

    // A key, streams, and an exception.
    public long AllocationBudget => 64 * 1024;

    public IEnumerable<byte[]> Seeds => _sealed.Keys.Select(Convert.FromHexString);

    public void Run(ReadOnlySpan<byte> input)
    {
        using MemoryStream opened = new();
        try
        {
            SealedBlob.OpenAsync(Small, _buffers, new MemoryStream(input.ToArray()), opened, Key, default, null, CancellationToken.None).GetAwaiter().GetResult();
        }
        catch (VaultException refused)
        {
            Promise.Hold(refused.Code is "vault.blob-header" or "vault.blob-segment" or "vault.blob-truncated", "A refusal has one of three codes.");
            return;
        }

        Promise.Hold(_sealed.TryGetValue(Convert.ToHexString(input), out byte[]? plain) && opened.ToArray().AsSpan().SequenceEqual(plain), "Nobody else seals blobs.");
    }
}
