using System.Buffers.Binary;
using System.Text;
using Wardline.Rtc.Stun;

namespace Wardline.Rtc.Tests.Stun;

public sealed class StunMessageTests
{
    private delegate void Fill(ref StunWriter writer);

    private static byte[] Make(Fill fill, StunClass messageClass = StunClass.Request)
    {
        byte[] buffer = new byte[1600];
        StunWriter writer = new(buffer, messageClass, StunMethod.Binding, "transaction!"u8);
        fill(ref writer);
        return buffer[..writer.Length];
    }

    private static StunParse Parse(byte[] bytes) => StunMessage.TryParse(bytes, out _);

    [Fact]
    public void Names_what_is_wrong_with_a_header()
    {
        byte[] good = Make((ref StunWriter w) => w.AddUsername("a:b"u8));
        Assert.Equal(StunParse.Ok, Parse(good));
        Assert.Equal(StunParse.TooShort, Parse(good[..19]));
        Assert.Equal(StunParse.TooShort, Parse([]));
        Assert.Equal(StunParse.BadLength, Parse(good[..^1]));
        Assert.Equal(StunParse.BadLength, Parse([.. good, 0]));
        Assert.Equal(StunParse.BadLength, Parse(With(good, 3, (byte)(good[3] + 1))));
        Assert.Equal(StunParse.NotStun, Parse(With(good, 0, 0x80)));
        Assert.Equal(StunParse.NotStun, Parse(With(good, 4, 0)));
        Assert.Equal(StunParse.TooLong, Parse(Make((ref StunWriter w) => w.AddSoftware(new byte[1500]))));
    }

    [Fact]
    public void Refuses_attributes_whose_length_their_type_does_not_allow()
    {
        foreach ((StunAttribute type, int length) in new[]
        {
            (StunAttribute.MessageIntegrity, 19), (StunAttribute.MessageIntegrity, 32), (StunAttribute.Priority, 3),
            (StunAttribute.Priority, 8), (StunAttribute.UseCandidate, 1), (StunAttribute.IceControlled, 4),
            (StunAttribute.IceControlling, 16), (StunAttribute.ErrorCode, 3), (StunAttribute.XorMappedAddress, 12),
            (StunAttribute.XorMappedAddress, 0), (StunAttribute.Username, 509), (StunAttribute.Fingerprint, 8),
        })
        {
            Assert.Equal(StunParse.BadAttribute, Parse(Make((ref StunWriter w) => w.Add(type, new byte[length]))));
        }
    }

    [Fact]
    public void Refuses_an_attribute_that_runs_over_the_end()
    {
        byte[] bytes = Make((ref StunWriter w) => w.AddSoftware("name"u8));
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(22), 5);
        Assert.Equal(StunParse.BadAttribute, Parse(bytes));
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(22), 0xFFFF);
        Assert.Equal(StunParse.BadAttribute, Parse(bytes));
    }

    [Fact]
    public void Refuses_anything_behind_the_fingerprint()
    {
        byte[] bytes = Make((ref StunWriter w) =>
        {
            w.AddFingerprint();
            w.AddUseCandidate();
        });
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(24), StunIntegrity.Fingerprint(bytes, 20));
        Assert.Equal(StunParse.BadAttribute, Parse(bytes));
    }

    [Fact]
    public void Bounds_the_number_of_attributes()
    {
        Assert.Equal(StunParse.Ok, Parse(Many(StunMessage.MaxAttributes)));
        Assert.Equal(StunParse.TooManyAttributes, Parse(Many(StunMessage.MaxAttributes + 1)));

        static byte[] Many(int count) => Make((ref StunWriter w) =>
        {
            for (int i = 0; i < count; i++)
            {
                w.Add((StunAttribute)0x8100, default);
            }
        });
    }

    [Fact]
    public void What_stands_behind_the_integrity_is_not_read()
    {
        byte[] bytes = Make((ref StunWriter w) =>
        {
            w.AddUsername("a:b"u8);
            w.AddMessageIntegrity("key"u8);
            w.AddUsername("evil:b"u8);
            w.AddUseCandidate();
            w.AddPriority(1);
            w.Add((StunAttribute)0x7777, default);
            w.AddFingerprint();
        });
        Assert.Equal(StunParse.Ok, StunMessage.TryParse(bytes, out StunMessage message));
        Assert.Equal("a:b", Encoding.ASCII.GetString(message.Username));
        Assert.True(message.VerifyIntegrity("key"u8));
        Assert.True(message.HasFingerprint);
        Assert.False(message.HasUseCandidate);
        Assert.Null(message.Priority);
        Assert.Equal(0, message.UnknownRequiredCount);
        Assert.Equal(0, message.CopyUnknownRequired(stackalloc ushort[4]));
    }

    [Fact]
    public void Of_an_attribute_that_comes_twice_the_first_counts()
    {
        byte[] bytes = Make((ref StunWriter w) =>
        {
            w.AddPriority(1);
            w.AddPriority(2);
        });
        StunMessage.TryParse(bytes, out StunMessage message);
        Assert.Equal(1u, message.Priority);
    }

    [Fact]
    public void An_absent_integrity_does_not_verify()
    {
        Assert.Equal(StunParse.Ok, StunMessage.TryParse(Make((ref StunWriter w) => w.AddFingerprint()), out StunMessage message));
        Assert.False(message.HasIntegrity);
        Assert.False(message.VerifyIntegrity([]));
    }

    [Theory]
    [InlineData(400)]
    [InlineData(487)]
    [InlineData(699)]
    public void Error_codes_survive_the_way_to_bytes_and_back(int code)
    {
        byte[] bytes = Make((ref StunWriter w) => w.AddErrorCode(code, "reason"u8), StunClass.Error);
        StunMessage.TryParse(bytes, out StunMessage message);
        Assert.Equal((StunClass.Error, code), (message.Class, message.ErrorCode));
    }

    [Fact]
    public void All_classes_and_methods_survive_the_way_to_bytes_and_back()
    {
        byte[] buffer = new byte[20];
        foreach (StunClass c in Enum.GetValues<StunClass>())
        {
            // RFC 7983 §7 leaves STUN the first bytes 0 to 3, and with them the methods below 0x100.
            for (int method = 0; method < 0x100; method++)
            {
                _ = new StunWriter(buffer, c, (StunMethod)method, "transaction!"u8);
                Assert.Equal(StunParse.Ok, StunMessage.TryParse(buffer, out StunMessage message));
                Assert.Equal((c, (StunMethod)method), (message.Class, message.Method));
            }
        }
    }

    [Fact]
    public void The_checksum_is_the_one_everybody_else_computes()
    {
        // The check value of CRC-32/ISO-HDLC, and every length around the step of four.
        Assert.Equal(0xCBF43926u, Crc32.Compute("123456789"u8));
        byte[] bytes = [.. Enumerable.Range(0, 40).Select(i => (byte)(i * 37))];
        for (int length = 0; length <= bytes.Length; length++)
        {
            uint slow = 0xFFFFFFFF;
            foreach (byte b in bytes.AsSpan(0, length))
            {
                slow ^= b;
                for (int bit = 0; bit < 8; bit++)
                {
                    slow = (slow & 1) != 0 ? slow >> 1 ^ 0xEDB88320 : slow >> 1;
                }
            }

            Assert.Equal(~slow, Crc32.Compute(bytes.AsSpan(0, length)));
        }
    }

    private static byte[] With(byte[] bytes, int at, byte value)
    {
        byte[] copy = [.. bytes];
        copy[at] = value;
        return copy;
    }
}
