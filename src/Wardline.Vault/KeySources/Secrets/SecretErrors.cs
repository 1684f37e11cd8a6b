namespace Wardline.Vault.KeySources;

/// <summary>Why a secret is not to be had. None of them repeats what stood in the setting: it may be the secret.</summary>
internal static class SecretErrors
{
    public const string LiteralCode = "vault.literal-secret";

    public static VaultException Literal(string where, string advice) => new(LiteralCode, $"A secret stands in the {where}. {advice}");

    public static VaultException Missing(string why, Exception? inner = null) => new("vault.secret-missing", why, inner);

    public static VaultException TooShort(int least) => new("vault.secret-short", $"The secret has fewer than {least} characters.");
}
