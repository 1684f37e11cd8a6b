using Wardline.Rtc.Dtls;
using Wardline.Rtc.Srtp;

namespace Wardline.Rtc.Tests.Dtls;

public sealed class DtlsHandshakeTests
{
    [Fact]
    public void Client_and_server_agree_on_the_strongest_suite_profile_and_keys()
    {
        using DtlsKit kit = new();
        kit.Run();
        kit.AssertConnected();
        Assert.Equal("DTLSv1.2", kit.Server.Version);
        Assert.Equal("ECDHE-ECDSA-AES256-GCM-SHA384", kit.Server.Cipher);
        Assert.Equal(SrtpProfile.AeadAes256Gcm, kit.Server.Profile);
        Assert.True(kit.Server.PeerMatches(kit.ClientFactory.Fingerprint));
        Assert.False(kit.Server.PeerMatches(kit.ServerFactory.Fingerprint));
        Assert.Equal(0, kit.Server.Counters.Retransmissions);
        Assert.Equal(Instant.Never, kit.Server.NextTimeout);
    }

    [Fact]
    public void Losing_any_single_datagram_costs_one_retransmission_and_nothing_else()
    {
        int datagrams = Count();
        for (int lost = 0; lost < datagrams; lost++)
        {
            using DtlsKit kit = new() { Network = (n, _) => n == lost ? [] : [10] };
            kit.Run();
            kit.AssertConnected();
            long repeats = kit.Server.Counters.Retransmissions + kit.Client.Counters.Retransmissions;
            Assert.InRange(repeats, 1, 2);
        }
    }

    private static int Count()
    {
        using DtlsKit kit = new();
        kit.Run();
        return kit.Sent.Count;
    }
}
