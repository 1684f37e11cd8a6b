using System.Buffers.Text;
using System.Security.Cryptography;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;

namespace Wardline.Server.Features.Visits;

/// <summary>Who is invited to which visit, and what has become of it.</summary>
internal sealed class VisitDirectory(IDbContextFactory<VisitsDb> databases, TimeProvider time)
{
    // Asked four times while somebody joins, so its translation is kept.
    private static readonly Func<VisitsDb, string, string, CancellationToken, Task<Found?>> s_find = EF.CompileAsyncQuery(
        (VisitsDb db, string visit, string person, CancellationToken cancel) => (
            from i in db.Invitations
            join v in db.Visits on i.VisitId equals v.Id
            join p in db.People on i.PersonId equals p.Id
            where i.VisitId == visit && i.PersonId == person
            select new Found(i, v, p)).SingleOrDefault());

    private sealed record Found(InvitationRow Invitation, VisitRow Visit, PersonRow Person);

    public async Task<Invitation?> FindAsync(string visit, string person, CancellationToken cancel = default)
    {
        await using VisitsDb db = await databases.CreateDbContextAsync(cancel);
        return await s_find(db, visit, person, cancel) is { } found ? ToInvitation(found.Invitation, found.Visit, found.Person) : null;
    }

    /// <summary>Everybody who is invited, clinicians first.</summary>
    public async Task<IReadOnlyList<Invitation>> PeopleAsync(string visit, CancellationToken cancel = default)
    {
        await using VisitsDb db = await databases.CreateDbContextAsync(cancel);
        var found = await (
            from i in db.Invitations
            join v in db.Visits on i.VisitId equals v.Id
            join p in db.People on i.PersonId equals p.Id
            where i.VisitId == visit
            select new { Invitation = i, Visit = v, Person = p }).ToListAsync(cancel);
        return [.. found.Select(f => ToInvitation(f.Invitation, f.Visit, f.Person)).OrderBy(i => i.Role).ThenBy(i => i.Person.Name, StringComparer.Ordinal)];
    }

    public async Task SetAdmissionAsync(string visit, string participant, Admission admission)
    {
        await using VisitsDb db = await databases.CreateDbContextAsync();
        await db.Invitations.Where(i => i.VisitId == visit && i.Participant == participant)
            .ExecuteUpdateAsync(row => row.SetProperty(i => i.Admission, admission));
    }

    /// <summary>Somebody is in the call for the first time.</summary>
    public async Task OpenAsync(string visit)
    {
        long now = time.GetUtcNow().ToUnixTimeMilliseconds();
        await using VisitsDb db = await databases.CreateDbContextAsync();
        await db.Visits.Where(v => v.Id == visit && v.OpenedAtMs == null).ExecuteUpdateAsync(row => row.SetProperty(v => v.OpenedAtMs, now));
    }

    public async Task EndAsync(string visit)
    {
        long now = time.GetUtcNow().ToUnixTimeMilliseconds();
        await using VisitsDb db = await databases.CreateDbContextAsync();
        await db.Visits.Where(v => v.Id == visit && v.EndedAtMs == null).ExecuteUpdateAsync(row => row.SetProperty(v => v.EndedAtMs, now));
    }

    /// <summary>A demo visit as if it were new, for the same people and links: nobody has been let in or removed yet.</summary>
    public async Task<Invitation> BeginAgainAsync(Invitation invitation, CancellationToken cancel)
    {
        await BeginAgainAsync(invitation.Visit.Id, cancel);
        return (await FindAsync(invitation.Visit.Id, invitation.Person.Id, cancel))!;
    }

    public async Task BeginAgainAsync(string visit, CancellationToken cancel)
    {
        long now = time.GetUtcNow().ToUnixTimeMilliseconds();
        await using VisitsDb db = await databases.CreateDbContextAsync(cancel);
        await using IDbContextTransaction whole = await db.Database.BeginTransactionAsync(cancel);
        int begun = await db.Visits.Where(v => v.Id == visit && v.Demo).ExecuteUpdateAsync(
            row => row.SetProperty(v => v.StartsAtMs, now).SetProperty(v => v.OpenedAtMs, (long?)null).SetProperty(v => v.EndedAtMs, (long?)null), cancel);
        if (begun > 0)
        {
            await db.Invitations.Where(i => i.VisitId == visit).ExecuteUpdateAsync(row => row.SetProperty(i => i.Admission, Admission.Invited), cancel);
        }

        await whole.CommitAsync(cancel);
    }

    public async Task<Visit?> LatestDemoAsync(CancellationToken cancel)
    {
        await using VisitsDb db = await databases.CreateDbContextAsync(cancel);
        VisitRow? row = await db.Visits.Where(v => v.Demo && v.Type == "consult").OrderByDescending(v => v.StartsAtMs).FirstOrDefaultAsync(cancel);
        return row?.ToVisit();
    }

    /// <summary>A new visit with the people who are invited to it.</summary>
    public async Task<Visit> CreateAsync(string type, string profile, bool demo, IReadOnlyList<(Person Person, Role Role)> people, CancellationToken cancel)
    {
        await using VisitsDb db = await databases.CreateDbContextAsync(cancel);
        VisitRow visit = new() { Id = NewId(), Type = type, Profile = profile, StartsAtMs = time.GetUtcNow().ToUnixTimeMilliseconds(), Demo = demo };
        string[] ids = [.. people.Select(p => p.Person.Id)];
        List<string> known = await db.People.Where(p => ids.Contains(p.Id)).Select(p => p.Id).ToListAsync(cancel);
        db.Visits.Add(visit);
        foreach ((Person person, Role role) in people)
        {
            if (!known.Contains(person.Id))
            {
                db.People.Add(new PersonRow { Id = person.Id, Name = person.Name });
            }

            // A clinician is in the call from hello on and needs nobody's leave.
            db.Invitations.Add(new InvitationRow { VisitId = visit.Id, PersonId = person.Id, Participant = NewId(), Role = role });
        }

        await db.SaveChangesAsync(cancel);
        return visit.ToVisit();
    }

    /// <summary>Takes all demo visits of one type away, with their invitations.</summary>
    public async Task ForgetDemoAsync(string type, CancellationToken cancel)
    {
        await using VisitsDb db = await databases.CreateDbContextAsync(cancel);
        IQueryable<VisitRow> old = db.Visits.Where(v => v.Demo && v.Type == type);
        await db.Invitations.Where(i => old.Any(v => v.Id == i.VisitId)).ExecuteDeleteAsync(cancel);
        await old.ExecuteDeleteAsync(cancel);
    }

    public static string NewId() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(12));

    private static Invitation ToInvitation(InvitationRow invitation, VisitRow visit, PersonRow person) =>
        new(visit.ToVisit(), new Person(person.Id, person.Name), invitation.Participant, invitation.Role, invitation.Admission);
}
