using Wardline.Access.Decisions;
using Wardline.Access.Facts;
using Wardline.Access.Rules;

namespace Wardline.Access.Tests;

/// <summary>What the policy that ships says, in the words of the people it is for.</summary>
public sealed class DefaultPolicyTests
{
    [Fact]
    public void A_physician_cannot_join_any_session_just_for_being_a_physician()
    {
        AccessDecision decision = Ask.Clinician.May(AccessAct.VisitJoin, Ask.At(place: null));
        Assert.False(decision.IsAllowed);
        Assert.Equal("clinician-joins/place:clinician", decision.Rule);
        Assert.Equal("may not enter the waiting room and, once let in, the call: it is needed that the person is invited as clinician: not invited", decision.Words);
        Assert.Equal(Remedy.None, decision.Remedy);

        // Nor for treating the patient, nor for breaking the glass.
        Assert.False(Ask.Clinician.May(AccessAct.VisitJoin, Ask.At(place: null) with { InCareTeam = true }).IsAllowed);
        Assert.False(Ask.Clinician.May(AccessAct.VisitJoin, Ask.At(place: null) with { GlassBrokenUntil = Ask.Now.AddHours(1) }).IsAllowed);
        Assert.True(Ask.Clinician.May(AccessAct.VisitJoin, Ask.At(VisitPlace.Clinician)).IsAllowed);
    }

    [Theory]
    [InlineData(-61, false)]
    [InlineData(-60, true)]
    [InlineData(0, true)]
    [InlineData(149, true)]
    [InlineData(150, false)]
    public void A_clinician_joins_from_an_hour_before_to_two_hours_after(int minutesFromStart, bool allowed)
    {
        AccessDecision decision = Ask.Staff(Roles.Clinician, mfaMinutesAgo: 300)
            .May(AccessAct.VisitJoin, Ask.At(VisitPlace.Clinician), Ask.Now.AddMinutes(minutesFromStart));
        Assert.Equal(allowed, decision.IsAllowed);
        if (minutesFromStart == -61)
        {
            Assert.Equal(Remedy.Wait, decision.Remedy);
            Assert.EndsWith("open only from 2026-11-23 08:00 UTC", decision.Words, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_patient_joins_their_own_visit_after_proofing_and_no_other()
    {
        Assert.True(Ask.Patient.May(AccessAct.VisitJoin, Ask.At(VisitPlace.Patient)).IsAllowed);
        AccessDecision onlyTheLink = (Ask.Patient with { SignIn = SignIn.Link }).May(AccessAct.VisitJoin, Ask.At(VisitPlace.Patient));
        Assert.Equal(("patient-joins/signed-in:proofed", Remedy.SignIn), (onlyTheLink.Rule, onlyTheLink.Remedy));
        Assert.False(Ask.Patient.May(AccessAct.VisitJoin, Ask.At(place: null)).IsAllowed);
        Assert.False(Ask.Patient.May(AccessAct.VisitJoin, Ask.At(VisitPlace.Clinician)).IsAllowed);
        Assert.False(Ask.Patient.May(AccessAct.VisitJoin, Ask.At(VisitPlace.Patient, VisitState.Ended)).IsAllowed);
    }

    [Fact]
    public void Only_the_clinician_of_the_visit_who_is_in_it_leads_it()
    {
        Resource led = Ask.At(VisitPlace.Clinician, VisitState.Open);
        led = led with { Visit = led.Visit! with { IsAdmitted = true } };
        foreach (AccessAct act in new[] { AccessAct.VisitAdmit, AccessAct.VisitHold, AccessAct.VisitMute, AccessAct.VisitRemove, AccessAct.VisitEnd })
        {
            Assert.True(Ask.Clinician.May(act, led).IsAllowed, act.Name);
            Assert.False(Ask.Clinician.May(act, Ask.At(VisitPlace.Clinician, VisitState.Open)).IsAllowed, act.Name);
            Resource asPatient = Ask.At(VisitPlace.Patient, VisitState.Open);
            Assert.False(Ask.Patient.May(act, asPatient with { Visit = asPatient.Visit! with { IsAdmitted = true } }).IsAllowed, act.Name);
        }
    }

    [Fact]
    public void Broken_glass_shows_the_visit_for_its_time_and_not_longer()
    {
        Resource emergency = Ask.At(place: null) with { GlassBrokenUntil = Ask.Now.AddMinutes(30) };
        Assert.True(Ask.Clinician.May(AccessAct.VisitRead, emergency).IsAllowed);
        Assert.False(Ask.Clinician.May(AccessAct.VisitRead, emergency, Ask.Now.AddMinutes(30)).IsAllowed);
        AccessDecision before = Ask.Clinician.May(AccessAct.VisitRead, Ask.At(place: null));
        Assert.Equal(Remedy.BreakGlass, before.Remedy);
    }

    [Fact]
    public void The_glass_is_broken_for_an_emergency_only_with_a_factor_of_the_last_minutes()
    {
        Subject now = Ask.Staff(Roles.Clinician, mfaMinutesAgo: 4) with { Purpose = PurposeOfUse.EmergencyTreatment };
        Assert.True(now.May(AccessAct.GlassBreak, Ask.Nothing).IsAllowed);
        AccessDecision late = (now with { MfaAt = Ask.Now.AddMinutes(-6) }).May(AccessAct.GlassBreak, Ask.Nothing);
        Assert.Equal(("glass-is-broken/mfa-within:5m", Remedy.StepUp), (late.Rule, late.Remedy));
        Assert.False((now with { Purpose = PurposeOfUse.Treatment }).May(AccessAct.GlassBreak, Ask.Nothing).IsAllowed);
        Assert.False(Ask.Staff(Roles.PrivacyOfficer).May(AccessAct.GlassReview, Ask.Nothing with { IsOwnRequest = true }).IsAllowed);
    }

    [Fact]
    public void Nobody_ends_a_patients_data_alone()
    {
        Assert.True(Ask.Staff(Roles.DataOwner).May(AccessAct.EraseAsk, Ask.Nothing).IsAllowed);
        Assert.False(Ask.Staff(Roles.DataOwner).May(AccessAct.EraseApprove, Ask.Nothing).IsAllowed);
        Assert.False(Ask.Staff(Roles.KeyAdministrator).May(AccessAct.EraseAsk, Ask.Nothing).IsAllowed);
        Assert.True(Ask.Staff(Roles.KeyAdministrator).May(AccessAct.EraseApprove, Ask.Nothing).IsAllowed);

        // Not even who is both.
        Subject both = Ask.Staff(Roles.DataOwner | Roles.KeyAdministrator);
        Assert.False(both.May(AccessAct.EraseApprove, Ask.Nothing with { IsOwnRequest = true }).IsAllowed);
    }

    [Fact]
    public void Who_was_removed_has_no_place_any_more()
    {
        foreach ((Subject subject, VisitPlace place) in new[] { (Ask.Clinician, VisitPlace.Clinician), (Ask.Patient, VisitPlace.Patient) })
        {
            Resource removed = Ask.At(place, VisitState.Open);
            removed = removed with { Visit = removed.Visit! with { IsRemoved = true } };
            Assert.False(subject.May(AccessAct.VisitJoin, removed).IsAllowed);
        }
    }

    [Fact]
    public void A_label_asks_for_clearance_even_on_the_care_team()
    {
        Resource labelled = Ask.At(place: null) with { InCareTeam = true, Sensitivity = Sensitivity.Restricted };
        Assert.Equal("clinician-reads-visit/cleared", Ask.Clinician.May(AccessAct.VisitRead, labelled).Rule);
        Assert.True(Ask.Clinician.May(AccessAct.VisitRead, labelled with { IsCleared = true }).IsAllowed);
    }

    [Fact]
    public void Whom_the_patient_keeps_out_stays_out_with_an_invitation_too() =>
        Assert.Equal("patients-wish/not-kept-out or own", Ask.Clinician.May(AccessAct.VisitJoin, Ask.At(VisitPlace.Clinician) with { IsKeptOut = true }).Rule);
}
