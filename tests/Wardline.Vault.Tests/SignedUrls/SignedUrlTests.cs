using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Wardline.Vault.BlobStores;
using Wardline.Vault.SignedUrls;

namespace Wardline.Vault.Tests.SignedUrls;

public sealed class SignedUrlTests
{
    private static readonly BlobName Blob = BlobName.Of("default", "recordings", "4Vt0c");
    private static readonly UrlHolder Holder = new("default", "clinician-7", "session-1");
    private readonly SetClock _clock = new();
    private readonly UrlRoot _root = new("a1", RandomNumberGenerator.GetBytes(32));
    private readonly UrlRevocations _revocations;
    private readonly UrlSigner _signer;

    public SignedUrlTests()
    {
        _revocations = new UrlRevocations(_clock);
        _signer = Signer();
        _clock.GoOn(TimeSpan.FromMinutes(10));
    }

    [Fact]
    public void Gives_one_object_to_one_person_for_one_purpose_for_five_minutes()
    {
        SignedUrl url = _signer.Mint(Permit());
        Assert.Equal(_clock.GetUtcNow() + TimeSpan.FromMinutes(5), url.ExpiresAt);
        UrlVerdict verdict = Check(url);
        Assert.True(verdict.IsValid);
        Assert.Equal((null, url.Id, url.ExpiresAt), (verdict.Code, verdict.Id, verdict.ExpiresAt));

        _clock.GoOn(TimeSpan.FromMinutes(5) - TimeSpan.FromMilliseconds(1));
        Assert.True(Check(url).IsValid); // and again: a player seeks
        _clock.GoOn(TimeSpan.FromMilliseconds(1));
        Assert.Equal("vault.url-expired", Check(url).Code);
    }

    [Fact]
    public void Two_urls_for_the_same_thing_are_two_and_neither_says_who_has_it()
    {
        SignedUrl one = _signer.Mint(Permit());
        SignedUrl two = _signer.Mint(Permit());
        Assert.NotEqual(one.Id, two.Id);
        Assert.NotEqual(one.Query, two.Query);
        Assert.DoesNotContain(Holder.Person, one.Query, StringComparison.Ordinal);
        Assert.DoesNotContain(Holder.Session, one.Query, StringComparison.Ordinal);
        Assert.Equal($"/api/objects/default/recordings/4Vt0c?{one.Query}", one.PathAndQuery("/api/objects/"));
        Assert.Equal("/o/a%252Fb?q", new SignedUrl("", BlobName.Of("a/b"), "q", default).PathAndQuery("/o/"));
    }

    // The README's worked example: whoever writes a second implementation checks it here.
    [Fact]
    public void What_is_signed_is_what_the_readme_says()
    {
        SignedUrl url = _signer.Mint(Permit());
        Dictionary<string, string> fields = url.Query.Split('&').Select(p => p.Split('=')).ToDictionary(p => p[0], p => p[1], StringComparer.Ordinal);
        long period = _clock.GetUtcNow().ToUnixTimeSeconds() / 3600;
        Assert.Equal($"a1.{period}", fields["k"]);
        byte[] keys = HKDF.DeriveKey(HashAlgorithmName.SHA256, _root.Secret.ToArray(), 64, [], Encoding.ASCII.GetBytes($"wardline url 1\na1.{period}"));
        byte[] holder = [0, 0, 0, (byte)Holder.Person.Length, .. Encoding.UTF8.GetBytes(Holder.Person + Holder.Session)];
        Assert.Equal(Base64(HMACSHA256.HashData(keys[32..], holder)[..16]), fields["h"]);
        string signed = $"wardline url 1\ndefault\ndefault/recordings/4Vt0c\n{url.Query[..url.Query.IndexOf("&s=", StringComparison.Ordinal)]}";
        Assert.Equal(Base64(HMACSHA256.HashData(keys[..32], Encoding.ASCII.GetBytes(signed))), fields["s"]);
        Assert.Equal("playback", fields["p"]);
        Assert.Equal(_clock.GetUtcNow().ToUnixTimeMilliseconds(), long.Parse(fields["t"], CultureInfo.InvariantCulture));

        static string Base64(byte[] bytes) => Convert.ToBase64String(bytes).TrimEnd('=').Replace('+', '-').Replace('/', '_');
    }

    [Fact]
    public void Nobody_mints_without_a_decision_that_permits_it_now()
    {
        Assert.Throws<ArgumentNullException>(() => _signer.Mint(null!));
        Refused("vault.url-no-access", AccessDecision.Deny(Holder, Blob, UrlPurpose.Playback, "care-team", "7", 1, _clock.GetUtcNow()));
        AccessDecision decision = Permit();
        _clock.GoOn(UrlSigner.DecisionLife);
        _signer.Mint(decision);
        _clock.GoOn(TimeSpan.FromMilliseconds(1));
        Refused("vault.url-stale-decision", decision);
        Refused("vault.url-stale-decision", Permit(at: _clock.GetUtcNow() + UrlSigner.Skew + TimeSpan.FromMilliseconds(1)));
        Assert.Throws<ArgumentException>(() => _signer.Mint(Permit(holder: Holder with { Tenant = "a\nb" })));
        Assert.Throws<ArgumentException>(() => _signer.Mint(Permit(holder: Holder with { Person = "" })));
        Assert.Throws<ArgumentException>(() => _signer.Mint(Permit(holder: Holder with { Session = "" })));
        Assert.Throws<ArgumentOutOfRangeException>(() => AccessDecision.Permit(Holder, Blob, UrlPurpose.Playback, "r", "1", ledgerIndex: -1, _clock.GetUtcNow()));
        Assert.Throws<ArgumentException>(() => AccessDecision.Permit(Holder, Blob, UrlPurpose.Playback, "", "1", 1, _clock.GetUtcNow()));

        void Refused(string code, AccessDecision d) => Assert.Equal(code, Assert.Throws<VaultException>(() => _signer.Mint(d)).Code);
    }

    // The type has no way to be made but through a decision.
    [Fact]
    public void A_decision_is_permitted_or_denied_when_it_is_made_and_never_changed()
    {
        Assert.Empty(typeof(AccessDecision).GetConstructors());
        Assert.All(typeof(AccessDecision).GetProperties(), p => Assert.False(p.CanWrite));
    }

    [Fact]
    public void Is_for_nothing_and_nobody_else()
    {
        SignedUrl url = _signer.Mint(Permit());
        Assert.Equal("vault.url-signature", _signer.Check(BlobName.Of("default", "recordings", "other"), url.Query, UrlPurpose.Playback, Holder).Code);
        Assert.Equal("vault.url-signature", _signer.Check(BlobName.Of("default", "recordings"), url.Query, UrlPurpose.Playback, Holder).Code);
        Assert.Equal("vault.url-signature", _signer.Check(Blob, url.Query, UrlPurpose.Playback, Holder with { Tenant = "other" }).Code);
        Assert.Equal("vault.url-purpose", _signer.Check(Blob, url.Query, UrlPurpose.Download, Holder).Code);
        Assert.Equal("vault.url-purpose", _signer.Check(Blob, url.Query, UrlPurpose.Export, Holder).Code);
        Assert.Equal("vault.url-holder", _signer.Check(Blob, url.Query, UrlPurpose.Playback, Holder with { Person = "clinician-8" }).Code);
        Assert.Equal("vault.url-holder", _signer.Check(Blob, url.Query, UrlPurpose.Playback, Holder with { Session = "session-2" }).Code);

        // What is moved from one name to the other is another holder.
        Assert.Equal("vault.url-holder", _signer.Check(Blob, url.Query, UrlPurpose.Playback, Holder with { Person = "clinician-7s", Session = "ession-1" }).Code);
        Assert.True(Check(url).IsValid);
    }

    [Fact]
    public void Every_character_that_changes_is_noticed()
    {
        SignedUrl url = _signer.Mint(Permit());
        foreach (char other in "0AZaz9-_=&.%+ \0é")
        {
            for (int i = 0; i < url.Query.Length; i++)
            {
                if (url.Query[i] != other)
                {
                    AssertRefused(url.Query[..i] + other + url.Query[(i + 1)..]);
                }

                AssertRefused(url.Query[..i] + other + url.Query[i..]);
            }
        }

        for (int i = 0; i < url.Query.Length; i++)
        {
            AssertRefused(url.Query[..i]);
            AssertRefused(url.Query[i..][1..]);
            AssertRefused(url.Query.Remove(i, 1));
        }

        Assert.True(Check(url).IsValid);

        void AssertRefused(string query)
        {
            UrlVerdict verdict = _signer.Check(Blob, query, UrlPurpose.Playback, Holder);
            Assert.Contains(verdict.Code, (string[])["vault.url-malformed", "vault.url-signature", "vault.url-key"]);
        }
    }

    [Fact]
    public void One_url_has_one_way_to_be_written()
    {
        SignedUrl url = _signer.Mint(Permit());
        string[] parts = url.Query.Split('&');
        foreach (string? query in (string?[])
        [
            null, "", "?", "&", "v=1", url.Query + "&", "&" + url.Query, "?" + url.Query, url.Query + "#", url.Query + "&x=1", url.Query + "&" + parts[4], $"{parts[0]}&{url.Query}",
            string.Join('&', parts.Reverse()), url.Query.Replace("v=1", "v=2", StringComparison.Ordinal), url.Query.Replace("v=1", "v=01", StringComparison.Ordinal), url.Query.Replace("t=", "t=0", StringComparison.Ordinal),
            url.Query.Replace("e=", "e=+", StringComparison.Ordinal), url.Query.Replace("e=", "e= ", StringComparison.Ordinal), url.Query.Replace("p=playback", "p=PLAYBACK", StringComparison.Ordinal), url.Query.Replace("p=playback", "p=%70layback", StringComparison.Ordinal),
            url.Query.Replace("p=playback", "p=", StringComparison.Ordinal), url.Query + "=", url.Query.ToUpperInvariant(), url.Query.Replace('&', ';'), new string('a', 1_000_000), $"v=1&k=&n=&t=&e=&p=&h=&s=",
            url.Query.Replace("t=", "t=99999999999999999999", StringComparison.Ordinal),
        ])
        {
            Assert.Equal("vault.url-malformed", _signer.Check(Blob, query, UrlPurpose.Playback, Holder).Code);
        }

        // The last character of base64 of 32 bytes has two bits that say nothing: they must be zero.
        string last = url.Query[^1..];
        string[] same = [.. "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".Chunk(4).Single(c => c.Contains(last[0])).Select(c => $"{c}")];
        Assert.All(same.Where(s => s != last), s => Assert.Equal("vault.url-malformed", _signer.Check(Blob, url.Query[..^1] + s, UrlPurpose.Playback, Holder).Code));
    }

    // What only somebody who has the key could make: the checker does not take our own word for a longer life.
    [Fact]
    public void A_lifetime_of_more_than_five_minutes_is_refused_even_when_it_is_signed()
    {
        SignedUrl url = _signer.Mint(Permit());
        string t = $"t={_clock.GetUtcNow().ToUnixTimeMilliseconds()}";
        string earlier = $"t={_clock.GetUtcNow().ToUnixTimeMilliseconds() - 1}";
        UrlKey key = new UrlKeys([_root], TimeSpan.FromHours(1)).Current(_clock.GetUtcNow());
        string unsigned = url.Query[..url.Query.IndexOf("&s=", StringComparison.Ordinal)].Replace(t, earlier, StringComparison.Ordinal);
        byte[] signature = HMACSHA256.HashData(key.Sign, Encoding.ASCII.GetBytes($"wardline url 1\ndefault\n{Blob}\n{unsigned}"));
        string query = $"{unsigned}&s={Convert.ToBase64String(signature).TrimEnd('=').Replace('+', '-').Replace('/', '_')}";
        Assert.Equal("vault.url-expired", _signer.Check(Blob, query, UrlPurpose.Playback, Holder).Code);
    }

    [Fact]
    public void A_node_whose_clock_is_half_a_minute_ahead_is_understood_and_one_further_ahead_is_not()
    {
        SetClock ahead = new();
        ahead.GoOn(TimeSpan.FromMinutes(10) + UrlSigner.Skew);
        SignedUrl url = new UrlSigner(new UrlKeys([_root], TimeSpan.FromHours(1)), new UrlRevocations(ahead), ahead).Mint(Permit(at: ahead.GetUtcNow()));
        Assert.True(Check(url).IsValid);
        ahead.GoOn(TimeSpan.FromMilliseconds(1));
        SignedUrl later = new UrlSigner(new UrlKeys([_root], TimeSpan.FromHours(1)), new UrlRevocations(ahead), ahead).Mint(Permit(at: ahead.GetUtcNow()));
        Assert.Equal("vault.url-early", Check(later).Code);
    }

    [Fact]
    public void A_key_signs_for_one_period_and_opens_no_longer_than_what_it_signed_lives()
    {
        UrlKeys keys = new([_root], TimeSpan.FromHours(1));
        DateTimeOffset turn = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);
        UrlKey before = keys.Current(turn - TimeSpan.FromTicks(1));
        UrlKey after = keys.Current(turn);
        Assert.NotEqual(before.Id, after.Id);
        Assert.NotEqual(before.Sign, after.Sign);
        Assert.NotEqual(before.Hold, after.Hold);
        Assert.NotEqual(before.Sign, before.Hold);
        Assert.Equal(before.Id, keys.Current(turn - TimeSpan.FromHours(1)).Id);

        Assert.NotNull(keys.Find(before.Id, turn + UrlSigner.Lifetime - TimeSpan.FromTicks(1)));
        Assert.Null(keys.Find(before.Id, turn + UrlSigner.Lifetime));
        Assert.NotNull(keys.Find(after.Id, turn - UrlSigner.Skew));
        Assert.Null(keys.Find(after.Id, turn - UrlSigner.Skew - TimeSpan.FromTicks(1)));
        foreach (string id in (string[])["", ".", "a1", "a1.", "a1.-1", "a1.+1", "a1. 1", "a1.1.1", "b.1", $"b.{after.Id[3..]}", $"{after.Id} ", "a1.99999999999999999999"])
        {
            Assert.Null(keys.Find(id, turn));
        }
    }

    [Fact]
    public void Urls_live_on_while_keys_turn_and_roots_are_changed()
    {
        DateTimeOffset turn = new(2026, 11, 23, 10, 0, 0, TimeSpan.Zero);
        _clock.GoOn(turn - _clock.GetUtcNow() - TimeSpan.FromSeconds(1));
        SignedUrl url = _signer.Mint(Permit());
        _clock.GoOn(TimeSpan.FromSeconds(2));
        Assert.True(Check(url).IsValid);

        UrlRoot next = new("b2", RandomNumberGenerator.GetBytes(32));
        UrlSigner both = Signer(next, _root);
        UrlSigner nextOnly = Signer(next);
        Assert.True(both.Check(Blob, url.Query, UrlPurpose.Playback, Holder).IsValid);
        Assert.Equal("vault.url-key", nextOnly.Check(Blob, url.Query, UrlPurpose.Playback, Holder).Code);
        SignedUrl newer = both.Mint(Permit());
        Assert.StartsWith("v=1&k=b2.", newer.Query, StringComparison.Ordinal);
        Assert.True(nextOnly.Check(Blob, newer.Query, UrlPurpose.Playback, Holder).IsValid);
        Assert.Equal("vault.url-key", Check(newer).Code);

        // A root that has the name of another one but not its secret.
        Assert.Equal("vault.url-signature", Signer(new UrlRoot("a1", RandomNumberGenerator.GetBytes(32))).Check(Blob, url.Query, UrlPurpose.Playback, Holder).Code);
    }

    [Fact]
    public void Roots_and_periods_have_their_rules_and_a_root_never_prints_its_secret()
    {
        Assert.Throws<ArgumentException>(() => new UrlKeys([], TimeSpan.FromHours(1)));
        Assert.Throws<ArgumentException>(() => new UrlKeys([_root, _root], TimeSpan.FromHours(1)));
        Assert.Throws<ArgumentException>(() => new UrlKeys([new UrlRoot("a", new byte[31])], TimeSpan.FromHours(1)));
        foreach (string id in (string[])["", "A", "a.b", "a-b", "é", new string('a', 17)])
        {
            Assert.Throws<ArgumentException>(() => new UrlKeys([new UrlRoot(id, new byte[32])], TimeSpan.FromHours(1)));
        }

        Assert.Throws<ArgumentOutOfRangeException>(() => new UrlKeys([_root], TimeSpan.FromMinutes(4)));
        Assert.Throws<ArgumentOutOfRangeException>(() => new UrlKeys([_root], TimeSpan.FromDays(91)));
        Assert.Equal("a1", $"{_root}");
    }

    [Fact]
    public void What_is_revoked_is_refused_and_what_is_minted_after_it_is_not()
    {
        AssertRevokes(url => UrlRevocation.OfUrl("default", url.Id, _clock.GetUtcNow()), others: true);
        AssertRevokes(_ => UrlRevocation.OfPerson("default", Holder.Person, _clock.GetUtcNow()), others: false);
        AssertRevokes(_ => UrlRevocation.OfBlob("default", Blob, _clock.GetUtcNow()), others: false);

        // Of another tenant, person or object, or with an identifier of another kind.
        SignedUrl kept = _signer.Mint(Permit());
        _revocations.Add(UrlRevocation.OfUrl("other", kept.Id, _clock.GetUtcNow()));
        _revocations.Add(UrlRevocation.OfPerson("other", Holder.Person, _clock.GetUtcNow()));
        _revocations.Add(UrlRevocation.OfPerson("default", "clinician-8", _clock.GetUtcNow()));
        _revocations.Add(UrlRevocation.OfPerson("default", kept.Id, _clock.GetUtcNow()));
        _revocations.Add(UrlRevocation.OfBlob("default", BlobName.Of("default", "recordings"), _clock.GetUtcNow()));
        Assert.True(Check(kept).IsValid);

        void AssertRevokes(Func<SignedUrl, UrlRevocation> revocation, bool others)
        {
            SignedUrl url = _signer.Mint(Permit());
            SignedUrl other = _signer.Mint(Permit());
            Assert.True(Check(url).IsValid);
            _clock.GoOn(TimeSpan.FromSeconds(1));
            _revocations.Add(revocation(url));
            Assert.Equal("vault.url-revoked", Check(url).Code);
            Assert.Equal(others, Check(other).IsValid);

            // From another node whose clock may be ahead: still before.
            _clock.GoOn(UrlSigner.Skew);
            Assert.Equal(others, Check(_signer.Mint(Permit())).IsValid);
            _clock.GoOn(TimeSpan.FromMilliseconds(1));
            Assert.True(Check(_signer.Mint(Permit())).IsValid);
            Assert.Equal("vault.url-revoked", Check(url).Code);
        }
    }

    [Fact]
    public void A_revocation_that_comes_late_does_not_take_back_an_earlier_one()
    {
        SignedUrl url = _signer.Mint(Permit());
        _revocations.Add(UrlRevocation.OfPerson("default", Holder.Person, _clock.GetUtcNow()));
        _revocations.Add(UrlRevocation.OfPerson("default", Holder.Person, _clock.GetUtcNow() - TimeSpan.FromHours(1)));
        Assert.Equal("vault.url-revoked", Check(url).Code);
    }

    [Fact]
    public void After_a_restart_nothing_from_before_it_is_good_unless_the_revocations_are_known_too()
    {
        SignedUrl url = _signer.Mint(Permit());
        DateTimeOffset began = _revocations.KnownSince;
        _clock.GoOn(TimeSpan.FromSeconds(1));
        UrlRevocations empty = new(_clock);
        Assert.Equal("vault.url-forgotten", Signer(empty, _root).Check(Blob, url.Query, UrlPurpose.Playback, Holder).Code);
        Assert.True(Signer(empty, _root).Check(Blob, Signer(empty, _root).Mint(Permit()).Query, UrlPurpose.Playback, Holder).IsValid);

        UrlRevocations restored = new(_clock, began);
        Assert.True(Signer(restored, _root).Check(Blob, url.Query, UrlPurpose.Playback, Holder).IsValid);
        restored.Add(UrlRevocation.OfUrl("default", url.Id, _clock.GetUtcNow()));
        Assert.Equal("vault.url-revoked", Signer(restored, _root).Check(Blob, url.Query, UrlPurpose.Playback, Holder).Code);
    }

    [Fact]
    public void Revocations_are_kept_as_long_as_a_url_lives_and_not_longer()
    {
        SignedUrl url = _signer.Mint(Permit());
        _revocations.Add(UrlRevocation.OfUrl("default", url.Id, _clock.GetUtcNow()));
        for (int i = 0; i < 5000; i++)
        {
            _revocations.Add(UrlRevocation.OfUrl("default", $"{i}", _clock.GetUtcNow()));
            _clock.GoOn(TimeSpan.FromSeconds(1));
            if (_clock.GetUtcNow() < url.ExpiresAt)
            {
                Assert.Equal("vault.url-revoked", Check(url).Code);
            }
        }

        Assert.InRange(_revocations.Count, 1, 2 * 360 + 2);
    }

    [Fact]
    public void A_clock_that_is_set_back_revives_nothing_and_stops_nobody_for_long()
    {
        SignedUrl url = _signer.Mint(Permit());
        _clock.GoOn(TimeSpan.FromMinutes(6));
        Assert.Equal("vault.url-expired", Check(url).Code);
        _clock.Set(-TimeSpan.FromMinutes(4));
        Assert.Equal("vault.url-expired", Check(url).Code);

        // Meanwhile time goes on here: what is minted and decided by it is good.
        SignedUrl meanwhile = _signer.Mint(Permit(at: _clock.GetUtcNow() + TimeSpan.FromMinutes(4)));
        _clock.GoOn(TimeSpan.FromMinutes(1));
        Assert.True(Check(meanwhile).IsValid);
        Assert.Equal("vault.url-expired", Check(url).Code);

        // And then follows the clock.
        _clock.GoOn(TimeSpan.FromMinutes(5));
        Assert.Equal("vault.url-expired", Check(url).Code);
        SignedUrl after = _signer.Mint(Permit());
        Assert.Equal(_clock.GetUtcNow() + UrlSigner.Lifetime, after.ExpiresAt);
        Assert.True(Check(after).IsValid);
    }

    [Fact]
    public void A_clock_that_jumps_ahead_and_back_makes_nothing_last_longer()
    {
        SignedUrl before = _signer.Mint(Permit());
        _clock.Set(TimeSpan.FromDays(365));
        Assert.Equal("vault.url-key", Check(before).Code);
        SignedUrl wrong = _signer.Mint(Permit());
        _clock.Set(-TimeSpan.FromDays(365));
        Assert.True(Check(wrong).IsValid); // time goes on from where it was, until everything from then has expired
        _clock.GoOn(TimeSpan.FromMinutes(5));
        Assert.Equal("vault.url-expired", Check(wrong).Code);
        _clock.GoOn(TimeSpan.FromMinutes(1));
        Assert.NotNull(Check(before).Code);
        Assert.True(Check(_signer.Mint(Permit())).IsValid);
        Assert.Equal("vault.url-key", Check(wrong).Code);
    }

    [Fact]
    public void A_clock_that_is_corrected_by_a_little_is_followed_at_once()
    {
        _signer.Mint(Permit());
        _clock.Set(-TimeSpan.FromMilliseconds(900));
        Assert.Equal(_clock.GetUtcNow() + UrlSigner.Lifetime, _signer.Mint(Permit()).ExpiresAt);
    }

    [Fact]
    public void Many_threads_mint_and_check_at_once() => Parallel.For(0, 2000, i =>
    {
        SignedUrl url = _signer.Mint(Permit());
        if (i % 7 == 0)
        {
            _revocations.Add(UrlRevocation.OfUrl("default", url.Id, _clock.GetUtcNow()));
            Assert.Equal("vault.url-revoked", Check(url).Code);
        }
        else
        {
            Assert.True(Check(url).IsValid);
        }
    });

    private UrlSigner Signer(params UrlRoot[] roots) => Signer(_revocations, roots.Length == 0 ? [_root] : roots);

    private UrlSigner Signer(UrlRevocations revocations, params UrlRoot[] roots) => new(new UrlKeys(roots, TimeSpan.FromHours(1)), revocations, _clock);

    private AccessDecision Permit(UrlHolder? holder = null, DateTimeOffset? at = null) =>
        AccessDecision.Permit(holder ?? Holder, Blob, UrlPurpose.Playback, "care-team", "7", ledgerIndex: 42, at ?? _clock.GetUtcNow());

    private UrlVerdict Check(SignedUrl url) => _signer.Check(Blob, url.Query, UrlPurpose.Playback, Holder);
}
