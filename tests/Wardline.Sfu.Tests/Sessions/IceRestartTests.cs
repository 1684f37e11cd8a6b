using Wardline.Rtc.Ice;
using Wardline.Sfu.Tests.Harness;

namespace Wardline.Sfu.Tests.Sessions;

/// <summary>What the shell is told to route is what the agent answers, however restarts and checks follow each other.</summary>
public sealed class IceRestartTests
{
    private readonly SfuKit _kit = new();
    private readonly KitPeer _peer;
    private readonly List<(IceCredentials Server, IceCredentials Peer)> _generations = [];

    public IceRestartTests()
    {
        _peer = _kit.Add();
        _peer.Publish(TrackSource.Microphone).Negotiate();
        _generations.Add((_peer.Peer.Server, _peer.Peer.Ice));
    }

    [Fact]
    public void Two_restarts_before_any_check_retire_the_ufrag_that_nobody_used()
    {
        _peer.Connect();
        Restart();
        Restart();
        Assert.Equal([Ufrag(0), Ufrag(2)], Routed());
        Assert.True(Check(0));
        Assert.False(Check(1));
        Assert.True(Check(2));
        Assert.Equal([Ufrag(2)], Routed());
        Assert.False(Check(0));
    }

    [Fact]
    public void Restarts_before_the_first_check_of_all_leave_the_first_ufrag_answered()
    {
        Restart();
        Restart();
        Assert.Equal([Ufrag(0), Ufrag(2)], Routed());
        Assert.True(Check(0));
        Assert.True(Check(2));
        Assert.Equal([Ufrag(2)], Routed());
    }

    [Fact]
    public void A_participant_that_leaves_between_two_restarts_takes_every_ufrag_along()
    {
        _peer.Connect();
        Restart();
        Restart();
        _kit.Remove(_peer);
        Assert.Empty(Routed());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Any_order_of_restarts_and_checks_routes_exactly_what_is_answered(ulong seed)
    {
        Netem.SeededRandom random = new(seed);
        for (int i = 0; i < 60; i++)
        {
            if (random.NextDouble() < 0.5)
            {
                Restart();
            }
            else
            {
                // Mostly of late, as peers are; now and then of long ago, as hostile ones.
                int back = (int)(random.NextDouble() * Math.Min(4, _generations.Count));
                int generation = _generations.Count - 1 - back;
                bool routed = Routed().Contains(Ufrag(generation));
                Assert.Equal(routed, Check(generation));
            }

            Assert.Contains(Ufrag(_generations.Count - 1), Routed());
            Assert.InRange(Routed().Count, 1, 2);
        }
    }

    private ulong Ufrag(int generation) => IceUfrag.Pack(_generations[generation].Server.Ufrag);

    private void Restart()
    {
        _peer.Peer.Ice = _peer.Peer.NewIce();
        _peer.Negotiate();
        string[] lines = _peer.Answer.Split("\r\n");
        string Value(string name) => lines.First(line => line.StartsWith(name, StringComparison.Ordinal))[name.Length..];
        _peer.Peer.Server = new IceCredentials(Value("a=ice-ufrag:"), Value("a=ice-pwd:"));
        _generations.Add((_peer.Peer.Server, _peer.Peer.Ice));
    }

    /// <summary>A check with the credentials of one generation; whether it was answered.</summary>
    private bool Check(int generation)
    {
        int before = _peer.Peer.ChecksAnswered;
        (_peer.Peer.Server, _peer.Peer.Ice) = _generations[generation];
        _peer.Peer.Check();
        (_peer.Peer.Server, _peer.Peer.Ice) = _generations[^1];
        _kit.Deliver();
        return _peer.Peer.ChecksAnswered > before;
    }

    /// <summary>The shell's table as the events have made it; each name comes once and goes once.</summary>
    private List<ulong> Routed()
    {
        List<ulong> routed = [];
        foreach (SfuEvent e in _kit.Events)
        {
            switch (e)
            {
                case UfragAdded added:
                    Assert.DoesNotContain(added.PackedUfrag, routed);
                    routed.Add(added.PackedUfrag);
                    break;
                case UfragRemoved removed:
                    Assert.True(routed.Remove(removed.PackedUfrag), "removed what was not there");
                    break;
            }
        }

        return routed;
    }
}
