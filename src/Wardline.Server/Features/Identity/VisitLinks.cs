using System.Buffers.Text;
using System.Security.Cryptography;
using Microsoft.EntityFrameworkCore;
using Wardline.Server.Platform;

namespace Wardline.Server.Features.Identity;

/// <summary>Links that make a person known: 128 random bits in the fragment, of which only the SHA-256 is kept.</summary>
internal sealed class VisitLinks(IDbContextFactory<IdentityDb> databases, TimeProvider time)
{
    public const int SecretBytes = 16;

    // No visit has more people than this (docs/protocol.md §2 admits 12), so every try compares as many hashes.
    private const int Comparisons = 16;

    public async Task AddAsync(string visit, string person, byte[] secret, TimeSpan lifetime, CancellationToken cancel)
    {
        await using IdentityDb db = await databases.CreateDbContextAsync(cancel);
        byte[] hash = SHA256.HashData(secret);
        await db.Links.Where(l => l.SecretHash == hash).ExecuteDeleteAsync(cancel);
        db.Links.Add(new VisitLinkRow
        {
            SecretHash = hash,
            VisitId = visit,
            PersonId = person,
            ExpiresAtMs = (time.GetUtcNow() + lifetime).ToUnixTimeMilliseconds(),
        });
        await db.SaveChangesAsync(cancel);
    }

    /// <returns>The person, or null for a link that is wrong, expired or for another visit: all after the same work.</returns>
    public async Task<string?> FindPersonAsync(string visit, string secret, CancellationToken cancel)
    {
        byte[] hash = new byte[SHA256.HashSizeInBytes];
        Span<byte> bytes = stackalloc byte[SecretBytes];
        bool wellFormed = secret.Length == Base64Url.GetEncodedLength(SecretBytes) &&
            StrictBase64Url.TryDecode(secret, bytes, out int written) && written == SecretBytes;
        SHA256.HashData(bytes, hash);

        long now = time.GetUtcNow().ToUnixTimeMilliseconds();
        await using IdentityDb db = await databases.CreateDbContextAsync(cancel);
        List<VisitLinkRow> links = await db.Links.Where(l => l.VisitId == visit).OrderBy(l => l.PersonId).Take(Comparisons).ToListAsync(cancel);

        byte[] nothing = new byte[SHA256.HashSizeInBytes];
        string? person = null;
        for (int i = 0; i < Comparisons; i++)
        {
            bool equal = CryptographicOperations.FixedTimeEquals(i < links.Count ? links[i].SecretHash : nothing, hash);
            if (equal && i < links.Count && links[i].ExpiresAtMs > now)
            {
                person = links[i].PersonId;
            }
        }

        return wellFormed ? person : null;
    }

    public async Task<bool> IsValidAsync(string visit, CancellationToken cancel)
    {
        long now = time.GetUtcNow().ToUnixTimeMilliseconds();
        await using IdentityDb db = await databases.CreateDbContextAsync(cancel);
        return await db.Links.AnyAsync(l => l.VisitId == visit && l.ExpiresAtMs > now, cancel);
    }
}
