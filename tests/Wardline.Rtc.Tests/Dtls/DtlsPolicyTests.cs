using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Wardline.Rtc.Dtls;
using Wardline.Rtc.Srtp;

namespace Wardline.Rtc.Tests.Dtls;

/// <summary>What a peer may not be, and how it is told.</summary>
public sealed class DtlsPolicyTests
{
    private const byte Alert = 21;
    private const byte Fatal = 2;
    private const byte BadCertificate = 42;

    [Theory]
    [InlineData(SrtpProfile.Aes128CmSha1_80, SrtpProfile.AeadAes256Gcm, SrtpProfile.AeadAes128Gcm, SrtpProfile.AeadAes256Gcm)] // Chromium's order
    [InlineData(SrtpProfile.AeadAes128Gcm, SrtpProfile.AeadAes256Gcm, SrtpProfile.Aes128CmSha1_80, SrtpProfile.AeadAes256Gcm)] // Firefox's order
    [InlineData(SrtpProfile.Aes128CmSha1_80, SrtpProfile.AeadAes128Gcm, SrtpProfile.AeadAes128Gcm, SrtpProfile.AeadAes128Gcm)] // no AES-256
    public void The_server_chooses_the_strongest_profile_whatever_the_client_prefers(
        SrtpProfile first, SrtpProfile second, SrtpProfile third, SrtpProfile expected)
    {
        SrtpProfile[] offered = [.. new[] { first, second, third }.Distinct()];
        using DtlsKit kit = new(client: Offering(offered));
        kit.Run();
        kit.AssertConnected();
        Assert.Equal(expected, kit.Server.Profile);
        Assert.Equal(expected, kit.Client.Profile);
    }

    [Fact]
    public void A_client_that_knows_only_sha1_is_refused()
    {
        using DtlsKit kit = new(client: Offering(SrtpProfile.Aes128CmSha1_80));
        kit.Run();
        Assert.Equal((DtlsState.Failed, DtlsFailure.Policy), (kit.Server.State, kit.Server.Failure));
        Assert.NotEqual(DtlsState.Connected, kit.Client.State);
        AssertNoKeys(kit.Server);
    }

    [Fact]
    public void A_client_that_knows_only_sha1_is_served_when_the_policy_says_so()
    {
        using DtlsKit kit = new(
            server: new DtlsOptions { Srtp = new SrtpPolicy { AllowAes128CmSha1_80 = true } },
            client: Offering(SrtpProfile.Aes128CmSha1_80));
        kit.Run();
        kit.AssertConnected();
        Assert.Equal(SrtpProfile.Aes128CmSha1_80, kit.Server.Profile);
    }

    [Fact]
    public void Even_then_a_client_that_knows_aead_gets_aead()
    {
        using DtlsKit kit = new(
            server: new DtlsOptions { Srtp = new SrtpPolicy { AllowAes128CmSha1_80 = true } },
            client: Offering(SrtpProfile.Aes128CmSha1_80, SrtpProfile.AeadAes128Gcm));
        kit.Run();
        kit.AssertConnected();
        Assert.Equal(SrtpProfile.AeadAes128Gcm, kit.Server.Profile);
    }

    [Fact]
    public void A_client_without_use_srtp_is_refused()
    {
        using DtlsKit kit = new(client: Offering());
        kit.Run();
        Assert.Equal((DtlsState.Failed, DtlsFailure.Policy), (kit.Server.State, kit.Server.Failure));
    }

    [Fact]
    public void A_client_without_the_extended_master_secret_is_refused()
    {
        using DtlsKit kit = new(client: new DtlsOptions { Quirks = new DtlsQuirks { WithoutExtendedMasterSecret = true } });
        kit.Run();
        Assert.Equal((DtlsState.Failed, DtlsFailure.Policy), (kit.Server.State, kit.Server.Failure));
        AssertNoKeys(kit.Server);
    }

    [Theory]
    [InlineData("ECDHE-ECDSA-CHACHA20-POLY1305")] // not FIPS
    [InlineData("ECDHE-ECDSA-AES128-SHA")] // not AEAD
    [InlineData("ECDHE-RSA-AES128-GCM-SHA256")] // our certificate is ECDSA
    [InlineData("AES128-GCM-SHA256")] // no forward secrecy
    [InlineData("PSK-AES128-GCM-SHA256:ADH-AES128-GCM-SHA256:@SECLEVEL=0")] // no authentication
    public void A_client_that_offers_only_weaker_ciphers_is_refused(string ciphers)
    {
        using DtlsKit kit = new(client: new DtlsOptions { Quirks = new DtlsQuirks { Ciphers = ciphers } });
        kit.Run();
        AssertRefused(kit);
    }

    [Theory]
    [InlineData("X25519")]
    [InlineData("P-521")]
    public void A_client_that_offers_only_other_groups_is_refused(string groups)
    {
        using DtlsKit kit = new(client: new DtlsOptions { Quirks = new DtlsQuirks { Groups = groups } });
        kit.Run();
        AssertRefused(kit);
    }

    [Fact]
    public void A_client_that_knows_only_DTLS_1_0_is_refused()
    {
        using DtlsKit kit = new(client: new DtlsOptions
        {
            Quirks = new DtlsQuirks { OnlyVersion = 0xFEFF, Ciphers = "ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0" },
        });
        kit.Run();
        AssertRefused(kit);
    }

    [Fact]
    public void A_client_without_a_certificate_is_refused()
    {
        using DtlsKit kit = new(client: new DtlsOptions { Quirks = new DtlsQuirks { WithoutCertificate = true } }, expect: false);
        kit.Run();
        AssertRefused(kit);
    }

    [Fact]
    public void Another_certificate_than_the_signaling_named_ends_the_handshake_with_bad_certificate()
    {
        using DtlsKit kit = new(expect: false);
        using OpenSslDtls somebodyElse = DtlsKit.CreateFactory();
        kit.Server.ExpectPeer(somebodyElse.Fingerprint);
        kit.Run();
        Assert.Equal((DtlsState.Failed, DtlsFailure.Fingerprint), (kit.Server.State, kit.Server.Failure));
        Assert.Equal(DtlsState.Failed, kit.Client.State);
        (bool toServer, byte[] last) = kit.Sent[^1];
        Assert.False(toServer);
        Assert.Equal((Alert, Fatal, BadCertificate), (last[0], last[13], last[14]));
        Assert.False(kit.Server.PeerMatches(kit.ClientFactory.Fingerprint));
        AssertNoKeys(kit.Server);
    }

    [Fact]
    public void A_client_that_does_not_know_our_certificate_tells_us_so_and_we_stop()
    {
        using DtlsKit kit = new(expect: false);
        kit.Client.ExpectPeer(kit.ClientFactory.Fingerprint);
        kit.Run();
        AssertRefused(kit);
    }

    [Theory]
    [InlineData("sha-256", true)]
    [InlineData("sha-384", true)]
    [InlineData("sha-512", true)]
    [InlineData("sha-1", false)]
    [InlineData("md5", false)]
    public void A_fingerprint_may_be_in_any_strong_hash_and_never_in_a_weak_one(string algorithm, bool good)
    {
        (byte[] certificate, byte[] key) = MakeRsa(2048);
        DtlsOptions client = new() { Quirks = new DtlsQuirks { Rsa = (certificate, key) } };
        using DtlsKit kit = new(client: client, expect: false);
        byte[] hash = CryptographicOperations.HashData(new HashAlgorithmName(algorithm.ToUpperInvariant().Replace("SHA-", "SHA")), certificate);
        DtlsFingerprint fingerprint = new(algorithm, BitConverter.ToString(hash).Replace('-', ':'));
        kit.Server.ExpectPeer(fingerprint);
        kit.Run();
        Assert.Equal(good ? DtlsState.Connected : DtlsState.Failed, kit.Server.State);
        Assert.Equal(good, kit.Server.PeerMatches(fingerprint));
    }

    [Fact]
    public void A_native_client_whose_rsa_certificate_fills_several_datagrams_is_served_over_a_lossy_path()
    {
        (byte[] certificate, byte[] key) = MakeRsa(2048);
        DtlsOptions client = new() { MtuBytes = 500, Quirks = new DtlsQuirks { Rsa = (certificate, key) } };
        for (int lost = 0; lost < 10; lost++)
        {
            using DtlsKit kit = new(client: client, expect: false) { Network = (n, _) => n == lost ? [] : [10] };
            kit.Server.ExpectPeer(DtlsFingerprint.Of(certificate));
            kit.Run();
            kit.AssertConnected();
            Assert.True(kit.Sent.Count(s => s.ToServer) >= 4);
        }
    }

    [Fact]
    public void A_certificate_with_a_key_that_can_be_broken_is_refused_even_when_it_is_the_named_one()
    {
        (byte[] certificate, byte[] key) = MakeRsa(1024);
        DtlsOptions client = new()
        {
            Quirks = new DtlsQuirks { Rsa = (certificate, key), Ciphers = "ECDHE-ECDSA-AES256-GCM-SHA384:@SECLEVEL=0" },
        };
        using DtlsKit kit = new(client: client, expect: false);
        kit.Server.ExpectPeer(DtlsFingerprint.Of(certificate));
        kit.Run();
        Assert.Equal((DtlsState.Failed, DtlsFailure.Fingerprint), (kit.Server.State, kit.Server.Failure));
    }

    [Fact]
    public void Renegotiation_is_declined_and_the_association_stays()
    {
        using DtlsKit kit = new();
        kit.Run();
        kit.AssertConnected();
        int before = kit.Sent.Count;
        LibSslForTests.SSL_clear_options(kit.Client.Ssl, LibSsl.OpNoRenegotiation);
        Assert.Equal(1, LibSslForTests.SSL_renegotiate(kit.Client.Ssl));
        LibSslForTests.SSL_do_handshake(kit.Client.Ssl);
        kit.Inject(PlainGarbage(), toServer: false); // ignored, but makes the client hand over what libssl wrote
        Assert.True(kit.Sent.Count > before);
        kit.Server.Handle(kit.Sent[before].Bytes, kit.Now);
        int answer = kit.Sent.Count;
        kit.Drain();
        Assert.Equal(DtlsState.Connected, kit.Server.State);
        Assert.True(kit.Server.PeerMatches(kit.ClientFactory.Fingerprint));
        Assert.Equal(answer + 1, kit.Sent.Count);
        Assert.Equal(Alert, kit.Sent[answer].Bytes[0]); // no_renegotiation, protected
    }

    private static (byte[] Certificate, byte[] PrivateKey) MakeRsa(int bits)
    {
        using RSA key = RSA.Create(bits);
        using X509Certificate2 certificate = DtlsKit.SelfSign(
            new CertificateRequest("CN=native", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));
        return (certificate.RawData, key.ExportRSAPrivateKey());
    }

    private static byte[] PlainGarbage() => [23, 0xFE, 0xFD, 0, 0, 0, 0, 0, 0, 0, 99, 0, 1, 7];

    private static DtlsOptions Offering(params SrtpProfile[] profiles) => new() { Srtp = new SrtpPolicy { Only = profiles } };

    private static void AssertRefused(DtlsKit kit)
    {
        Assert.Equal(DtlsState.Failed, kit.Server.State);
        Assert.Equal(DtlsState.Failed, kit.Client.State);
        Assert.Equal(DtlsFailure.Handshake, kit.Server.Failure);
        AssertNoKeys(kit.Server);
    }

    private static void AssertNoKeys(OpenSslDtlsEngine engine)
    {
        Assert.Null(engine.Profile);
        Assert.Throws<InvalidOperationException>(() => engine.ExportKeyingMaterial(new byte[88]));
    }
}
