using System.Text;
using Wardline.Netem;
using Wardline.Rtc.Ice;
using Wardline.Rtc.Stun;

namespace Wardline.Rtc.Tests.Ice;

/// <summary>The controlling agent against the real lite one, in virtual time.</summary>
public sealed class IceAgentTests
{
    private static readonly TransportAddress s_direct = TransportAddress.Udp([192, 0, 2, 1], 7881);
    private static readonly TransportAddress s_relayed = TransportAddress.Udp([192, 0, 2, 1], 7882);
    private static readonly TransportAddress s_elsewhere = TransportAddress.Udp([198, 51, 100, 9], 9);
    private static readonly LinkConditions s_link = new() { Delay = TimeSpan.FromMilliseconds(15) };

    [Fact]
    public void Finds_the_path_and_both_ends_agree_on_it()
    {
        Pair pair = new(s_link);
        pair.Agent.AddPath(s_direct, 200, pair.Now);
        Assert.Equal(IceAgentState.Checking, pair.Agent.State);
        pair.Run(90);
        Assert.Equal(IceAgentState.Connected, pair.Agent.State);
        Assert.Equal(s_direct, pair.Agent.Selected);
        Assert.NotNull(pair.Lite.Selected);
        Assert.True(pair.Agent.IsValidated(s_direct));
        Assert.False(pair.Agent.IsValidated(s_elsewhere));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Forty_percent_loss_only_delays_it(int seed)
    {
        Pair pair = new(s_link with { Loss = LossModel.Random(0.4) }, (ulong)seed);
        pair.Agent.AddPath(s_direct, 200, pair.Now);
        pair.Run(4000);
        Assert.Equal(s_direct, pair.Agent.Selected);
    }

    [Fact]
    public void Of_two_that_answer_the_better_is_nominated_whichever_answers_first()
    {
        Pair pair = new(s_link);
        pair.Agent.AddPath(s_relayed, 100, pair.Now);
        pair.Run(10);
        pair.Agent.AddPath(s_direct, 200, pair.Now);
        pair.Run(200);
        Assert.Equal(s_direct, pair.Agent.Selected);
    }

    [Fact]
    public void A_better_path_that_is_dead_delays_the_other_by_a_tenth_of_a_second_only()
    {
        Pair pair = new(s_link) { Dead = s_direct };
        pair.Agent.AddPath(s_direct, 200, pair.Now);
        pair.Agent.AddPath(s_relayed, 100, pair.Now);
        pair.Run(250);
        Assert.Equal(s_relayed, pair.Agent.Selected);
    }

    [Fact]
    public void While_the_nomination_of_a_worse_path_is_not_answered_no_timer_rings_without_end()
    {
        Pair pair = new(s_link with { Delay = TimeSpan.FromMilliseconds(150) }) { Dead = s_direct };
        pair.Agent.AddPath(s_direct, 200, pair.Now);
        pair.Agent.AddPath(s_relayed, 100, pair.Now);
        pair.Run(1000);
        Assert.Equal(s_relayed, pair.Agent.Selected);
    }

    [Fact]
    public void Without_any_answer_it_fails_in_the_end()
    {
        Pair pair = new(s_link) { Dead = s_direct };
        pair.Agent.AddPath(s_direct, 200, pair.Now);
        pair.Run(20_000);
        Assert.Equal(IceAgentState.Failed, pair.Agent.State);
        Assert.Equal(Instant.Never, pair.Agent.NextTimeout);
        Assert.InRange(pair.Agent.Counters.ChecksSent, 5, 10);
    }

    [Fact]
    public void Consent_holds_as_long_as_the_path_lives_and_ends_thirty_seconds_after_it()
    {
        Pair pair = new(s_link);
        pair.Agent.AddPath(s_direct, 200, pair.Now);
        pair.Run(120_000);
        Assert.Equal(IceAgentState.Connected, pair.Agent.State);
        Assert.True(pair.Lite.ConsentExpires > pair.Now);
        Assert.InRange(pair.Agent.Counters.ChecksSent, 20, 40);

        pair.Dead = s_direct;
        pair.Run(24_000);
        Assert.Equal(IceAgentState.Connected, pair.Agent.State);
        pair.Run(12_000);
        Assert.Equal(IceAgentState.Failed, pair.Agent.State);
    }

    [Fact]
    public void A_path_that_is_silent_for_twenty_seconds_and_comes_back_keeps_consent()
    {
        Pair pair = new(s_link);
        pair.Agent.AddPath(s_direct, 200, pair.Now);
        pair.Run(1000);
        pair.Dead = s_direct;
        pair.Run(20_000);
        pair.Dead = null;
        pair.Run(60_000);
        Assert.Equal(IceAgentState.Connected, pair.Agent.State);
    }

    [Fact]
    public void A_restart_keeps_the_old_path_until_the_new_credentials_have_one()
    {
        Pair pair = new(s_link);
        pair.Agent.AddPath(s_direct, 200, pair.Now);
        pair.Run(500);

        SeededRandom random = new(77);
        IceCredentials local = IceCredentials.Create(random);
        IceCredentials remote = IceCredentials.Create(random);
        pair.Agent.Restart(local);
        pair.Lite.Restart(remote, local);
        pair.Agent.SetRemote(remote);
        Assert.Equal(s_direct, pair.Agent.Selected);
        Assert.True(pair.Agent.IsValidated(s_direct));
        pair.Agent.AddPath(s_relayed, 100, pair.Now);
        pair.Run(300);
        Assert.Equal(s_relayed, pair.Agent.Selected);
        Assert.False(pair.Agent.IsValidated(s_direct));
    }

    [Fact]
    public void Forged_misplaced_and_foreign_answers_prove_nothing()
    {
        Pair pair = new(s_link) { Dead = s_direct };
        pair.Agent.AddPath(s_direct, 200, pair.Now);
        pair.Run(1);
        byte[] check = pair.LastCheck!;

        Assert.Equal(IceAnswer.Refused, pair.Agent.Handle(Answer(check, "not-the-password-of-anybody-here"), s_direct, pair.Now));
        Assert.Equal(1, pair.Agent.Counters.WrongIntegrity);
        byte[] right = Answer(check, pair.Lite.Local.Password);
        Assert.Equal(IceAnswer.Refused, pair.Agent.Handle(right, s_elsewhere, pair.Now));
        Assert.Equal(1, pair.Agent.Counters.NonSymmetric);
        check[8] ^= 1;
        Assert.Equal(IceAnswer.Refused, pair.Agent.Handle(Answer(check, pair.Lite.Local.Password), s_direct, pair.Now));
        Assert.Equal(1, pair.Agent.Counters.UnknownTransactions);
        for (int length = 0; length < right.Length; length++)
        {
            Assert.Equal(IceAnswer.Refused, pair.Agent.Handle(right.AsSpan(0, length), s_direct, pair.Now));
        }

        Assert.False(pair.Agent.IsValidated(s_direct));

        // The right one, and then the right one again.
        Assert.Equal(IceAnswer.Accepted, pair.Agent.Handle(right, s_direct, pair.Now));
        Assert.Equal(IceAnswer.Refused, pair.Agent.Handle(right, s_direct, pair.Now));
    }

    [Fact]
    public void Paths_are_bounded_and_each_counts_once()
    {
        Pair pair = new(s_link);
        for (ushort port = 1; port <= IceAgent.MaxPaths; port++)
        {
            Assert.True(pair.Agent.AddPath(TransportAddress.Udp([192, 0, 2, 1], port), 1, pair.Now));
            Assert.False(pair.Agent.AddPath(TransportAddress.Udp([192, 0, 2, 1], port), 1, pair.Now));
        }

        Assert.False(pair.Agent.AddPath(s_elsewhere, 1, pair.Now));
    }

    private static byte[] Answer(byte[] check, string password)
    {
        byte[] answer = new byte[200];
        StunWriter writer = new(answer, StunClass.Success, StunMethod.Binding, check.AsSpan(8, 12));
        writer.AddXorMappedAddress(s_elsewhere);
        writer.AddMessageIntegrity(Encoding.ASCII.GetBytes(password));
        writer.AddFingerprint();
        return answer[..writer.Length];
    }

    /// <summary>Both agents with a link each way; every path of the client leads to the same lite agent.</summary>
    private sealed class Pair
    {
        private readonly Link _up;
        private readonly Link _down;
        private readonly Dictionary<ushort, TransportAddress> _pathOf = [];
        private readonly byte[] _buffer = new byte[Link.MaxDatagramBytes];
        private readonly byte[] _response = new byte[IceLiteAgent.MaxResponseBytes];

        public Pair(LinkConditions link, ulong seed = 1)
        {
            _up = new Link(link, seed);
            _down = new Link(link, seed + 1);
            SeededRandom random = new(seed + 2);
            Agent = new IceAgent(IceCredentials.Create(random), random);
            Lite = new IceLiteAgent(IceCredentials.Create(random), IceOptions.Default);
            Lite.SetRemote(Agent.Local);
            Agent.SetRemote(Lite.Local);
        }

        public IceAgent Agent { get; }

        public IceLiteAgent Lite { get; }

        public Instant Now { get; private set; } = Instant.FromMilliseconds(1000);

        public TransportAddress? Dead { get; set; }

        public byte[]? LastCheck { get; private set; }

        public void Run(int milliseconds)
        {
            for (int i = 0; i < milliseconds; i++)
            {
                Step();
                Now += TimeSpan.FromMilliseconds(1);
            }
        }

        private void Step()
        {
            if (Now >= Agent.NextTimeout)
            {
                Agent.HandleTimeout(Now);
                while (Agent.TryTakeCheck(Now, _buffer, out TransportAddress to, out int length))
                {
                    LastCheck = _buffer[..length];
                    if (to != Dead)
                    {
                        // The path's number travels in front, as an address would.
                        byte[] datagram = [(byte)(to.Port >> 8), (byte)to.Port, .. LastCheck];
                        _pathOf[to.Port] = to;
                        _up.Enqueue(datagram, Now);
                    }
                }

                // A loop that waits for the next timer would never sleep again.
                Assert.True(Agent.NextTimeout > Now, "a timer that was handled rings again at once");
            }

            while (_up.TryDequeue(Now, _buffer, out int length))
            {
                ushort port = (ushort)(_buffer[0] << 8 | _buffer[1]);
                TransportAddress client = TransportAddress.Udp([203, 0, 113, 5], port);
                Lite.Handle(_buffer.AsSpan(2, length - 2), client, Now, _response, out int answer);
                if (answer > 0)
                {
                    _down.Enqueue([(byte)(port >> 8), (byte)port, .. _response.AsSpan(0, answer)], Now);
                }
            }

            while (_down.TryDequeue(Now, _buffer, out int length))
            {
                ushort port = (ushort)(_buffer[0] << 8 | _buffer[1]);
                if (_pathOf[port] != Dead)
                {
                    Agent.Handle(_buffer.AsSpan(2, length - 2), _pathOf[port], Now);
                }
            }
        }
    }
}
