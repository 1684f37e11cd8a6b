using System.Collections;
using System.Text.Json;
using System.Text.RegularExpressions;
using Wardline.Vault.KeySources;

namespace Wardline.Cli.Doctor;

/// <summary>
/// Settings name where a secret stands and never hold one: they are copied, mailed and committed. Looked through are
/// <c>wardline.json</c> of the data root and the environment (<c>Section__Key</c>), by name and by what a value looks like.
/// </summary>
internal static partial class SecretCheck
{
    private const string Remedy = "Write it into a file that only the server's user can read (chmod 600), name that file as file:path, and take another secret: this one has been seen.";

    public static IReadOnlyList<Finding> Run(Subject subject, IDictionary environment)
    {
        List<Finding> findings = [];
        string file = Path.Combine(subject.DataRoot, "wardline.json");
        if (File.Exists(file))
        {
            try
            {
                // As the server reads it: with comments, and commas behind the last value.
                using JsonDocument settings = JsonDocument.Parse(File.ReadAllBytes(file), new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
                Walk(settings.RootElement, "", (name, value) => Judge(findings, file, name, value));
            }
            catch (Exception failure) when (failure is JsonException or IOException or UnauthorizedAccessException)
            {
                findings.Add(new("secrets", Verdict.Failed, $"{file} cannot be read ({failure.Message}).", "Correct it, or give it to the user that runs the server."));
            }
        }

        foreach (DictionaryEntry variable in environment)
        {
            // Other programs' variables are their own affair.
            if (variable is { Key: string name, Value: string value } && name.Contains("__", StringComparison.Ordinal))
            {
                Judge(findings, "the environment", name.Replace("__", ":", StringComparison.Ordinal), value);
            }
        }

        return findings.Count > 0 ? findings : [new("secrets", Verdict.Ok, "No secret stands in the settings.")];
    }

    // The value is never repeated: this is printed, and pasted into tickets.
    private static void Judge(List<Finding> findings, string where, string name, string value)
    {
        if (string.IsNullOrWhiteSpace(value) || SecretReference.IsReference(value) && !Pin().IsMatch(value))
        {
            return;
        }

        string? what = IsSecretByName().IsMatch(name) ? "a secret itself"
            : PrivateKey().IsMatch(value) ? "a private key"
            : CloudKey().IsMatch(value) ? "a cloud provider's access key"
            : Inside().IsMatch(value) || Pin().IsMatch(value) ? "a password or PIN"
            : null;
        if (what is not null)
        {
            findings.Add(new("secrets", Verdict.Failed, $"{name} in {where} holds {what} (vault.literal-secret).", Remedy));
        }
    }

    private static void Walk(JsonElement element, string name, Action<string, string> visit)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (JsonProperty property in element.EnumerateObject())
                {
                    Walk(property.Value, name.Length == 0 ? property.Name : $"{name}:{property.Name}", visit);
                }

                break;
            case JsonValueKind.Array:
                foreach ((int index, JsonElement item) in element.EnumerateArray().Index())
                {
                    Walk(item, $"{name}:{index}", visit);
                }

                break;
            case JsonValueKind.String:
                visit(name, element.GetString()!);
                break;
            case JsonValueKind.Number:
                visit(name, element.GetRawText());
                break;
        }
    }

    /// <summary>The last word of the name, whatever it is written with; "TicketLifetime" is no ticket.</summary>
    [GeneratedRegex(@"(secret|password|passwd|passphrase|pwd|pin|token|credentials?|api[-_]?key|access[-_]?key|private[-_]?key)(:\d+)?$", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex IsSecretByName();

    [GeneratedRegex("-----BEGIN [A-Z ]*PRIVATE KEY-----", RegexOptions.None, 1000)]
    private static partial Regex PrivateKey();

    [GeneratedRegex(@"\b(AKIA|ASIA)[A-Z0-9]{16}\b", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex CloudKey();

    /// <summary>A connection string with a password, or an address with one before its host.</summary>
    [GeneratedRegex(@"(^|[;\s])(password|pwd)\s*=\s*[^;\s]|://[^/\s:@]+:[^/\s@]+@", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Inside();

    /// <summary>RFC 7512 lets a URI hold the PIN.</summary>
    [GeneratedRegex(@"^pkcs11:.*[?&]pin-value=", RegexOptions.Singleline, 1000)]
    private static partial Regex Pin();
}
