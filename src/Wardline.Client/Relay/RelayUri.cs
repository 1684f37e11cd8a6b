using System.Globalization;

namespace Wardline.Client.Relay;

/// <summary>A relay's address (RFC 7065): <c>turn:host[:port][?transport=udp|tcp]</c> or <c>turns:…</c>, which is TLS.</summary>
internal sealed record RelayUri(string Host, ushort Port, bool Stream, bool Tls)
{
    /// <summary>Null for what is none: another scheme, or DTLS, which nobody offers.</summary>
    public static RelayUri? Parse(string text)
    {
        bool tls = text.StartsWith("turns:", StringComparison.OrdinalIgnoreCase);
        if (!tls && !text.StartsWith("turn:", StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        string rest = text[(tls ? 6 : 5)..];
        int query = rest.IndexOf('?', StringComparison.Ordinal);
        string transport = query < 0 ? tls ? "tcp" : "udp" : rest[(query + 1)..].Replace("transport=", "", StringComparison.OrdinalIgnoreCase);
        rest = query < 0 ? rest : rest[..query];
        ushort port = tls ? (ushort)5349 : (ushort)3478;
        int colon = rest.LastIndexOf(':');
        if (colon > rest.LastIndexOf(']'))
        {
            if (!ushort.TryParse(rest[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out port))
            {
                return null;
            }

            rest = rest[..colon];
        }

        rest = rest.Trim('[', ']');
        return Uri.CheckHostName(rest) == UriHostNameType.Unknown || port == 0 || transport is not ("udp" or "tcp") || (tls && transport == "udp")
            ? null
            : new RelayUri(rest, port, transport == "tcp", tls);
    }
}
