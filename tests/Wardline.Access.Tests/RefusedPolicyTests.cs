using Wardline.Access.Facts;
using Wardline.Access.Policy;

namespace Wardline.Access.Tests;

/// <summary>Tables that somebody might write, by mistake or not.</summary>
public sealed class RefusedPolicyTests
{
    [Theory]
    [InlineData("| patient-joins | visit.join, visit.relay |", "| patient-joins | visit.jion, visit.relay |", "'visit.jion' is no act")]
    [InlineData("| scheduler | signed-in", "| schedular | signed-in", "'schedular' is no role")]
    [InlineData("place:patient, signed-in:proofed", "place:patent, signed-in:proofed", "'place:patent' is no rule")]
    [InlineData("in-window:24h/2h |", "in-window:24h |", "'in-window:24h' is no rule")]
    [InlineData("mfa-within:12h", "mfa-within:12", "'mfa-within:12' is no rule")]
    [InlineData("mfa-within:12h", "mfa-within:0", "'mfa-within:0' is no rule")]
    [InlineData("device:declared", "device:barred", "'device:barred' is no rule")]
    [InlineData("device:declared", "device:unknown", "'device:unknown' is no rule")]
    [InlineData("| patient-joins |", "| patient-reads-visit |", "'patient-reads-visit' is there twice")]
    [InlineData("| patient-joins |", "| Patient joins |", "'Patient joins' is no name for a rule")]
    [InlineData("The patient enters the waiting room; a clinician lets them in. |", "|", "nobody says why 'patient-joins' is there")]
    [InlineData("| active-account | * |", "| active-account | * | * |", "cells instead of")]
    [InlineData("Version: 2026-11-23\n", "", "there is no line \"Version: …\"")]
    [InlineData("Version: 2026-11-23", "Version: yesterday evening", "'yesterday evening' is no version")]
    [InlineData("Version: 2026-11-23", "Version: 1\nVersion: 2", "a second version")]
    [InlineData("| rule | acts | who | if | because |", "| rule | acts | whom | if | because |", "a table begins with")]
    [InlineData("| * | same-tenant |", "| visit.join | same-tenant |", "'same-tenant' has to be always needed")]
    [InlineData("| * | active |", "| * | active or own |", "'active' has to be always needed")]
    [InlineData("| * | device-not-barred |", "| * | device-not-barred or in-care-team |", "'device-not-barred' has to be always needed")]
    [InlineData("| keys.turn | key-administrator | signed-in:single-sign-on, mfa-within:15m |", "| keys.turn | key-administrator | signed-in:single-sign-on, mfa-within:16m |", "'keys-are-turned' lets 'keys.turn' happen without mfa-within:15m")]
    [InlineData("| keys.turn | key-administrator | signed-in:single-sign-on, mfa-within:15m |", "| keys.turn | key-administrator | mfa-within:15m or zone:hospital |", "'keys-are-turned' lets 'keys.turn' happen without")]
    [InlineData("| clinician | place:clinician, cleared,", "| clinician | place:clinician or glass-broken, cleared,", "'clinician-joins' lets broken glass lead to 'visit.join'")]
    [InlineData("| clinician | place:clinician, cleared,", "| clinician | cleared,", "'clinician-joins' lets 'visit.join' happen without an invitation")]
    [InlineData("| clinician | place:clinician, cleared,", "| clinician | place:clinician or in-care-team, cleared,", "'clinician-joins' lets 'visit.join' happen without an invitation")]
    [InlineData("| glass-is-reviewed | glass.review |", "| glass-is-reviewed | glass.break |", "no row speaks of 'glass.review'")]
    public void Is_refused_and_says_where(string instead, string written, string error)
    {
        Assert.Contains(instead, AccessPolicy.DefaultText, StringComparison.Ordinal);
        PolicyException refused = Assert.Throws<PolicyException>(() => AccessPolicy.Read(AccessPolicy.DefaultText.Replace(instead, written, StringComparison.Ordinal)));
        Assert.Contains(refused.Errors, one => one.Contains(error, StringComparison.Ordinal));
    }

    [Fact]
    public void Everything_that_is_wrong_is_said_at_once_with_its_line()
    {
        string text = AccessPolicy.DefaultText.Replace("mfa-within:12h", "mfa-within:soon", StringComparison.Ordinal);
        PolicyException refused = Assert.Throws<PolicyException>(() => AccessPolicy.Read(text));
        string[] lines = text.Split('\n');
        Assert.Equal(lines.Count(line => line.Contains("mfa-within:soon", StringComparison.Ordinal)), refused.Errors.Count(error => error.StartsWith("line ", StringComparison.Ordinal)));
        Assert.All(refused.Errors.Where(error => error.StartsWith("line ", StringComparison.Ordinal)), error =>
            Assert.Contains("mfa-within:soon", lines[int.Parse(error[5..error.IndexOf(':', StringComparison.Ordinal)], System.Globalization.CultureInfo.InvariantCulture) - 1], StringComparison.Ordinal));
    }

    [Fact]
    public void An_empty_text_allows_nothing_and_is_refused()
    {
        PolicyException refused = Assert.Throws<PolicyException>(() => AccessPolicy.Read(""));
        Assert.True(refused.Errors.Count > AccessAct.All.Count);
    }

    [Fact]
    public void The_version_changes_with_every_letter_and_not_with_line_ends()
    {
        string version = AccessPolicy.Read(AccessPolicy.DefaultText).Version;
        Assert.Matches("^2026-11-23\\+[0-9a-f]{8}$", version);
        Assert.Equal(version, AccessPolicy.Read(AccessPolicy.DefaultText.ReplaceLineEndings("\r\n")).Version);
        Assert.NotEqual(version, AccessPolicy.Read(AccessPolicy.DefaultText.Replace("mfa-within:5m", "mfa-within:6m", StringComparison.Ordinal)).Version);
    }

    [Fact]
    public void Whatever_is_cut_from_the_table_never_allows_more()
    {
        string[] lines = AccessPolicy.DefaultText.Split('\n');
        AccessRequest stranger = new(Ask.Clinician, AccessAct.VisitJoin, Ask.At(place: null), Ask.Now);
        for (int cut = 0; cut < lines.Length; cut++)
        {
            string text = string.Join('\n', lines.Where((_, i) => i != cut));
            try
            {
                Assert.False(AccessPolicy.Read(text).Decide(stranger).IsAllowed, $"without line {cut + 1}");
            }
            catch (PolicyException)
            {
                continue; // refused as a whole: nothing is allowed
            }
        }
    }
}
