namespace Wardline.Vault;

/// <summary>Something that was wanted of the vault was refused, or failed.</summary>
/// <param name="code">says what, begins with <c>vault.</c>, and never changes its meaning.</param>
public sealed class VaultException(string code, string message, Exception? inner = null) : Exception(message, inner)
{
    public string Code { get; } = code;

    public override string ToString() => $"{Code}: {base.ToString()}";
}
