using System.Net;

namespace Wardline.Vault.BlobStores.S3;

/// <summary>Which object store, and how patient to be with it.</summary>
public sealed record S3BlobOptions
{
    /// <summary>An S3 store takes no smaller part but the last.</summary>
    public const int LeastPartBytes = 5 << 20;

    /// <summary>Where the store answers, such as <c>https://s3.us-east-2.amazonaws.com</c>. Plain HTTP only on this machine.</summary>
    public required Uri Endpoint { get; init; }

    /// <summary>That requests are signed for; where the data lies is what the bucket says.</summary>
    public required string Region { get; init; }

    public required string Bucket { get; init; }

    public required string AccessKey { get; init; }

    /// <summary>The secret itself: whoever reads settings has resolved the reference.</summary>
    public required string SecretKey { get; init; }

    /// <summary>Before every name, such as <c>wardline/</c>; empty, or ends with a slash.</summary>
    public string Prefix { get; init; } = "";

    /// <summary>The bucket stands in the path and not in the host's name.</summary>
    public bool PathStyle { get; init; } = true;

    /// <summary>How long the store may take to answer one request, or to give the next bytes of an answer.</summary>
    public TimeSpan AnswerWithin { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How often a request is made before its failure is believed.</summary>
    public int Tries { get; init; } = 4;

    /// <summary>A blob is sent in parts of this size. Two of them are kept in memory; a blob has at most 10,000.</summary>
    public int PartBytes { get; init; } = 8 << 20;

    /// <summary>How much is asked for at once by who reads on and on.</summary>
    public int ReadOnBytes { get; init; } = 16 << 20;

    /// <summary>An upload that was begun so long ago and neither completed nor given up is given up.</summary>
    public TimeSpan AbandonAfter { get; init; } = TimeSpan.FromHours(24);

    /// <summary>What requests go through; by default straight to the endpoint, without a proxy and without following redirects.</summary>
    public Func<HttpMessageHandler>? Handler { get; init; }

    /// <summary>No store takes more parts of one object.</summary>
    internal int MostParts { get; init; } = 10_000;

    /// <summary>Names that the store lists at once.</summary>
    internal int PageKeys { get; init; } = 1000;

    /// <summary>Everything that is wrong with these, each with its rule.</summary>
    public IReadOnlyList<string> Problems()
    {
        List<string> problems = [];
        Rule(
            Endpoint.IsAbsoluteUri && (Endpoint.Scheme == Uri.UriSchemeHttps || (Endpoint.Scheme == Uri.UriSchemeHttp && IsThisMachine(Endpoint))),
            $"Endpoint: '{Endpoint}' is no https address.");
        Rule(Region.Length > 0, "Region: is empty.");
        Rule(Bucket.Length is >= 3 and <= 63 && Bucket.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '-' or '.'), $"Bucket: '{Bucket}' is no name of 3 to 63 small letters, digits, '-' and '.'.");
        Rule(AccessKey.Length > 0 && SecretKey.Length > 0, "AccessKey, SecretKey: one is empty.");
        Rule(Prefix.Length == 0 || (BlobName.TryParse(Prefix.TrimEnd('/'), out _) && Prefix[^1] == '/' && Prefix.Length <= 200), $"Prefix: '{Prefix}' is not empty, and no name with a slash behind it.");
        Rule(AnswerWithin > TimeSpan.Zero && AnswerWithin <= TimeSpan.FromHours(1), $"AnswerWithin: {AnswerWithin} is not between 0 and 1 h.");
        Rule(Tries is >= 1 and <= 20, $"Tries: {Tries} is not between 1 and 20.");
        Rule(PartBytes is >= LeastPartBytes and <= 1 << 30, $"PartBytes: {PartBytes} is not between 5 MiB and 1 GiB.");
        Rule(ReadOnBytes >= 1 << 20, $"ReadOnBytes: {ReadOnBytes} is less than 1 MiB.");
        Rule(AbandonAfter >= TimeSpan.FromHours(1), $"AbandonAfter: {AbandonAfter} is less than 1 h.");
        return problems;

        void Rule(bool holds, string problem)
        {
            if (!holds)
            {
                problems.Add(problem);
            }
        }
    }

    // A record would print the secret.
    public override string ToString() => $"{Endpoint} {Bucket}/{Prefix}";

    private static bool IsThisMachine(Uri address) =>
        address.Host == "localhost" || (IPAddress.TryParse(address.Host.Trim('[', ']'), out IPAddress? ip) && IPAddress.IsLoopback(ip));
}
