using System.Runtime.InteropServices;

namespace Wardline.Rtc.Tests.Dtls;

/// <summary>What only a misbehaving client calls.</summary>
internal static partial class LibSslForTests
{
    [LibraryImport("libssl.so.3")] internal static partial ulong SSL_clear_options(nint ssl, ulong options);

    [LibraryImport("libssl.so.3")] internal static partial int SSL_renegotiate(nint ssl);

    [LibraryImport("libssl.so.3")] internal static partial int SSL_do_handshake(nint ssl);

    [LibraryImport("libssl.so.3")] internal static unsafe partial int SSL_write(nint ssl, byte* data, int length);
}
