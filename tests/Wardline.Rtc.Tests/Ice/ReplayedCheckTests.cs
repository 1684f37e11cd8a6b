using System.Buffers.Binary;
using Wardline.Rtc.Ice;

namespace Wardline.Rtc.Tests.Ice;

/// <summary>Somebody reads the wire: every check that is sent is his too, with right name, right integrity and USE-CANDIDATE.</summary>
public sealed class ReplayedCheckTests
{
    private readonly IceKit _kit = new();

    public ReplayedCheckTests() => _kit.Agent.SetRemote(IceKit.Peer);

    private IceLiteAgent Agent => _kit.Agent;

    private byte[] Nominating(IceCredentials? local = null, IceCredentials? remote = null) => _kit.Check(local ?? Agent.Local, remote ?? IceKit.Peer, nominate: true);

    [Fact]
    public void A_recorded_check_from_another_address_moves_nothing_proves_nothing_and_is_not_answered()
    {
        byte[] recorded = Nominating();
        Assert.Equal(IceOutcome.AnsweredAndSelected, _kit.Send(recorded, IceKit.Home));
        _kit.Wait(5000);
        _kit.Send(IceKit.Home, nominate: true);
        Assert.Equal(IceOutcome.Dropped, _kit.Send(recorded, IceKit.Mobile));
        Assert.Empty(_kit.Response);
        Assert.Equal(IceKit.Home, Agent.Selected);
        Assert.False(Agent.IsValidated(IceKit.Mobile, _kit.Now));
        Assert.Equal((1L, 1L, 1L), (Agent.Counters.ReplayedChecks, Agent.Counters.Dropped, Agent.Counters.SelectionChanges));
    }

    [Fact]
    public void Copies_from_a_thousand_addresses_push_none_of_the_peers_own_out()
    {
        byte[] recorded = Nominating();
        _kit.Send(recorded, IceKit.Home);
        _kit.Send(IceKit.Mobile);
        for (int port = 1; port <= 1000; port++)
        {
            Assert.Equal(IceOutcome.Dropped, _kit.Send(recorded, IceKit.Address("203.0.113.9", port)));
        }

        Assert.Equal((1000L, 0L), (Agent.Counters.ReplayedChecks, Agent.Counters.AddressesForgotten));
        Assert.True(Agent.IsValidated(IceKit.Home, _kit.Now) && Agent.IsValidated(IceKit.Mobile, _kit.Now));
    }

    [Fact]
    public void A_retransmission_from_the_same_address_gets_the_same_answer()
    {
        byte[] check = Nominating();
        _kit.Send(check, IceKit.Home);
        byte[] answer = _kit.Response;
        _kit.Wait(500);
        Assert.Equal(IceOutcome.Answered, _kit.Send(check, IceKit.Home));
        Assert.Equal(answer, _kit.Response);
        Assert.Equal((1L, 0L), (Agent.Counters.RepeatedChecks, Agent.Counters.ReplayedChecks));
    }

    [Fact]
    public void A_recorded_check_with_a_forged_source_does_not_keep_up_consent_for_a_peer_that_is_gone()
    {
        byte[] recorded = Nominating();
        _kit.Send(recorded, IceKit.Home);
        for (int i = 0; i < 30; i++)
        {
            _kit.Wait(1000);
            _kit.Send(recorded, IceKit.Home);
        }

        Assert.False(Agent.IsAlive(_kit.Now));
        Assert.False(Agent.IsValidated(IceKit.Home, _kit.Now));
    }

    [Fact]
    public void A_recorded_check_with_a_forged_source_does_not_take_back_a_peer_that_has_moved()
    {
        byte[] recorded = Nominating();
        _kit.Send(recorded, IceKit.Home);
        _kit.Wait(5000);
        Assert.Equal(IceOutcome.AnsweredAndSelected, _kit.Send(IceKit.Mobile, nominate: true));
        _kit.Send(recorded, IceKit.Home);
        Assert.Equal(IceKit.Mobile, Agent.Selected);
    }

    [Fact]
    public void A_peer_behind_a_translator_that_forgot_it_is_followed_by_its_next_check()
    {
        TransportAddress rebound = IceKit.Address("192.0.2.10", 40001);
        byte[] underWay = Nominating();
        _kit.Send(underWay, IceKit.Home);
        _kit.Wait(5000);
        Assert.Equal(IceOutcome.Dropped, _kit.Send(underWay, rebound)); // repeated across the change: cannot be told from a copy
        Assert.Equal(IceOutcome.AnsweredAndSelected, _kit.Send(rebound, nominate: true));
        Assert.Equal(rebound, Agent.Selected);
    }

    [Fact]
    public void A_copy_of_a_check_that_was_refused_is_a_copy_too()
    {
        byte[] unknown = _kit.Check(Agent.Local, IceKit.Peer, change: b => b.ExtraAttributes = [0x7001]);
        Assert.Equal(IceOutcome.Refused, _kit.Send(unknown, IceKit.Home));
        Assert.Equal(IceOutcome.Refused, _kit.Send(unknown, IceKit.Home));
        Assert.Equal(IceOutcome.Dropped, _kit.Send(unknown, IceKit.Mobile));
    }

    [Fact]
    public void Forged_checks_take_no_transaction_away()
    {
        byte[] check = Nominating();
        _kit.Send(_kit.Check(Agent.Local, IceKit.Peer, nominate: true), IceKit.Home);

        // The id of the peer's next check, guessed or read on the way, under a wrong integrity.
        byte[] id = check[8..20];
        IceKit.Builder builder = new() { Username = $"{Agent.Local.Ufrag}:{IceKit.Peer.Ufrag}", Password = "guessguessguessguessguess", Nominate = true };
        Assert.Equal(IceOutcome.Refused, _kit.Send(builder.Build(id), IceKit.Mobile));
        Assert.Equal(IceOutcome.AnsweredAndSelected, _kit.Send(check, IceKit.Address("203.0.113.4", 4)));
    }

    [Fact]
    public void A_restart_begins_with_an_empty_memory_and_the_old_one_lives_as_long_as_its_password()
    {
        byte[] recorded = Nominating();
        _kit.Send(recorded, IceKit.Home);
        (IceCredentials old, IceCredentials next, IceCredentials peer) = (Agent.Local, IceCredentials.Create(_kit), new("w0rk", "aCompletelyDifferentPassword"));
        Agent.Restart(next, peer);
        Assert.Equal(IceOutcome.Dropped, _kit.Send(recorded, IceKit.Mobile));

        // The same id under the new password is another transaction.
        IceKit.Builder builder = new() { Username = $"{next.Ufrag}:{peer.Ufrag}", Password = next.Password, Nominate = true };
        Assert.Equal(IceOutcome.AnsweredAndSelected, _kit.Send(builder.Build(recorded[8..20]), IceKit.Mobile));
        Assert.Equal(IceOutcome.Refused, _kit.Send(recorded, IceKit.Home));
        Assert.NotEqual(old, Agent.Local);
        Assert.Equal(IceKit.Mobile, Agent.Selected);
    }

    [Fact]
    public void At_least_the_last_8192_transactions_are_remembered_and_memory_ends_at_a_quarter_of_a_megabyte()
    {
        SeenTransactions seen = new();
        byte[] id = new byte[12];
        for (int i = 0; i < 3 * SeenTransactions.Remembered; i++)
        {
            Assert.Equal(TransactionKind.New, Note(i, IceKit.Home));
            Assert.Equal(TransactionKind.Retransmission, Note(i, IceKit.Home));
            Assert.Equal(TransactionKind.Replay, Note(i, IceKit.Mobile));
            if (i % 500 == 0)
            {
                for (int back = 1; back < SeenTransactions.Remembered && back <= i; back += 7)
                {
                    Assert.NotEqual(TransactionKind.New, Note(i - back, IceKit.Mobile));
                }
            }
        }

        // Both sets at their largest, and as much again at most for the smaller ones before the first of them.
        seen = new SeenTransactions();
        long before = GC.GetAllocatedBytesForCurrentThread();
        Fill();
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 2 * 128 * 1024, 3 * 128 * 1024 + 1024);
        before = GC.GetAllocatedBytesForCurrentThread();
        Fill();
        Allocation.AssertNone(GC.GetAllocatedBytesForCurrentThread() - before, 3 * SeenTransactions.Remembered);

        void Fill()
        {
            for (int i = 0; i < 3 * SeenTransactions.Remembered; i++)
            {
                Note(i, IceKit.Home);
            }
        }

        TransactionKind Note(int number, in TransportAddress from)
        {
            // A generator whose randomness is all in the last bytes.
            BinaryPrimitives.WriteInt32BigEndian(id.AsSpan(8), number);
            return seen.Note(id, from);
        }
    }

    [Fact]
    public void What_is_no_longer_under_way_is_a_replay_from_wherever_it_comes()
    {
        byte[] recorded = Nominating();
        _kit.Send(recorded, IceKit.Home);
        for (int i = 0; i < 64; i++)
        {
            _kit.Send(IceKit.Home);
        }

        Assert.Equal(IceOutcome.Dropped, _kit.Send(recorded, IceKit.Home));
        Assert.Equal(1, Agent.Counters.ReplayedChecks);
    }
}
