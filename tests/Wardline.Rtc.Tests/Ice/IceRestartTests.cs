using Wardline.Rtc.Ice;

namespace Wardline.Rtc.Tests.Ice;

public sealed class IceRestartTests
{
    private static readonly IceCredentials NewPeer = new("w0rk", "aCompletelyDifferentPassword");

    private readonly IceKit _kit = new();
    private readonly IceCredentials _old;
    private readonly IceCredentials _new;

    public IceRestartTests()
    {
        _old = _kit.Agent.Local;
        _new = IceCredentials.Create(_kit);
        _kit.Agent.SetRemote(IceKit.Peer);
        _kit.Send(IceKit.Home, nominate: true);
    }

    private IceOutcome SendOld(in TransportAddress from, bool nominate = true) => _kit.Send(_kit.Check(_old, IceKit.Peer, nominate), from);

    private IceOutcome SendNew(in TransportAddress from, bool nominate = true) => _kit.Send(_kit.Check(_new, NewPeer, nominate), from);

    [Fact]
    public void Both_pairs_of_credentials_count_until_the_new_one_is_used()
    {
        _kit.Agent.Restart(_new, NewPeer);
        Assert.Equal((_new, NewPeer, _old), (_kit.Agent.Local, _kit.Agent.Remote!.Value, _kit.Agent.PreviousLocal!.Value));
        Assert.True(_kit.Agent.AcceptsUfrag(IceUfrag.Pack(_old.Ufrag)));
        Assert.True(_kit.Agent.AcceptsUfrag(IceUfrag.Pack(_new.Ufrag)));
        Assert.Equal(IceOutcome.Answered, SendOld(IceKit.Home));

        Assert.Equal(IceOutcome.Answered, SendNew(IceKit.Mobile, nominate: false));
        Assert.Null(_kit.Agent.PreviousLocal);
        Assert.False(_kit.Agent.AcceptsUfrag(IceUfrag.Pack(_old.Ufrag)));
        Assert.Equal(IceOutcome.Refused, SendOld(IceKit.Home));
    }

    [Fact]
    public void Media_stays_on_the_old_path_until_the_new_credentials_nominate_one()
    {
        _kit.Agent.Restart(_new, NewPeer);
        Assert.Equal(IceKit.Home, _kit.Agent.Selected);
        SendNew(IceKit.Mobile, nominate: false);
        Assert.Equal(IceKit.Home, _kit.Agent.Selected);
        Assert.Equal(IceState.Connected, _kit.Agent.StateAt(_kit.Now));
        Assert.Equal(IceOutcome.AnsweredAndSelected, SendNew(IceKit.Mobile));
        Assert.Equal(IceKit.Mobile, _kit.Agent.Selected);
    }

    [Fact]
    public void Old_and_new_halves_do_not_mix()
    {
        _kit.Agent.Restart(_new, NewPeer);
        Assert.Equal(IceOutcome.Refused, _kit.Send(_kit.Check(_new, IceKit.Peer), IceKit.Home));
        Assert.Equal(IceOutcome.Refused, _kit.Send(_kit.Check(_old, NewPeer), IceKit.Home));
        Assert.Equal(IceOutcome.Refused, _kit.Send(_kit.Check(_new, NewPeer, password: _old.Password), IceKit.Home));
        Assert.NotNull(_kit.Agent.PreviousLocal);
    }

    [Fact]
    public void A_restart_that_nobody_used_is_replaced_and_the_pair_in_use_stays_the_fallback()
    {
        IceCredentials unused = IceCredentials.Create(_kit);
        _kit.Agent.Restart(unused, new("nev3", "neverUsedByAnybodyAtAll"));
        _kit.Agent.Restart(_new, NewPeer);
        Assert.False(_kit.Agent.AcceptsUfrag(IceUfrag.Pack(unused.Ufrag)));
        Assert.Equal(IceOutcome.Answered, SendOld(IceKit.Home));
        Assert.Equal(IceOutcome.AnsweredAndSelected, SendNew(IceKit.Mobile));
    }

    [Fact]
    public void The_first_nomination_after_a_restart_counts_even_with_a_lower_priority()
    {
        _kit.Agent.Restart(_new, NewPeer);
        Assert.Equal(IceOutcome.AnsweredAndSelected, _kit.Send(_kit.Check(_new, NewPeer, true, null, b => b.Priority = 1), IceKit.Mobile));
    }

    [Fact]
    public void New_credentials_without_a_restart_are_our_bug()
    {
        _kit.Agent.SetRemote(IceKit.Peer);
        Assert.Throws<InvalidOperationException>(() => _kit.Agent.SetRemote(NewPeer));
    }

    [Fact]
    public void A_peer_that_was_silent_comes_back_with_a_restart()
    {
        _kit.Wait(60_000);
        Assert.Equal(IceState.Silent, _kit.Agent.StateAt(_kit.Now));
        _kit.Agent.Restart(_new, NewPeer);
        Assert.Equal(IceOutcome.AnsweredAndSelected, SendNew(IceKit.Mobile));
        Assert.Equal(IceState.Connected, _kit.Agent.StateAt(_kit.Now));
    }
}
