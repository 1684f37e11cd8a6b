using System.Text;
using Wardline.Rtc.Ice;
using Wardline.Rtc.Stun;

namespace Wardline.Rtc.Tests.Ice;

public sealed class IceLiteAgentTests
{
    private static IceKit Ready(IceOptions? options = null)
    {
        IceKit kit = new(options: options);
        kit.Agent.SetRemote(IceKit.Peer);
        return kit;
    }

    private static int? ErrorOf(byte[] response) =>
        StunMessage.TryParse(response, out StunMessage message) == StunParse.Ok && message.Class == StunClass.Error ? message.ErrorCode : null;

    [Fact]
    public void Answers_a_check_with_the_address_it_came_from()
    {
        IceKit kit = Ready();
        byte[] check = kit.Check(kit.Agent.Local, IceKit.Peer);
        Assert.Equal(IceOutcome.Answered, kit.Send(check, IceKit.Home));

        Assert.Equal(StunParse.Ok, StunMessage.TryParse(kit.Response, out StunMessage answer));
        Assert.Equal(StunClass.Success, answer.Class);
        Assert.True(answer.TransactionId.SequenceEqual(check.AsSpan(8, 12)));
        Assert.True(answer.HasFingerprint);
        Assert.True(answer.VerifyIntegrity(Encoding.ASCII.GetBytes(kit.Agent.Local.Password)));
        Assert.True(answer.TryGetXorMappedAddress(out TransportAddress mapped));
        Assert.Equal(IceKit.Home, mapped);
        Assert.Null(kit.Agent.Selected);
        Assert.True(kit.Agent.IsValidated(IceKit.Home, kit.Now));
    }

    [Fact]
    public void Selects_the_path_that_the_peer_nominates()
    {
        IceKit kit = Ready();
        Assert.Equal(IceOutcome.Answered, kit.Send(IceKit.Home));
        Assert.Equal(IceOutcome.AnsweredAndSelected, kit.Send(IceKit.Home, nominate: true));
        Assert.Equal(IceOutcome.Answered, kit.Send(IceKit.Home, nominate: true));
        Assert.Equal(IceKit.Home, kit.Agent.Selected);
        Assert.Equal(1, kit.Agent.Counters.SelectionChanges);
    }

    [Fact]
    public void Follows_a_peer_whose_address_changes_in_the_middle_of_the_call()
    {
        IceKit kit = Ready();
        kit.Send(IceKit.Home, nominate: true);
        kit.Wait(5000);
        Assert.Equal(IceOutcome.Answered, kit.Send(IceKit.Mobile));
        Assert.Equal(IceKit.Home, kit.Agent.Selected);
        Assert.Equal(IceOutcome.AnsweredAndSelected, kit.Send(IceKit.Mobile, nominate: true));
        Assert.Equal(IceKit.Mobile, kit.Agent.Selected);
        Assert.True(kit.Agent.IsValidated(IceKit.Home, kit.Now));
    }

    [Fact]
    public void Keeps_the_best_path_of_a_peer_that_nominates_all_of_them_at_once()
    {
        IceKit kit = Ready();
        kit.Send(IceKit.Home, true, b => b.Priority = 100);
        kit.Wait(20);
        Assert.Equal(IceOutcome.AnsweredAndSelected, kit.Send(IceKit.Mobile, true, b => b.Priority = 200));
        kit.Wait(20);
        Assert.Equal(IceOutcome.Answered, kit.Send(IceKit.Address("203.0.113.1", 9), true, b => b.Priority = 50));
        Assert.Equal(IceOutcome.Answered, kit.Send(IceKit.Address("203.0.113.2", 9), true, b => b.Priority = null));
        Assert.Equal(IceKit.Mobile, kit.Agent.Selected);

        kit.Wait(2000);
        Assert.Equal(IceOutcome.AnsweredAndSelected, kit.Send(IceKit.Address("203.0.113.1", 9), true, b => b.Priority = 50));
    }

    [Fact]
    public void Ignores_a_nomination_that_stands_behind_the_integrity()
    {
        IceKit kit = Ready();
        Assert.Equal(IceOutcome.Answered, kit.Send(IceKit.Home, change: b => b.NominateUnauthenticated = true));
        Assert.Null(kit.Agent.Selected);
    }

    [Fact]
    public void A_wrong_password_gets_401_and_proves_nothing()
    {
        IceKit kit = Ready();
        Assert.Equal(IceOutcome.Refused, kit.Send(IceKit.Home, true, b => b.Password = "guessguessguessguessguess"));
        Assert.Equal(StunErrors.Unauthenticated, ErrorOf(kit.Response));
        Assert.Equal(1, kit.Agent.Counters.BadIntegrity);
        Assert.False(kit.Agent.IsValidated(IceKit.Home, kit.Now));
        Assert.Null(kit.Agent.Selected);
        Assert.False(kit.Agent.IsAlive(kit.Now));
    }

    [Theory]
    [InlineData("AAAAAAAA:gcHZ")]
    [InlineData(":gcHZ")]
    [InlineData("")]
    public void A_user_name_that_is_not_ours_gets_401(string username)
    {
        IceKit kit = Ready();
        Assert.Equal(IceOutcome.Refused, kit.Send(IceKit.Home, true, b => b.Username = username));
        Assert.Equal(StunErrors.Unauthenticated, ErrorOf(kit.Response));
        Assert.Equal(1, kit.Agent.Counters.WrongUsername);
    }

    [Fact]
    public void Our_user_name_with_a_foreign_remote_part_gets_401()
    {
        IceKit kit = Ready();
        Assert.Equal(IceOutcome.Refused, kit.Send(IceKit.Home, true, b => b.Username = kit.Agent.Local.Ufrag + ":evil"));
        Assert.Equal(1, kit.Agent.Counters.WrongUsername);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_check_without_credentials_gets_400(bool withUsername)
    {
        IceKit kit = Ready();
        IceOutcome outcome = kit.Send(IceKit.Home, true, b =>
        {
            b.Password = withUsername ? null : b.Password;
            b.Username = withUsername ? b.Username : null;
        });
        Assert.Equal(IceOutcome.Refused, outcome);
        Assert.Equal(StunErrors.BadRequest, ErrorOf(kit.Response));
        Assert.Equal(1, kit.Agent.Counters.WithoutCredentials);
    }

    [Fact]
    public void An_unknown_required_attribute_gets_420_and_is_named()
    {
        IceKit kit = Ready();
        Assert.Equal(IceOutcome.Refused, kit.Send(IceKit.Home, true, b => b.ExtraAttributes = [0x7001, 0x7002, 0xC001]));
        Assert.Equal(StunErrors.UnknownAttribute, ErrorOf(kit.Response));
        Assert.Equal("000A000470017002", Convert.ToHexString(kit.Response.AsSpan(20 + 4 + 4 + 20, 8)));
        StunMessage.TryParse(kit.Response, out StunMessage answer);
        Assert.True(answer.VerifyIntegrity(Encoding.ASCII.GetBytes(kit.Agent.Local.Password)));
        Assert.Null(kit.Agent.Selected);
    }

    [Fact]
    public void Unknown_optional_attributes_are_skipped()
    {
        IceKit kit = Ready();
        Assert.Equal(IceOutcome.AnsweredAndSelected, kit.Send(IceKit.Home, true, b => b.ExtraAttributes = [0xC001, 0xC057, 0x8099]));
    }

    [Fact]
    public void A_peer_that_believes_to_be_controlled_gets_487()
    {
        IceKit kit = Ready();
        Assert.Equal(IceOutcome.Refused, kit.Send(IceKit.Home, true, b => b.Controlled = true));
        Assert.Equal(StunErrors.RoleConflict, ErrorOf(kit.Response));
        Assert.Equal(1, kit.Agent.Counters.RoleConflicts);
    }

    [Fact]
    public void Indications_responses_and_checks_without_fingerprint_are_dropped_in_silence()
    {
        IceKit kit = Ready();
        foreach (StunClass c in new[] { StunClass.Indication, StunClass.Success, StunClass.Error })
        {
            Assert.Equal(IceOutcome.Dropped, kit.Send(IceKit.Home, true, b => b.Class = c));
            Assert.Empty(kit.Response);
        }

        Assert.Equal(IceOutcome.Dropped, kit.Send(IceKit.Home, true, b => b.Fingerprint = false));
        Assert.Empty(kit.Response);
        Assert.Equal((3L, 1L), (kit.Agent.Counters.NotARequest, kit.Agent.Counters.WithoutFingerprint));
        Assert.Equal(4, kit.Agent.Counters.Dropped);
    }

    [Fact]
    public void No_error_is_longer_than_the_request_that_caused_it()
    {
        IceKit kit = Ready();
        byte[] bare = kit.Check(kit.Agent.Local, IceKit.Peer, change: b => (b.Username, b.Password) = (null, null));
        int smallest = int.MaxValue;
        foreach (byte[] check in new[] { bare, Shortest() })
        {
            kit.Send(check, IceKit.Home);
            Assert.True(kit.Response.Length <= check.Length);
            smallest = Math.Min(smallest, kit.Response.Length);
        }

        Assert.Equal(0, smallest);

        static byte[] Shortest()
        {
            byte[] buffer = new byte[64];
            StunWriter writer = new(buffer, StunClass.Request, StunMethod.Binding, new byte[12]);
            writer.AddFingerprint();
            return buffer[..writer.Length];
        }
    }

    [Fact]
    public void Consent_ends_thirty_seconds_after_the_last_check_on_the_selected_path()
    {
        IceKit kit = Ready();
        Assert.Equal(Instant.Never, kit.Agent.ConsentExpires);
        Assert.False(kit.Agent.IsAlive(kit.Now));
        kit.Send(IceKit.Home, nominate: true);
        kit.Wait(29_999);
        Assert.True(kit.Agent.IsAlive(kit.Now));
        kit.Wait(1);
        Assert.False(kit.Agent.IsAlive(kit.Now));
        Assert.Equal(IceState.Silent, kit.Agent.StateAt(kit.Now));
        Assert.False(kit.Agent.IsValidated(IceKit.Home, kit.Now));
        kit.Send(IceKit.Home);
        Assert.Equal(IceState.Connected, kit.Agent.StateAt(kit.Now));
    }

    [Fact]
    public void Checks_from_elsewhere_are_no_consent_to_keep_sending_on_the_selected_path()
    {
        IceKit kit = Ready();
        kit.Send(IceKit.Home, nominate: true);
        for (int i = 0; i < 7; i++)
        {
            kit.Wait(5000);
            kit.Send(IceKit.Mobile);
        }

        Assert.False(kit.Agent.IsAlive(kit.Now));
        kit.Send(IceKit.Mobile, nominate: true);
        Assert.True(kit.Agent.IsAlive(kit.Now));
    }

    [Fact]
    public void States_follow_the_drawing()
    {
        IceKit kit = new();
        Assert.Equal(IceState.Waiting, kit.Agent.StateAt(kit.Now));
        Assert.Equal(IceOutcome.Dropped, kit.Send(IceKit.Home, nominate: true));
        Assert.Equal(1, kit.Agent.Counters.BeforeRemote);
        kit.Agent.SetRemote(IceKit.Peer);
        Assert.Equal(IceState.Checking, kit.Agent.StateAt(kit.Now));
        kit.Send(IceKit.Home);
        Assert.Equal(IceState.Checking, kit.Agent.StateAt(kit.Now));
        kit.Send(IceKit.Home, nominate: true);
        Assert.Equal(IceState.Connected, kit.Agent.StateAt(kit.Now));
    }

    [Fact]
    public void Remembers_a_bounded_number_of_addresses_and_never_forgets_the_selected_one()
    {
        IceKit kit = Ready(new IceOptions { MaxValidatedAddresses = 4 });
        kit.Send(IceKit.Home, nominate: true);
        for (int port = 1; port <= 1000; port++)
        {
            kit.Wait(1);
            kit.Send(IceKit.Address("203.0.113.9", port));
        }

        Assert.Equal(997, kit.Agent.Counters.AddressesForgotten);
        Assert.True(kit.Agent.IsValidated(IceKit.Home, kit.Now));
        Assert.False(kit.Agent.IsValidated(IceKit.Address("203.0.113.9", 997), kit.Now));
        Assert.True(kit.Agent.IsValidated(IceKit.Address("203.0.113.9", 998), kit.Now));
    }

    [Fact]
    public void A_new_tcp_connection_from_the_same_port_is_another_path()
    {
        IceKit kit = Ready();
        TransportAddress first = IceKit.Address("192.0.2.10", 9, TransportProtocol.Tcp, 1);
        TransportAddress second = IceKit.Address("192.0.2.10", 9, TransportProtocol.Tcp, 2);
        kit.Send(first, nominate: true);
        Assert.False(kit.Agent.IsValidated(second, kit.Now));
        Assert.Equal(IceOutcome.AnsweredAndSelected, kit.Send(second, nominate: true));
    }

    [Fact]
    public void The_packet_path_does_not_allocate()
    {
        IceKit kit = Ready();
        // New ones, each twice; first as many as let the memory of transactions grow to its end.
        byte[][] good = [.. Enumerable.Range(0, 2 * SeenTransactions.Remembered + 1100).Select(_ => kit.Check(kit.Agent.Local, IceKit.Peer, nominate: true))];
        int next = 0;
        byte[] bad = kit.Check(kit.Agent.Local, IceKit.Peer, password: "guessguessguessguessguess");
        byte[] unknown = kit.Check(kit.Agent.Local, IceKit.Peer, change: b => b.ExtraAttributes = [0x7001]);
        byte[] response = new byte[IceLiteAgent.MaxResponseBytes];
        Round(2 * SeenTransactions.Remembered + 100);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Round(1000);
        Allocation.AssertNone(GC.GetAllocatedBytesForCurrentThread() - before, 1000);
        Assert.Equal(good.Length, kit.Agent.Counters.RepeatedChecks);

        void Round(int times)
        {
            for (int i = 0; i < times; i++)
            {
                kit.Agent.Handle(good[next], IceKit.Home, kit.Now, response, out _);
                kit.Agent.Handle(good[next++], IceKit.Home, kit.Now, response, out _);
                kit.Agent.Handle(bad, IceKit.Mobile, kit.Now, response, out _);
                kit.Agent.Handle(unknown, IceKit.Mobile, kit.Now, response, out _);
            }
        }
    }
}
