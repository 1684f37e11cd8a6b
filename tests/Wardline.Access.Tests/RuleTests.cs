using Wardline.Access.Facts;
using Wardline.Access.Rules;

namespace Wardline.Access.Tests;

public sealed class RuleTests
{
    [Theory]
    [InlineData(0, true)]
    [InlineData(-15, true)]
    [InlineData(-15.01, false)]
    [InlineData(1, false)]
    public void A_second_factor_counts_for_its_time_and_not_when_the_clock_was_set_back(double minutes, bool holds)
    {
        AccessRule rule = RuleBook.Find("mfa-within:15m")!;
        Assert.Equal(holds, rule.Holds(new(Ask.Clinician with { MfaAt = Ask.Now.AddMinutes(minutes) }, AccessAct.KeysTurn, Ask.Nothing, Ask.Now)));
    }

    [Theory]
    [InlineData("device:declared", DevicePosture.Unknown, false)]
    [InlineData("device:declared", DevicePosture.Declared, true)]
    [InlineData("device:managed", DevicePosture.Declared, false)]
    [InlineData("device:managed", DevicePosture.Attested, true)]
    [InlineData("device:declared", DevicePosture.Barred, false)]
    [InlineData("device:attested", DevicePosture.Barred, false)]
    public void A_barred_device_is_never_good_enough(string name, DevicePosture device, bool holds) =>
        Assert.Equal(holds, RuleBook.Find(name)!.Holds(new(Ask.Clinician with { Device = device }, AccessAct.KeysRead, Ask.Nothing, Ask.Now)));

    [Fact]
    public void A_rule_about_a_visit_does_not_hold_without_one()
    {
        foreach (string name in new[] { "invited", "admitted", "not-ended", "in-window:24h/24h", "place:patient" })
        {
            AccessRule rule = RuleBook.Find(name)!;
            AccessRequest request = new(Ask.Clinician, AccessAct.VisitRead, Ask.Nothing, Ask.Now);
            Assert.False(rule.Holds(request), name);
            Assert.NotEmpty(rule.Seen(request));
        }
    }

    [Fact]
    public void Nobody_holds_no_rule_that_asks_for_somebody()
    {
        AccessRequest nobody = new(Subject.Anonymous, AccessAct.VisitRead, Resource.Of(""), Ask.Now);
        foreach (string name in new[] { "same-tenant", "active", "signed-in:link", "mfa-within:12h", "in-care-team", "own", "glass-broken", "invited" })
        {
            Assert.False(RuleBook.Find(name)!.Holds(nobody), name);
        }
    }

    [Theory]
    [InlineData("mfa-within:366d", true)]
    [InlineData("mfa-within:367d", false)]
    [InlineData("mfa-within:-1h", false)]
    [InlineData("mfa-within:1 h", false)]
    [InlineData("mfa-within:h", false)]
    [InlineData("mfa-within:99999h", false)]
    [InlineData("mfa-within:", false)]
    [InlineData("signed-in:none", false)]
    [InlineData("zone:remote-access", true)]
    [InlineData("zone:Internet", false)]
    [InlineData("purpose:emergency-treatment", true)]
    [InlineData("invited:yes", false)]
    [InlineData("", false)]
    public void A_name_is_known_or_it_is_not(string name, bool known) => Assert.Equal(known, RuleBook.Find(name) is not null);
}
