using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Wardline.Rtc.Dtls;

/// <summary>
/// OpenSSL's error queue belongs to the thread and to everybody on it. Whoever fails takes the text and leaves the
/// queue empty, since a stale entry makes the next <c>SSL_get_error</c> lie.
/// </summary>
internal static unsafe class OpenSslErrors
{
    /// <summary>The oldest error's text, for counters and tests; empties the queue.</summary>
    internal static string Take()
    {
        CULong error = LibSsl.ERR_get_error();
        if (error.Value == 0)
        {
            return "";
        }

        byte* text = stackalloc byte[256];
        LibSsl.ERR_error_string_n(error, text, 256);
        LibSsl.ERR_clear_error();
        return Marshal.PtrToStringUTF8((nint)text) ?? "";
    }

    internal static void Require(bool success, string what)
    {
        if (!success)
        {
            throw new CryptographicException($"OpenSSL: {what}: {Take()}");
        }
    }
}
