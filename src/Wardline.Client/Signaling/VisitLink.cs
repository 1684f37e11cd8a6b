namespace Wardline.Client.Signaling;

/// <summary>
/// What a person is given to enter a visit: <c>https://host:port/visit/{visit}#{secret}</c>. The secret is in the fragment,
/// which no HTTP client sends, and is never part of a message of this library's.
/// </summary>
public sealed class VisitLink
{
    private VisitLink(Uri server, string visit, string secret)
    {
        Server = server;
        Visit = visit;
        Secret = secret;
    }

    /// <summary>Scheme, host and port.</summary>
    public Uri Server { get; }

    public string Visit { get; }

    internal string Secret { get; }

    /// <exception cref="WardlineException"><c>client.link</c></exception>
    public static VisitLink Parse(string text)
    {
        const string Path = "/visit/";
        if (!Uri.TryCreate(text, UriKind.Absolute, out Uri? uri) || uri.Scheme != Uri.UriSchemeHttps || uri.UserInfo.Length > 0 ||
            !uri.AbsolutePath.StartsWith(Path, StringComparison.Ordinal))
        {
            throw new WardlineException("client.link", "That is no visit link: it begins with https:// and holds /visit/.");
        }

        string visit = uri.AbsolutePath[Path.Length..];
        string secret = uri.Fragment.TrimStart('#');
        secret = secret.StartsWith("k=", StringComparison.Ordinal) ? secret[2..] : secret;
        if (visit.Length is 0 or > 128 || visit.Contains('/', StringComparison.Ordinal) || secret.Length is 0 or > 256)
        {
            throw new WardlineException("client.link", "That visit link is not whole: copy it to its end, with what stands behind the #.");
        }

        return new VisitLink(new Uri(uri.GetLeftPart(UriPartial.Authority)), visit, secret);
    }

    public override string ToString() => $"{Server}visit/{Visit}";
}
