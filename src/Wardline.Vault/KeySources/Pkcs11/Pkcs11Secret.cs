using static Wardline.Vault.KeySources.Pkcs11.Cryptoki;

namespace Wardline.Vault.KeySources.Pkcs11;

/// <summary>A secret that is kept in a token as a private data object (CKO_DATA), read once at start.</summary>
internal static class Pkcs11Secret
{
    /// <exception cref="VaultException"><c>vault.key-source-away</c>, <c>vault.key-source-refused</c>, <c>vault.secret-public</c>.</exception>
    public static byte[] Read(Pkcs11Uri uri) => Read(uri, Pkcs11Module.Load(uri.ModulePath), TimeProvider.System);

    internal static byte[] Read(Pkcs11Uri uri, Pkcs11Module module, TimeProvider time)
    {
        byte[] isPrivate = [];
        byte[] value = [];
        Pkcs11Token token = new(uri, module, DataObject, time);
        try
        {
            Answer answer = token.Perform("reading the secret", session =>
            {
                Answer first = module.Read(session.Handle, session.Object, Cryptoki.Attribute.Private, out isPrivate);
                return first == Answer.Ok ? module.Read(session.Handle, session.Object, Cryptoki.Attribute.Value, out value) : first;
            });
            return answer != Answer.Ok ? throw Pkcs11Errors.Of(uri.Identity, "reading the secret", answer)
                : isPrivate is [1] ? value
                : throw new VaultException("vault.secret-public", $"{uri.Identity} can be read without a PIN: write it anew as a private object.");
        }
        finally
        {
            token.Close();
        }
    }
}
