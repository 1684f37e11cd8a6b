using System.Text;
using Wardline.Rtc.Ice;
using Wardline.Rtc.Stun;

namespace Wardline.Rtc.Tests.Ice;

public sealed class IceUfragTests
{
    [Fact]
    public void Our_side_of_the_user_name_is_found_without_reading_the_rest()
    {
        IceKit kit = new();
        Assert.True(IceUfrag.TryReadLocal(kit.Check(kit.Agent.Local, IceKit.Peer), out ulong packed));
        Assert.Equal(IceUfrag.Pack(kit.Agent.Local.Ufrag), packed);
        Assert.True(kit.Agent.AcceptsUfrag(packed));
        Assert.False(kit.Agent.AcceptsUfrag(packed + 1));
        Assert.False(kit.Agent.AcceptsUfrag(0));
    }

    [Theory]
    [InlineData("short:gcHZ")]
    [InlineData("muchtoolong:gcHZ")]
    [InlineData("abcdefgh")]
    [InlineData("abcdefg:h")]
    [InlineData("")]
    public void A_user_name_whose_first_part_has_not_eight_characters_is_nobodys(string username)
    {
        IceKit kit = new();
        byte[] check = kit.Check(kit.Agent.Local, IceKit.Peer, change: b => b.Username = username);
        Assert.False(IceUfrag.TryReadLocal(check, out ulong packed));
        Assert.Equal(0ul, packed);
    }

    [Fact]
    public void Only_requests_are_looked_at()
    {
        IceKit kit = new();
        Assert.False(IceUfrag.TryReadLocal(kit.Check(kit.Agent.Local, IceKit.Peer, change: b => b.Class = StunClass.Success), out _));
        Assert.False(IceUfrag.TryReadLocal(kit.Check(kit.Agent.Local, IceKit.Peer, change: b => b.Username = null), out _));
        Assert.False(IceUfrag.TryReadLocal([], out _));
        Assert.False(IceUfrag.TryReadLocal(new byte[100], out _));
    }

    [Fact]
    public void Every_truncation_is_refused_or_still_names_the_same_agent()
    {
        IceKit kit = new();
        byte[] check = kit.Check(kit.Agent.Local, IceKit.Peer);
        for (int length = 0; length < check.Length; length++)
        {
            if (IceUfrag.TryReadLocal(check.AsSpan(0, length), out ulong packed))
            {
                Assert.Equal(IceUfrag.Pack(kit.Agent.Local.Ufrag), packed);
            }
        }
    }

    [Fact]
    public void Credentials_are_ice_chars_of_full_strength_and_hide_the_password()
    {
        IceKit kit = new(seed: 5);
        HashSet<char> seen = [];
        for (int i = 0; i < 200; i++)
        {
            IceCredentials made = IceCredentials.Create(kit);
            Assert.True(made.IsWellFormed);
            Assert.Equal((8, 32), (made.Ufrag.Length, made.Password.Length));
            Assert.DoesNotContain(made.Password, made.ToString());
            seen.UnionWith(made.Password);
        }

        Assert.Equal(64, seen.Count);
    }

    [Theory]
    [InlineData("abc", "0123456789012345678901", false)]
    [InlineData("abcd", "012345678901234567890", false)]
    [InlineData("abcd", "0123456789012345678901", true)]
    [InlineData("ab:d", "0123456789012345678901", false)]
    [InlineData("abcd", "0123456789 12345678901", false)]
    [InlineData("abcd", "0123456789é12345678901", false)]
    public void Credentials_of_a_peer_are_held_against_the_grammar(string ufrag, string password, bool good) =>
        Assert.Equal(good, new IceCredentials(ufrag, password).IsWellFormed);

    [Fact]
    public void Packing_keeps_the_order_of_the_characters() =>
        Assert.Equal("ABCDabcd", Encoding.ASCII.GetString(BitConverter.GetBytes(System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(IceUfrag.Pack("ABCDabcd")))));
}
