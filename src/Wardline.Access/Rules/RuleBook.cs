using System.Collections.Frozen;
using System.Globalization;
using Wardline.Access.Facts;

namespace Wardline.Access.Rules;

/// <summary>All rules that a policy may name. A rule with an argument is written <c>name:argument</c>.</summary>
public static class RuleBook
{
    private static readonly FrozenDictionary<string, AccessRule> s_plain = Plain().ToFrozenDictionary(rule => rule.Name, StringComparer.Ordinal);

    private static readonly FrozenDictionary<string, Func<string, AccessRule?>> s_withArgument =
        new Dictionary<string, Func<string, AccessRule?>>(StringComparer.Ordinal)
        {
            ["in-window"] = InWindow,
            ["mfa-within"] = MfaWithin,
            ["signed-in"] = SignedIn,
            ["device"] = Device,
            ["zone"] = Zone,
            ["place"] = Place,
            ["purpose"] = Purpose,
        }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>Names of the rules, with <c>:…</c> where an argument belongs.</summary>
    public static IEnumerable<string> Names => s_plain.Keys.Concat(s_withArgument.Keys.Select(name => name + ":…")).Order(StringComparer.Ordinal);

    /// <returns>Null when there is no such rule or its argument makes no sense.</returns>
    public static AccessRule? Find(string name)
    {
        int colon = name.IndexOf(':', StringComparison.Ordinal);
        return colon < 0 ? s_plain.GetValueOrDefault(name) : s_withArgument.GetValueOrDefault(name[..colon])?.Invoke(name[(colon + 1)..]);
    }

    /// <summary>The age that a rule <c>mfa-within:…</c> allows.</summary>
    internal static TimeSpan MfaAge(string name) => Time(name["mfa-within:".Length..]) ?? TimeSpan.MaxValue;

    private static IEnumerable<AccessRule> Plain() =>
    [
        new("same-tenant", "it belongs to the same organisation", Remedy.None,
            request => request.Subject.Tenant.Length > 0 && request.Subject.Tenant == request.Resource.Tenant,
            request => request.Subject.Tenant == request.Resource.Tenant ? "the same organisation" : "another organisation"),
        new("active", "the account is active", Remedy.None,
            request => request.Subject.Active,
            request => request.Subject.Person.Length == 0 ? "nobody is signed in" : request.Subject.Active ? "active" : "locked or deprovisioned"),
        new("device-not-barred", "the device is not barred", Remedy.None,
            request => request.Subject.Device != DevicePosture.Barred,
            request => $"device {Say(request.Subject.Device)}"),
        new("zone-not-barred", "the network is not barred", Remedy.None,
            request => request.Subject.Zone != NetworkZone.Barred,
            request => $"network {Say(request.Subject.Zone)}"),
        new("not-kept-out", "the patient has not asked to keep this person out", Remedy.None,
            request => !request.Resource.IsKeptOut,
            request => request.Resource.IsKeptOut ? "the patient keeps this person out" : "no restriction"),
        new("cleared", "the data carries no label, or the person is cleared for it", Remedy.None,
            request => request.Resource.Sensitivity == Sensitivity.Normal || request.Resource.IsCleared,
            request => $"label {Say(request.Resource.Sensitivity)}, {(request.Resource.IsCleared ? "cleared" : "not cleared")}"),
        new("invited", "the person is invited to this visit and was not removed", Remedy.None,
            request => request.Resource.Visit is { Place: not null, IsRemoved: false },
            request => request.Resource.Visit switch
            {
                null => "no visit is meant",
                { IsRemoved: true } => "removed from the visit",
                { Place: { } place } => $"invited as {Say(place)}",
                _ => "not invited",
            }),
        new("admitted", "a clinician has let the person in", Remedy.Wait,
            request => request.Resource.Visit is { IsAdmitted: true },
            request => request.Resource.Visit is { IsAdmitted: true } ? "let in" : "not let in"),
        new("not-ended", "the visit has not ended", Remedy.None,
            request => request.Resource.Visit is { State: not VisitState.Ended },
            request => request.Resource.Visit is { } visit ? $"the visit is {Say(visit.State)}" : "no visit is meant"),
        new("in-care-team", "the person is on the patient's care team", Remedy.None,
            request => request.Resource.InCareTeam,
            request => request.Resource.InCareTeam ? "on the care team" : "not on the care team"),
        new("own", "it is about the person themselves", Remedy.None,
            request => request.Resource.IsOwn,
            request => request.Resource.IsOwn ? "about themselves" : "about somebody else"),
        new("glass-broken", "the person has broken the glass for this patient", Remedy.BreakGlass,
            request => request.Resource.GlassBrokenUntil is { } until && request.Now < until,
            request => request.Resource.GlassBrokenUntil is { } until ? $"broken until {Say(until)}" : "not broken"),
        new("asked-by-another", "somebody else has asked for it", Remedy.None,
            request => !request.Resource.IsOwnRequest,
            request => request.Resource.IsOwnRequest ? "asked for by the same person" : "asked for by somebody else"),
    ];

    /// <param name="argument">Before the start and after the end: <c>24h/1h</c>.</param>
    private static AccessRule? InWindow(string argument)
    {
        string[] parts = argument.Split('/');
        if (parts.Length != 2 || Time(parts[0]) is not { } before || Time(parts[1]) is not { } after)
        {
            return null;
        }

        return new AccessRule($"in-window:{argument}", $"it is the time of the visit ({parts[0]} before its start to {parts[1]} after its end)", Remedy.Wait,
            request => request.Resource.Visit is { } visit && request.Now >= visit.StartsAt - before && request.Now < visit.EndsAt + after,
            request => request.Resource.Visit is not { } visit ? "no visit is meant"
                : request.Now < visit.StartsAt - before ? $"open only from {Say(visit.StartsAt - before)}"
                : request.Now >= visit.EndsAt + after ? $"over since {Say(visit.EndsAt + after)}"
                : "in time");
    }

    /// <param name="argument">A time: <c>15m</c>, <c>12h</c>.</param>
    private static AccessRule? MfaWithin(string argument) => Time(argument) is not { } most || most == TimeSpan.Zero ? null
        : new AccessRule($"mfa-within:{argument}", $"a second factor was shown in the last {argument}", Remedy.StepUp,
            // A factor shown in the future is a clock that was set back; it proves nothing about now.
            request => request.Subject.MfaAt is { } at && at <= request.Now && request.Now - at <= most,
            request => request.Subject.MfaAt is { } at ? $"second factor at {Say(at)}" : "no second factor");

    private static AccessRule? SignedIn(string argument) => Parse<SignIn>(argument) is not { } least || least == SignIn.None ? null
        : new AccessRule($"signed-in:{argument}", $"the person has signed in by {Say(least)} or better", Remedy.SignIn,
            request => request.Subject.SignIn >= least,
            request => $"signed in by {Say(request.Subject.SignIn)}");

    private static AccessRule? Device(string argument) => Parse<DevicePosture>(argument) is not { } least || least is DevicePosture.Unknown or DevicePosture.Barred ? null
        : new AccessRule($"device:{argument}", $"the device is {Say(least)} or better", Remedy.None,
            request => request.Subject.Device >= least && request.Subject.Device != DevicePosture.Barred,
            request => $"device {Say(request.Subject.Device)}");

    private static AccessRule? Zone(string argument) => Parse<NetworkZone>(argument) is not { } zone || zone == NetworkZone.Barred ? null
        : new AccessRule($"zone:{argument}", $"the request comes from the network {Say(zone)}", Remedy.None,
            request => request.Subject.Zone == zone,
            request => $"network {Say(request.Subject.Zone)}");

    private static AccessRule? Place(string argument) => Parse<VisitPlace>(argument) is not { } place ? null
        : new AccessRule($"place:{argument}", $"the person is invited as {Say(place)}", Remedy.None,
            request => request.Resource.Visit is { IsRemoved: false } visit && visit.Place == place,
            request => request.Resource.Visit is { Place: { } seen } visit ? $"{(visit.IsRemoved ? "removed, was" : "invited as")} {Say(seen)}" : "not invited");

    private static AccessRule? Purpose(string argument) => Parse<PurposeOfUse>(argument) is not { } purpose ? null
        : new AccessRule($"purpose:{argument}", $"the purpose is {Say(purpose)}", Remedy.None,
            request => request.Subject.Purpose == purpose,
            request => $"purpose {Say(request.Subject.Purpose)}");

    /// <summary><c>0</c>, <c>90s</c>, <c>15m</c>, <c>24h</c>, <c>7d</c>; at most a year.</summary>
    private static TimeSpan? Time(string text)
    {
        if (text == "0")
        {
            return TimeSpan.Zero;
        }

        if (text.Length is < 2 or > 5 || !int.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out int number))
        {
            return null;
        }

        TimeSpan? time = text[^1] switch
        {
            's' => TimeSpan.FromSeconds(number),
            'm' => TimeSpan.FromMinutes(number),
            'h' => TimeSpan.FromHours(number),
            'd' => TimeSpan.FromDays(number),
            _ => null,
        };
        return time <= TimeSpan.FromDays(366) ? time : null;
    }

    // single-sign-on in a table, SingleSignOn in code.
    private static T? Parse<T>(string argument)
        where T : struct, Enum
    {
        foreach (T value in Enum.GetValues<T>())
        {
            if (Say(value).Replace(' ', '-') == argument)
            {
                return value;
            }
        }

        return null;
    }

    private static string Say<T>(T value)
        where T : struct, Enum =>
        string.Concat(value.ToString().Select((letter, i) => char.IsAsciiLetterUpper(letter) ? (i == 0 ? "" : " ") + char.ToLowerInvariant(letter) : letter.ToString()));

    private static string Say(DateTimeOffset time) => time.ToUniversalTime().ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture);
}
