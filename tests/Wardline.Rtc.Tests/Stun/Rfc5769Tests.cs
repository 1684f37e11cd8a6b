using System.Net;
using System.Security.Cryptography;
using System.Text;
using Wardline.Rtc.Stun;

namespace Wardline.Rtc.Tests.Stun;

/// <summary>The published test vectors of RFC 5769.</summary>
public sealed class Rfc5769Tests
{
    private static readonly byte[] Password = "VOkJxbRl1RmTxUk/WvJxBt"u8.ToArray();

    // §2.1
    private static readonly byte[] Request = Convert.FromHexString(
        "000100582112a442b7e7a701bc34d686fa87dfae" +
        "802200105354554e207465737420636c69656e74" +
        "002400046e0001ff" +
        "80290008932ff9b151263b36" +
        "000600096576746a3a68367659202020" +
        "000800149aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a2" +
        "80280004e57a3bcf");

    // §2.2
    private static readonly byte[] ResponseIPv4 = Convert.FromHexString(
        "0101003c2112a442b7e7a701bc34d686fa87dfae" +
        "8022000b7465737420766563746f7220" +
        "002000080001a147e112a643" +
        "000800142b91f599fd9e90c38c7489f92af9ba53f06be7d7" +
        "80280004c07d4c96");

    // §2.3
    private static readonly byte[] ResponseIPv6 = Convert.FromHexString(
        "010100482112a442b7e7a701bc34d686fa87dfae" +
        "8022000b7465737420766563746f7220" +
        "002000140002a1470113a9faa5d3f179bc25f4b5bed2b9d9" +
        "00080014a382954e4be67bf11784c97c8292c275bfe3ed41" +
        "80280004c8fb0b4c");

    // §2.4
    private static readonly byte[] LongTermRequest = Convert.FromHexString(
        "000100602112a44278ad3433c6ad72c029da412e" +
        "00060012e3839ee38388e383aae38383e382afe382b90000" +
        "0015001c662f2f3439396b39353464364f4c33346f4c39465354767936347341" +
        "0014000b6578616d706c652e6f726700" +
        "00080014f67024656dd64a3e02b8e0712e85c9a28ca89666");

    [Fact]
    public void The_sample_request_parses_and_verifies()
    {
        Assert.Equal(StunParse.Ok, StunMessage.TryParse(Request, out StunMessage message));
        Assert.Equal(StunClass.Request, message.Class);
        Assert.Equal(StunMethod.Binding, message.Method);
        Assert.Equal("evtj:h6vY", Encoding.ASCII.GetString(message.Username));
        Assert.Equal(0x6e0001ffu, message.Priority);
        Assert.Equal(0x932ff9b151263b36ul, message.IceControlled);
        Assert.Null(message.IceControlling);
        Assert.False(message.HasUseCandidate);
        Assert.True(message.HasFingerprint);
        Assert.Equal(0, message.UnknownRequiredCount);
        Assert.True(message.VerifyIntegrity(Password));
        Assert.False(message.VerifyIntegrity("VOkJxbRl1RmTxUk/WvJxBu"u8));
    }

    [Theory]
    [InlineData(false, "192.0.2.1")]
    [InlineData(true, "2001:db8:1234:5678:11:2233:4455:6677")]
    public void The_sample_responses_parse_verify_and_carry_the_mapped_address(bool v6, string address)
    {
        Assert.Equal(StunParse.Ok, StunMessage.TryParse(v6 ? ResponseIPv6 : ResponseIPv4, out StunMessage message));
        Assert.Equal(StunClass.Success, message.Class);
        Assert.True(message.HasFingerprint);
        Assert.True(message.VerifyIntegrity(Password));
        Assert.True(message.TryGetXorMappedAddress(out TransportAddress mapped));
        Assert.Equal(TransportAddress.From(new IPEndPoint(IPAddress.Parse(address), 32853)), mapped);
    }

    [Fact]
    public void The_request_with_long_term_credentials_verifies_and_names_what_ice_does_not_know()
    {
        Assert.Equal(StunParse.Ok, StunMessage.TryParse(LongTermRequest, out StunMessage message));
        Assert.Equal("マトリックス", Encoding.UTF8.GetString(message.Username));
        Assert.False(message.HasFingerprint);
        byte[] key = MD5.HashData(Encoding.UTF8.GetBytes("マトリックス:example.org:TheMatrIX"));
        Assert.True(message.VerifyIntegrity(key));

        Span<ushort> unknown = stackalloc ushort[4];
        Assert.Equal(2, message.UnknownRequiredCount);
        Assert.Equal(2, message.CopyUnknownRequired(unknown));
        Assert.Equal([0x0015, 0x0014], unknown[..2].ToArray());
    }

    [Fact]
    public void The_writer_makes_the_sample_request_byte_for_byte()
    {
        byte[] buffer = new byte[200];
        StunWriter writer = new(buffer, StunClass.Request, StunMethod.Binding, Request.AsSpan(8, 12)) { Padding = (byte)' ' };
        writer.AddSoftware("STUN test client"u8);
        writer.AddPriority(0x6e0001ff);
        writer.AddIceControlled(0x932ff9b151263b36);
        writer.AddUsername("evtj:h6vY"u8);
        writer.AddMessageIntegrity(Password);
        writer.AddFingerprint();
        Assert.Equal(Request, buffer[..writer.Length]);
    }

    [Theory]
    [InlineData(false, "192.0.2.1")]
    [InlineData(true, "2001:db8:1234:5678:11:2233:4455:6677")]
    public void The_writer_makes_the_sample_responses_byte_for_byte(bool v6, string address)
    {
        byte[] expected = v6 ? ResponseIPv6 : ResponseIPv4;
        byte[] buffer = new byte[200];
        StunWriter writer = new(buffer, StunClass.Success, StunMethod.Binding, expected.AsSpan(8, 12)) { Padding = (byte)' ' };
        writer.AddSoftware("test vector"u8);
        writer.AddXorMappedAddress(TransportAddress.From(new IPEndPoint(IPAddress.Parse(address), 32853)));
        writer.AddMessageIntegrity(Password);
        writer.AddFingerprint();
        Assert.Equal(expected, buffer[..writer.Length]);
    }

    [Fact]
    public void Every_single_flipped_bit_of_the_sample_request_is_noticed()
    {
        byte[] damaged = new byte[Request.Length];
        for (int bit = 0; bit < Request.Length * 8; bit++)
        {
            Request.CopyTo(damaged, 0);
            damaged[bit / 8] ^= (byte)(1 << bit % 8);
            bool accepted = StunMessage.TryParse(damaged, out StunMessage message) == StunParse.Ok &&
                message.HasFingerprint && message.VerifyIntegrity(Password);
            Assert.False(accepted, $"bit {bit}");
        }
    }
}
