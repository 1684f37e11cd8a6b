using System.Buffers.Text;
using System.Security.Cryptography;
using Microsoft.EntityFrameworkCore;

namespace Wardline.Server.Features.Identity;

/// <summary>Which browser has shown to be which person: one cookie a person, of which only the SHA-256 is kept.</summary>
internal sealed class BrowserSessions(IDbContextFactory<IdentityDb> databases, IdentityOptions options, TimeProvider time)
{
    private const int TokenBytes = 32;

    // Asked with every request, so its translation is kept.
    private static readonly Func<IdentityDb, byte[], string, long, CancellationToken, Task<bool>> s_isAlive = EF.CompileAsyncQuery(
        (IdentityDb db, byte[] hash, string person, long now, CancellationToken cancel) =>
            db.Sessions.Any(s => s.TokenHash == hash && s.PersonId == person && s.ExpiresAtMs > now));

    // __Host-: only over TLS, only this host, whole site (RFC 6265bis §4.1.3.2).
    public static string CookieName(string person) => $"__Host-wardline-{person}";

    /// <summary>Signs the browser in. A cookie that it already had for this person is worth nothing afterwards.</summary>
    public async Task SignInAsync(HttpContext context, string person)
    {
        string token = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(TokenBytes));
        long now = time.GetUtcNow().ToUnixTimeMilliseconds();
        byte[]? previous = TokenHash(context, person);

        await using IdentityDb db = await databases.CreateDbContextAsync(context.RequestAborted);
        await db.Sessions.Where(s => s.ExpiresAtMs <= now || (s.TokenHash == previous && s.PersonId == person)).ExecuteDeleteAsync(context.RequestAborted);
        db.Sessions.Add(new BrowserSessionRow
        {
            TokenHash = Hash(token),
            PersonId = person,
            CreatedAtMs = now,
            ExpiresAtMs = now + (long)options.SessionLifetime.TotalMilliseconds,
        });
        await db.SaveChangesAsync(context.RequestAborted);

        // No Max-Age: it goes with the browser's session, and on this side with the lifetime.
        context.Response.Cookies.Append(CookieName(person), token, Cookie());
    }

    /// <summary>Forgets the person's session of this browser, here and there; other browsers of theirs keep theirs.</summary>
    /// <returns>False when there was none.</returns>
    public async Task<bool> SignOutAsync(HttpContext context, string person)
    {
        context.Response.Cookies.Delete(CookieName(person), Cookie());
        if (TokenHash(context, person) is not { } hash)
        {
            return false;
        }

        await using IdentityDb db = await databases.CreateDbContextAsync(context.RequestAborted);
        return await db.Sessions.Where(s => s.TokenHash == hash && s.PersonId == person).ExecuteDeleteAsync(context.RequestAborted) > 0;
    }

    public async Task<bool> IsSignedInAsync(HttpContext context, string person)
    {
        if (TokenHash(context, person) is not { } hash)
        {
            return false;
        }

        long now = time.GetUtcNow().ToUnixTimeMilliseconds();
        await using IdentityDb db = await databases.CreateDbContextAsync(context.RequestAborted);
        return await s_isAlive(db, hash, person, now, context.RequestAborted);
    }

    private static CookieOptions Cookie() => new() { HttpOnly = true, Secure = true, SameSite = SameSiteMode.Strict, Path = "/" };

    private static byte[]? TokenHash(HttpContext context, string person) =>
        context.Request.Cookies.TryGetValue(CookieName(person), out string? token) ? Hash(token) : null;

    private static byte[] Hash(string token) => SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(token));
}
