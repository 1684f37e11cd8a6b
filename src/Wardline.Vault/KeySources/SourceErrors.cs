namespace Wardline.Vault.KeySources;

/// <summary>Why a key source did not do what it was asked for.</summary>
internal static class SourceErrors
{
    public const string AwayCode = "vault.key-source-away";
    public const string RefusedCode = "vault.key-source-refused";
    public const string LiedCode = "vault.key-source-lied";
    public const string WrappedCode = "vault.wrapped-key";

    /// <summary>It does not answer, or not now. Nothing has to be done but to bring it back.</summary>
    public static VaultException Away(string source, string why, Exception? inner = null) =>
        new(AwayCode, $"{source} is away: {why}", inner);

    /// <summary>It answers, and says no. Somebody has to change something.</summary>
    public static VaultException Refused(string source, string why, Exception? inner = null) =>
        new(RefusedCode, $"{source} refuses: {why}", inner);

    /// <summary>It answers what an honest one cannot.</summary>
    public static VaultException Lied(string source, string why) => new(LiedCode, $"{source} answered wrongly: {why}");

    public static VaultException Wrapped(string source, Exception? inner = null) => new(
        WrappedCode, $"{source} does not unwrap this key: it was changed, belongs to another tenant, purpose, version or time, or was wrapped elsewhere.", inner);

    public static VaultException Settings(string why) => new("vault.key-source-settings", why);
}
