using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Wardline.Server.Features.Turn;

/// <summary>
/// Credentials that the relay checks by itself, with nothing but the secret that it shares with this server
/// (draft-uberti-behave-turn-rest-00 §2.2; coturn: use-auth-secret).
/// </summary>
internal static class TurnCredentials
{
    /// <param name="secret">Shared with the relay.</param>
    /// <param name="holder">Opaque: one participant of one visit. The relay logs it; it says nothing about the person.</param>
    /// <param name="expires">The relay takes no new allocation after it.</param>
    [SuppressMessage("Security", "CA5350", Justification = "The draft and coturn know HMAC-SHA1 only; as a MAC it is not broken.")]
    public static (string Username, string Credential) Create(string secret, string holder, DateTimeOffset expires)
    {
        string username = string.Create(CultureInfo.InvariantCulture, $"{expires.ToUnixTimeSeconds()}:{holder}");
        byte[] mac = HMACSHA1.HashData(Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes(username));
        return (username, Convert.ToBase64String(mac));
    }
}
