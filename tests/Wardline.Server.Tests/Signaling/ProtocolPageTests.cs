using System.Globalization;
using System.Text.RegularExpressions;
using Wardline.Rtc.Sdp;
using Wardline.Server.Features.Signaling;
using Wardline.Server.Platform;

namespace Wardline.Server.Tests.Signaling;

/// <summary>docs/protocol.md against the code: a client is written from that page alone.</summary>
public sealed partial class ProtocolPageTests
{
    private static readonly string Page = File.ReadAllText(Path.Combine(Root(), "docs", "protocol.md"));

    private static readonly SdpLimits Sdp = SdpLimits.Default;

    private static readonly Dictionary<string, int[]> Enforced = new(StringComparer.Ordinal)
    {
        ["message size"] = [SignalingLimits.MessageBytes],
        ["messages"] = [SignalingLimits.MessageBurst, SignalingLimits.MessagesPerSecond],
        ["`offer`"] = [SignalingLimits.OfferBurst, PerSecond(SignalingLimits.OfferEvery)],
        ["`e2ee`"] = [SignalingLimits.SealedBurst, PerSecond(SignalingLimits.SealedEvery)],
        ["JSON depth, repeated names"] = [SignalingLimits.JsonDepth],
        ["`publish`, `subscribe`, `slots`"] = [SignalingLimits.Sections, 1, SignalingLimits.MidCharacters],
        ["`publish` and `subscribe` together"] = [],
        ["`participant`, `to`"] = [SignalingLimits.ParticipantCharacters],
        ["`width`, `height`"] = [0, SignalingLimits.Pixels],
        ["`ping.t`"] = [SignalingLimits.PingCharacters],
        ["`sdp`"] = [Sdp.MaxBytes, Sdp.MaxLines, Sdp.MaxLineBytes],
        ["`sdp`: m-sections"] = [Sdp.MaxSections],
        ["`sdp`: codecs a section"] = [Sdp.MaxCodecsPerSection],
        ["participants a visit"] = [SignalingLimits.Participants],
        ["`e2ee` body"] = [SignalingLimits.SealedCharacters],
        ["`e2ee` kept for somebody away"] = [SignalingLimits.SealedKept],
        ["first `hello`"] = [(int)Defaults().HelloWithin.TotalSeconds],
        ["silence"] = [5, (int)Defaults().SilenceAfter.TotalSeconds],
    };

    [Fact]
    public void Every_bound_of_the_page_is_the_one_that_is_enforced_and_none_is_missing()
    {
        Match table = Table().Match(Page);
        Assert.True(table.Success);
        Dictionary<string, int[]> written = table.Groups["rows"].Value.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(row => row.Split('|', StringSplitOptions.TrimEntries))
            .ToDictionary(cells => cells[1], cells => Numbers(cells[2]), StringComparer.Ordinal);
        Assert.Equal(Enforced.Keys.Order(StringComparer.Ordinal), written.Keys.Order(StringComparer.Ordinal));
        Assert.All(written, row => Assert.Equal(Enforced[row.Key], row.Value));
    }

    [Fact]
    public void Every_close_code_of_the_page_is_one_of_the_code_and_the_other_way_round()
    {
        IEnumerable<int> written = CloseRow().Matches(Page).Select(m => int.Parse(m.Groups["code"].ValueSpan, CultureInfo.InvariantCulture));
        Assert.Equal(Enum.GetValues<CloseCode>().Select(c => (int)c).Order(), written.Order());
    }

    [Fact]
    public void Every_type_of_message_that_the_server_sends_is_on_the_page()
    {
        string sent = Page[Page.IndexOf("### Server → client", StringComparison.Ordinal)..Page.IndexOf("### Close codes", StringComparison.Ordinal)];
        string[] written = [.. MessageRow().Matches(sent).Select(m => m.Groups["type"].Value).Order(StringComparer.Ordinal)];
        Assert.Equal(
            ["answer", "e2ee", "error", "idle-cleared", "idle-warning", "ok", "pong", "quality", "renegotiate", "roster", "state", "welcome"], written);
        Assert.Equal(
            written.Length,
            typeof(SignalingLimits).Assembly.GetTypes().Count(t => !t.IsAbstract && t.IsSubclassOf(typeof(Features.Signaling.Wire.ServerMessage))));
    }

    private static int PerSecond(TimeSpan every) => (int)Math.Round(1 / every.TotalSeconds);

    private static SignalingOptions Defaults() => SignalingOptions.Read(new SettingsReader(new Microsoft.Extensions.Configuration.ConfigurationManager()));

    // What stands in backquotes is a name or an alphabet and no bound.
    private static int[] Numbers(string cell) =>
        [.. Number().Matches(Quoted().Replace(cell, "")).Select(m => int.Parse(m.ValueSpan, NumberStyles.AllowThousands, CultureInfo.InvariantCulture))];

    private static string Root()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Wardline.slnx")))
        {
            folder = folder.Parent;
        }

        return folder!.FullName;
    }

    [GeneratedRegex(@"^\| bound \|.*\n\|---.*\n(?<rows>(\|.*\n)+)", RegexOptions.Multiline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Table();

    [GeneratedRegex(@"^\| (?<code>\d{4}) \|", RegexOptions.Multiline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex CloseRow();

    [GeneratedRegex(@"^\| `(?<type>[a-z0-9-]+)` \|", RegexOptions.Multiline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex MessageRow();

    [GeneratedRegex("`[^`]*`", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Quoted();

    [GeneratedRegex(@"\d[\d,]*", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Number();
}
