using System.Text.RegularExpressions;

namespace Wardline.Vault.KeySources.Kms;

/// <summary>The ARN of one key: <c>arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab</c>.</summary>
/// <param name="Region">where the key is, and its service.</param>
public sealed partial record KmsKeyArn(string Value, string Region)
{
    /// <exception cref="VaultException"><c>vault.key-source-settings</c>: an alias, an id alone, or no ARN.</exception>
    public static KmsKeyArn Parse(string text) => Form().Match(text) is { Success: true } match
        ? new(text, match.Groups["region"].Value)
        : throw SourceErrors.Settings("A key of AWS KMS is named by its key ARN (arn:aws:kms:region:account:key/id): an alias can be pointed at another key by whoever may do that.");

    public override string ToString() => Value;

    [GeneratedRegex(@"^arn:aws(-[a-z]+)*:kms:(?<region>[a-z0-9-]+):[0-9]{12}:key/[A-Za-z0-9-]+$", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Form();
}
