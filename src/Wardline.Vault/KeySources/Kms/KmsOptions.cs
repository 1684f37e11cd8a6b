namespace Wardline.Vault.KeySources.Kms;

/// <summary>Which key of AWS KMS, and how to get there. Credentials come from where the SDK finds them (the machine's role); none is a setting.</summary>
public sealed record KmsOptions
{
    public required KmsKeyArn Key { get; init; }

    /// <summary>A VPC endpoint, or a stand-in on this machine; null: the region's own. <c>https</c>, but for an address of this machine.</summary>
    public Uri? Endpoint { get; init; }

    /// <summary>The endpoints whose cryptography is validated under FIPS 140.</summary>
    public bool Fips { get; init; }

    /// <exception cref="VaultException"><c>vault.key-source-settings</c>.</exception>
    internal void Validate()
    {
        if (Endpoint is { } endpoint && endpoint.Scheme != Uri.UriSchemeHttps && !(endpoint.Scheme == Uri.UriSchemeHttp && endpoint.IsLoopback))
        {
            throw SourceErrors.Settings("The endpoint of AWS KMS is an https address: keys in clear go there.");
        }

        if (Endpoint is not null && Fips)
        {
            throw SourceErrors.Settings("An endpoint of AWS KMS of your own and Fips exclude each other: name the FIPS endpoint itself.");
        }
    }
}
