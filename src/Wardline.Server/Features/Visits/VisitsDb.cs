using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;

namespace Wardline.Server.Features.Visits;

internal sealed class VisitsDb(DbContextOptions<VisitsDb> options) : DbContext(options)
{
    public DbSet<PersonRow> People => Set<PersonRow>();

    public DbSet<VisitRow> Visits => Set<VisitRow>();

    public DbSet<InvitationRow> Invitations => Set<InvitationRow>();

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<PersonRow>(person =>
        {
            person.ToTable("people").HasKey(p => p.Id);
            person.Property(p => p.Id).HasColumnName("id");
            person.Property(p => p.Name).HasColumnName("name");
        });
        modelBuilder.Entity<VisitRow>(visit =>
        {
            visit.ToTable("visits").HasKey(v => v.Id);
            visit.Property(v => v.Id).HasColumnName("id");
            visit.Property(v => v.Type).HasColumnName("type");
            visit.Property(v => v.Profile).HasColumnName("profile");
            visit.Property(v => v.StartsAtMs).HasColumnName("starts_at");
            visit.Property(v => v.OpenedAtMs).HasColumnName("opened_at");
            visit.Property(v => v.EndedAtMs).HasColumnName("ended_at");
            visit.Property(v => v.Demo).HasColumnName("demo");
        });
        modelBuilder.Entity<InvitationRow>(invitation =>
        {
            invitation.ToTable("invitations").HasKey(i => new { i.VisitId, i.PersonId });
            invitation.Property(i => i.VisitId).HasColumnName("visit_id");
            invitation.Property(i => i.PersonId).HasColumnName("person_id");
            invitation.Property(i => i.Participant).HasColumnName("participant");
            invitation.Property(i => i.Role).HasColumnName("role").HasConversion(LowerCase<Role>());
            invitation.Property(i => i.Admission).HasColumnName("admission").HasConversion(LowerCase<Admission>());
            // Told so that rows are written in this order.
            invitation.HasOne<VisitRow>().WithMany().HasForeignKey(i => i.VisitId);
            invitation.HasOne<PersonRow>().WithMany().HasForeignKey(i => i.PersonId);
        });
    }

    private static ValueConverter<T, string> LowerCase<T>()
        where T : struct, Enum =>
        new(value => value.ToString().ToLowerInvariant(), text => Enum.Parse<T>(text, true));
}

internal sealed class PersonRow
{
    public required string Id { get; init; }

    public required string Name { get; init; }
}

internal sealed class VisitRow
{
    public required string Id { get; init; }

    public required string Type { get; init; }

    public required string Profile { get; init; }

    public required long StartsAtMs { get; set; }

    public long? OpenedAtMs { get; set; }

    public long? EndedAtMs { get; set; }

    public bool Demo { get; init; }

    public Visit ToVisit() => new(Id, Type, Profile, At(StartsAtMs)!.Value, At(OpenedAtMs), At(EndedAtMs), Demo);

    private static DateTimeOffset? At(long? milliseconds) => milliseconds is { } ms ? DateTimeOffset.FromUnixTimeMilliseconds(ms) : null;
}

internal sealed class InvitationRow
{
    public required string VisitId { get; init; }

    public required string PersonId { get; init; }

    public required string Participant { get; init; }

    public required Role Role { get; init; }

    public Admission Admission { get; set; }
}
