using System.Security.Cryptography;
using Wardline.Client.E2ee;

namespace Wardline.Client.Tests.E2ee;

/// <summary>The six digits that people read to each other.</summary>
public sealed class CodeRoundsTests
{
    private static E2eeMessage Read(Passing message) => E2eeMessage.Decode(message.Body)!;

    [Fact]
    public void They_are_those_of_the_worked_example()
    {
        byte[] Fill(int length, int value) => [.. Enumerable.Repeat((byte)value, length)];
        byte[] two = CodeRounds.CommitmentOf("visit-1", Fill(32, 2)), seven = CodeRounds.CommitmentOf("visit-1", Fill(32, 7));
        Assert.Equal("2dccd17dd1781db103f8fa2d1f63056d62fffb7ec70d3a12e1cf237adddb82ec", Convert.ToHexStringLower(two));
        Assert.Equal("754fbf6044557209227a430ffe1c3431e6e33d78b924fbc1a3e1873073f0e761", Convert.ToHexStringLower(seven));
        Assert.Equal("922 618", CodeRounds.DigitsOf("visit-1", [(2, Fill(65, 0x12), two, Fill(32, 2)), (7, Fill(65, 0x17), seven, Fill(32, 7))]));
    }

    [Fact]
    public void They_are_equal_for_two_to_six_members_and_others_for_each_set()
    {
        using Call call = new();
        HashSet<string?> seen = [];
        foreach (string name in new[] { "ana", "ben", "cleo", "dan", "eli", "fay" })
        {
            call.Join(name);
            Assert.True(seen.Add(Assert.Single(call.Members.Values.Select(m => m.Session.ShortCode).Distinct())));
        }

        // Alone, there is nobody to compare with.
        Assert.Contains(null, seen);
    }

    [Fact]
    public void They_come_back_when_a_set_of_members_comes_back()
    {
        using Call call = new();
        CallMember[] m = call.Join("ana", "ben");
        string? before = m[0].Session.ShortCode;
        call.Join("cleo");
        Assert.NotEqual(before, m[0].Session.ShortCode);
        call.Leave("cleo");
        Assert.Equal(before, m[0].Session.ShortCode);
        Assert.Equal(before, m[1].Session.ShortCode);
    }

    [Fact]
    public void They_belong_to_one_visit()
    {
        using Call call = new();
        CallMember ana = call.Members["ana"] = call.Create("ana", "visit-1");
        CallMember ben = call.Members["ben"] = call.Create("ben", "visit-2");
        call.TellRoster();
        Assert.Null(ana.Session.ShortCode ?? ben.Session.ShortCode);
        Assert.False(ana.Session.IsSecure("ben") || ben.Session.IsSecure("ana"));
    }

    [Fact]
    public void Nobody_reveals_before_everybody_is_bound()
    {
        using Call call = new();
        call.Tamper = m => m.From == "ben" && Read(m).Type == E2eeMessageType.Commit ? null : m;
        call.Join("ana", "ben");
        call.Advance(20_000);
        Assert.Contains(call.Passed, m => m.From == "ana" && Read(m).Type == E2eeMessageType.Commit);
        Assert.DoesNotContain(call.Passed, m => m.From == "ana" && Read(m).Type == E2eeMessageType.Reveal);
    }

    [Fact]
    public void Each_set_has_fresh_commitments_of_everybody_made_before_any_nonce_of_that_set_is_out()
    {
        using Call call = new();
        call.Join("ana", "ben", "cleo");
        // {ana, ben}: 2, {ana, ben, cleo}: 3, no two the same.
        HashSet<string> commitments = [];
        for (int i = 0; i < call.Passed.Count; i++)
        {
            E2eeMessage message = Read(call.Passed[i]);
            if (message.Type == E2eeMessageType.Commit)
            {
                commitments.Add(Convert.ToHexString(message.Value));
            }
            else if (message.Type == E2eeMessageType.Reveal)
            {
                IEnumerable<string> bound = call.Passed.Take(i)
                    .Where(p => Read(p).Type == E2eeMessageType.Commit && Read(p).Members.SequenceEqual(message.Members)).Select(p => p.From);
                Assert.Equal(message.Members.Length, bound.Distinct().Count());
            }
        }

        Assert.Equal(5, commitments.Count);
    }

    [Theory]
    [InlineData(42)]
    [InlineData(43)]
    [InlineData(44)]
    public void They_come_about_although_half_of_all_messages_are_lost(ulong seed)
    {
        using Call call = new();
        Netem.SeededRandom random = new(seed);
        call.Tamper = message => random.NextDouble() < 0.5 ? null : message;
        CallMember[] m = call.Join("ana", "ben", "cleo");
        call.Advance(120_000);
        Assert.NotNull(m[0].Session.ShortCode);
        Assert.Single(m.Select(x => x.Session.ShortCode).Distinct());
        Assert.All(m, x => Assert.All(m.Where(y => y != x), y => Assert.True(x.Session.IsSecure(y.Name))));
    }

    [Fact]
    public void Nothing_is_said_again_when_a_roster_only_repeats_itself()
    {
        using Call call = new();
        call.Tamper = message => message.From == "ben" ? null : message;
        call.Join("ana", "ben");
        call.Passed.Clear();
        for (int i = 0; i < 10; i++)
        {
            call.TellRoster();
        }

        Assert.Empty(call.Passed);
    }

    [Fact]
    public void There_are_none_when_a_nonce_does_not_fit_its_commitment()
    {
        using Call call = new();
        call.Tamper = message => message.From == "ben" && Read(message) is { Type: E2eeMessageType.Reveal } m
            ? message with { Body = E2eeMessage.Reveal(m.Members, [.. m.Value.Select(b => (byte)(b ^ 1))]).Encode() } : message;
        CallMember ana = call.Join("ana", "ben")[0];
        call.Advance(30_000);
        Assert.Null(ana.Session.ShortCode);
    }

    [Fact]
    public void A_second_commitment_is_ignored_so_nobody_changes_their_mind_after_seeing_a_nonce()
    {
        using Call call = new();
        List<Passing> reveals = [];
        call.Tamper = message =>
        {
            if (message.From == "ben" && Read(message).Type == E2eeMessageType.Reveal)
            {
                reveals.Add(message);
                return null;
            }

            return message;
        };
        CallMember[] m = call.Join("ana", "ben");
        Assert.Null(m[0].Session.ShortCode);
        byte[] set = [0, 1], other = RandomNumberGenerator.GetBytes(32);
        m[0].Session.OnBody("ben", E2eeMessage.Commit(set, CodeRounds.CommitmentOf("visit-1", other), again: false).Encode(), call.Now);
        m[0].Session.OnBody("ben", reveals[0].Body, call.Now);
        m[0].Session.OnBody("ben", E2eeMessage.Reveal(set, other).Encode(), call.Now);
        Assert.NotNull(m[0].Session.ShortCode);
        Assert.Equal(m[1].Session.ShortCode, m[0].Session.ShortCode);
    }

    [Fact]
    public void A_server_that_forces_change_after_change_gets_16_tries_and_then_one_each_10_seconds()
    {
        using Call call = new();
        CallMember ana = call.Join("ana", "ben")[0];
        int codes = 1;
        for (int i = 0; i < 60; i++)
        {
            call.Members["ben"] = call.Create("ben");
            call.TellRoster();
            codes += ana.Session.ShortCode is null ? 0 : 1;
        }

        Assert.Equal(CodeRounds.FreeRounds, codes);
        call.Advance(18_000);
        Assert.NotNull(ana.Session.ShortCode);
    }

    [Fact]
    public void A_server_that_swaps_keys_and_passes_things_on_gets_two_codes_and_nothing_secure()
    {
        using Call call = new();
        CallMember eve = call.Create("eve");
        call.Shown = (viewer, line) => line.Participant == viewer ? line : line with { E2ee = line.E2ee! with { PublicKey = eve.Line.E2ee!.PublicKey } };
        AssertUnequal(call.Join("ana", "ben"));
        Assert.False(call.Members["ana"].Session.IsSecure("ben") || call.Members["ben"].Session.IsSecure("ana"));
    }

    [Fact]
    public void A_server_that_shows_each_side_another_key_and_copies_commitments_and_nonces_gets_two_codes()
    {
        using Call call = new();
        CallMember towardsAna = call.Create("x"), towardsBen = call.Create("y");
        call.Shown = (viewer, line) => line.Participant == viewer
            ? line : line with { E2ee = line.E2ee! with { PublicKey = (viewer == "ana" ? towardsAna : towardsBen).Line.E2ee!.PublicKey } };
        AssertUnequal(call.Join("ana", "ben"));
    }

    [Fact]
    public void A_server_that_swaps_a_commitment_of_the_roster_gets_two_codes()
    {
        using Call call = new();
        call.Shown = (viewer, line) => viewer == "ana" && line.Participant == "ben"
            ? line with { E2ee = line.E2ee! with { Commitment = Bytes.ToBase64Url(new byte[32]) } } : line;
        AssertUnequal(call.Join("ana", "ben"));
    }

    [Fact]
    public void A_server_that_plays_the_other_person_to_both_sides_reads_all_and_is_shown_by_the_code()
    {
        for (ulong i = 0; i < 25; i++)
        {
            using Call left = new(2 * i + 1), right = new(2 * i + 2);
            CallMember[] ana = left.Join("ana", "ben"), ben = right.Join("ana", "ben");
            Assert.True(ana[0].Session.IsSecure("ben") && ben[1].Session.IsSecure("ana"));
            AssertUnequal([ana[0], ben[1]]);
        }
    }

    private static void AssertUnequal(CallMember[] m)
    {
        Assert.NotNull(m[0].Session.ShortCode);
        Assert.NotNull(m[1].Session.ShortCode);
        Assert.NotEqual(m[0].Session.ShortCode, m[1].Session.ShortCode);
    }
}
