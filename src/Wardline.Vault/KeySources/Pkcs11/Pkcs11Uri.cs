using System.Text;

namespace Wardline.Vault.KeySources.Pkcs11;

/// <summary>
/// Where something stands in a token, as RFC 7512 writes it:
/// <c>pkcs11:token=wardline;object=kek-2026?module-path=/usr/lib/softhsm/libsofthsm2.so&amp;pin-source=file:/etc/wardline/pin</c>.
/// </summary>
/// <param name="Token">label of the token.</param>
/// <param name="Serial">of the token, where labels are not enough; null: any.</param>
/// <param name="Object">label of the key or data object.</param>
/// <param name="Id">CKA_ID of it; empty: any.</param>
/// <param name="ModulePath">the vendor's library.</param>
/// <param name="PinSource">a reference to the PIN (<c>file:</c> or <c>env:</c>), never the PIN.</param>
public sealed record Pkcs11Uri(string Token, string? Serial, string Object, IReadOnlyList<byte> Id, string ModulePath, string PinSource)
{
    private const string Scheme = "pkcs11:";

    /// <summary>The part that says which object, without where the library and the PIN are. No secret; the same for every machine.</summary>
    public string Identity => $"{Scheme}token={Escape(Token)}{(Serial is null ? "" : $";serial={Escape(Serial)}")};object={Escape(Object)}{(Id.Count == 0 ? "" : $";id={string.Concat(Id.Select(b => $"%{b:X2}"))}")}";

    /// <exception cref="VaultException">
    /// <c>vault.key-source-settings</c>, with the rule that is broken; <c>vault.literal-secret</c>: the PIN itself stands in it.
    /// </exception>
    public static Pkcs11Uri Parse(string text)
    {
        if (!text.StartsWith(Scheme, StringComparison.Ordinal))
        {
            throw SourceErrors.Settings("A PKCS #11 URI begins with pkcs11: (RFC 7512).");
        }

        string[] parts = text[Scheme.Length..].Split('?', 2);
        Dictionary<string, byte[]> path = Split(parts[0], ';');
        Dictionary<string, byte[]> query = Split(parts.Length > 1 ? parts[1] : "", '&');
        if (query.ContainsKey("pin-value"))
        {
            throw SecretErrors.Literal("pin-value of a PKCS #11 URI", "Name a file with pin-source=file:path.");
        }

        string[] unknown = [.. path.Keys.Except(["token", "serial", "object", "id", "type"]), .. query.Keys.Except(["module-path", "pin-source"])];
        if (unknown.Length > 0)
        {
            throw SourceErrors.Settings($"A PKCS #11 URI here has token, serial, object, id and type, and then module-path and pin-source; not {string.Join(", ", unknown)}.");
        }

        string pinSource = Need(query, "pin-source");
        pinSource = pinSource.StartsWith('/') ? $"file:{pinSource}" : pinSource;
        if (!pinSource.StartsWith("file:", StringComparison.Ordinal) && !pinSource.StartsWith("env:", StringComparison.Ordinal))
        {
            throw pinSource.StartsWith(Scheme, StringComparison.Ordinal) ? SourceErrors.Settings("The PIN of a token does not stand in a token.")
                : SecretErrors.Literal("pin-source of a PKCS #11 URI", "Name a file with pin-source=file:path, or a variable with pin-source=env:NAME.");
        }

        return new(Need(path, "token"), path.ContainsKey("serial") ? Need(path, "serial") : null, Need(path, "object"), path.GetValueOrDefault("id") ?? [], Need(query, "module-path"), pinSource);

        static string Need(Dictionary<string, byte[]> values, string name) => values.TryGetValue(name, out byte[]? value) && value.Length > 0
            ? Encoding.UTF8.GetString(value)
            : throw SourceErrors.Settings($"A PKCS #11 URI here needs {name}=.");
    }

    public override string ToString() => Identity;

    private static Dictionary<string, byte[]> Split(string text, char separator)
    {
        Dictionary<string, byte[]> values = new(StringComparer.Ordinal);
        foreach (string each in text.Split(separator, StringSplitOptions.RemoveEmptyEntries))
        {
            int at = each.IndexOf('=', StringComparison.Ordinal);
            if (at <= 0 || !TryUnescape(each[(at + 1)..], out byte[] value) || !values.TryAdd(each[..at], value))
            {
                // Not repeated in the message: there may be a PIN in it.
                throw SourceErrors.Settings("Every attribute of a PKCS #11 URI is name=value, once, with %-escapes of two hexadecimal digits.");
            }
        }

        return values;
    }

    // Every byte may be escaped (RFC 7512 §2.3), and an id is bytes rather than a text.
    private static bool TryUnescape(string text, out byte[] bytes)
    {
        List<byte> read = [];
        bytes = [];
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] is > ' ' and <= '~' and not '%')
            {
                read.Add((byte)text[i]);
            }
            else if (text[i] == '%' && i + 2 < text.Length && char.IsAsciiHexDigit(text[i + 1]) && char.IsAsciiHexDigit(text[i + 2]))
            {
                read.Add(Convert.ToByte(text.Substring(i + 1, 2), 16));
                i += 2;
            }
            else
            {
                return false;
            }
        }

        bytes = [.. read];
        return true;
    }

    private static string Escape(string text) => Uri.EscapeDataString(text);
}
