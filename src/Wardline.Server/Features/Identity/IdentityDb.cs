using Microsoft.EntityFrameworkCore;

namespace Wardline.Server.Features.Identity;

internal sealed class IdentityDb(DbContextOptions<IdentityDb> options) : DbContext(options)
{
    public DbSet<VisitLinkRow> Links => Set<VisitLinkRow>();

    public DbSet<BrowserSessionRow> Sessions => Set<BrowserSessionRow>();

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<VisitLinkRow>(link =>
        {
            link.ToTable("visit_links").HasKey(l => l.SecretHash);
            link.Property(l => l.SecretHash).HasColumnName("secret_hash");
            link.Property(l => l.VisitId).HasColumnName("visit_id");
            link.Property(l => l.PersonId).HasColumnName("person_id");
            link.Property(l => l.ExpiresAtMs).HasColumnName("expires_at");
        });
        modelBuilder.Entity<BrowserSessionRow>(session =>
        {
            session.ToTable("browser_sessions").HasKey(s => s.TokenHash);
            session.Property(s => s.TokenHash).HasColumnName("token_hash");
            session.Property(s => s.PersonId).HasColumnName("person_id");
            session.Property(s => s.CreatedAtMs).HasColumnName("created_at");
            session.Property(s => s.ExpiresAtMs).HasColumnName("expires_at");
        });
    }
}

internal sealed class VisitLinkRow
{
    public required byte[] SecretHash { get; init; }

    public required string VisitId { get; init; }

    public required string PersonId { get; init; }

    public required long ExpiresAtMs { get; init; }
}

internal sealed class BrowserSessionRow
{
    public required byte[] TokenHash { get; init; }

    public required string PersonId { get; init; }

    public required long CreatedAtMs { get; init; }

    public required long ExpiresAtMs { get; init; }
}
