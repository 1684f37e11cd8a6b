using Wardline.Access.Decisions;
using Wardline.Access.Facts;

namespace Wardline.Access.Tests;

/// <summary>Every act in every situation that its facts can make: what must hold of all of them.</summary>
public sealed class EverySituationTests
{
    private static readonly Roles[] s_roles = [Roles.None, .. Enum.GetValues<Roles>().Where(role => role != Roles.None)];

    [Fact]
    public void What_must_never_be_allowed_is_not_in_any_situation()
    {
        int asked = 0, allowed = 0;
        foreach (AccessRequest request in Situations())
        {
            asked++;
            AccessDecision decision = Ask.Policy.Decide(request);
            Assert.NotEmpty(decision.Rule);
            Assert.Equal(Ask.Policy.Version, decision.PolicyVersion);
            if (!decision.IsAllowed)
            {
                Assert.StartsWith($"may not {request.Act.Words}: ", decision.Words, StringComparison.Ordinal);
                continue;
            }

            allowed++;
            string situation = $"{request.Act} {request.Subject} {request.Resource}";
            Assert.True(request.Subject.Roles != Roles.None, situation);
            Assert.True(request.Subject.SignIn != SignIn.None, situation);
            Assert.True(!request.Act.Traits.HasFlag(ActTraits.Sensitive) || request.Now - request.Subject.MfaAt <= TimeSpan.FromMinutes(15), situation);
            Assert.True(!request.Act.Traits.HasFlag(ActTraits.Media) || request.Resource.Visit is { Place: not null, IsRemoved: false }, situation);
            Assert.True(!request.Act.Traits.HasFlag(ActTraits.Visit) || request.Resource.Visit is not null, situation);

            // The same with one thing wrong that is always needed.
            Assert.False(Ask.Policy.Decide(request with { Resource = request.Resource with { Tenant = "lakeside" } }).IsAllowed, situation);
            Assert.False(Ask.Policy.Decide(request with { Subject = request.Subject with { Tenant = "" }, Resource = request.Resource with { Tenant = "" } }).IsAllowed, situation);
            Assert.False(Ask.Policy.Decide(request with { Subject = request.Subject with { Active = false } }).IsAllowed, situation);
            Assert.False(Ask.Policy.Decide(request with { Subject = request.Subject with { Device = DevicePosture.Barred } }).IsAllowed, situation);
            Assert.False(Ask.Policy.Decide(request with { Subject = request.Subject with { Zone = NetworkZone.Barred } }).IsAllowed, situation);
        }

        Assert.True(asked > 50_000 && allowed > 1000, $"{allowed} of {asked}");
    }

    [Fact]
    public void An_explanation_comes_to_the_same_answer_by_what_it_shows()
    {
        foreach (AccessRequest request in Situations())
        {
            AccessExplanation explanation = Ask.Policy.Explain(request);
            Assert.Equal(Ask.Policy.Decide(request), explanation.Decision);
            Assert.Equal(explanation.Always.All(row => row.Holds) && explanation.Rows.Any(row => row.Holds), explanation.Decision.IsAllowed);
        }
    }

    [Fact]
    public void What_is_allowed_is_decided_without_allocating()
    {
        AccessRequest request = new(Ask.Clinician, AccessAct.VisitJoin, Ask.At(VisitPlace.Clinician), Ask.Now);
        long least = long.MaxValue;
        for (int round = 0; round < 100 && least > 0; round++)
        {
            // The compiler's last word on a method comes some tenths of a second after its thirtieth call.
            Thread.Sleep(round % 20 == 19 ? 50 : 0);
            long before = GC.GetAllocatedBytesForCurrentThread();
            bool allowed = true;
            for (int i = 0; i < 1000; i++)
            {
                allowed &= Ask.Policy.Decide(request).IsAllowed;
            }

            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
            Assert.True(allowed);
        }

        Assert.Equal(0, least);
    }

    private static IEnumerable<AccessRequest> Situations()
    {
        bool[] both = [false, true];
        VisitPlace?[] places = [null, .. Enum.GetValues<VisitPlace>()];
        TimeSpan?[] factors = [null, TimeSpan.FromMinutes(1), TimeSpan.FromHours(1), TimeSpan.FromHours(13)];
        SignIn[] signIns = [SignIn.None, SignIn.Link, SignIn.Proofed, SignIn.SingleSignOn];
        foreach (AccessAct act in AccessAct.All)
        {
            foreach (Roles role in s_roles)
            {
                foreach (SignIn signIn in signIns)
                {
                    foreach (TimeSpan? factor in factors)
                    {
                        Subject subject = Ask.Clinician with
                        {
                            Roles = role, SignIn = signIn, MfaAt = Ask.Now - factor, Purpose = PurposeOfUse.EmergencyTreatment,
                        };
                        if (!act.Traits.HasFlag(ActTraits.Visit))
                        {
                            foreach (bool flag in both)
                            {
                                yield return new(subject, act, Ask.Nothing with { InCareTeam = flag, IsOwn = flag, IsOwnRequest = !flag }, Ask.Now);
                                yield return new(subject, act, Ask.Nothing with { GlassBrokenUntil = flag ? Ask.Now.AddHours(1) : null }, Ask.Now);
                            }

                            continue;
                        }

                        foreach (VisitPlace? place in places)
                        {
                            foreach (bool flag in both)
                            {
                                Resource resource = Ask.At(place, VisitState.Open);
                                VisitFacts visit = resource.Visit!;
                                yield return new(subject, act, resource with { Visit = visit with { IsAdmitted = flag, IsRemoved = !flag } }, Ask.Now);
                                yield return new(subject, act, resource with { Visit = visit with { IsAdmitted = flag }, InCareTeam = flag }, Ask.Now);
                                yield return new(subject, act, resource with { Visit = visit with { IsAdmitted = true }, GlassBrokenUntil = Ask.Now.AddHours(1) }, Ask.Now);
                                yield return new(subject, act, resource with { Visit = visit with { IsAdmitted = true } }, Ask.Now.AddDays(flag ? 3 : -3));
                            }
                        }

                        yield return new(subject, act, Ask.Nothing, Ask.Now);
                    }
                }
            }
        }
    }
}
