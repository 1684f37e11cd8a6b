using Wardline.Client.E2ee;
using Wardline.Netem;

namespace Wardline.Client.Tests.E2ee;

/// <summary>Bytes between members: messages, envelopes, base64url.</summary>
public sealed class FormatTests
{
    private static readonly SeededRandom Random = new(7);

    private static byte[] Fill(int length, int value) => [.. Enumerable.Repeat((byte)value, length)];

    public static TheoryData<int> Messages => [0, 1, 2, 3];

    private static (E2eeMessage Message, int Length) Message(int which) => which switch
    {
        0 => (E2eeMessage.Key(0xfffffffe, Fill(60, 1)), 66),
        1 => (E2eeMessage.Ack(1, Fill(28, 2)), 34),
        2 => (E2eeMessage.Commit([0, 7, 255], Fill(32, 3), again: true), 39),
        _ => (E2eeMessage.Reveal([1, 2], Fill(32, 4)), 37),
    };

    [Theory]
    [MemberData(nameof(Messages))]
    public void Messages_are_read_as_they_were_written_and_refused_in_every_other_length(int which)
    {
        (E2eeMessage message, int length) = Message(which);
        string body = message.Encode();
        byte[] bytes = Bytes.FromBase64Url(body)!;
        Assert.Equal(length, bytes.Length);
        E2eeMessage read = E2eeMessage.Decode(body)!;
        Assert.Equal((message.Type, message.Epoch, message.Again), (read.Type, read.Epoch, read.Again));
        Assert.Equal(message.Members, read.Members);
        Assert.Equal(message.Value, read.Value);
        for (int cut = 0; cut < bytes.Length; cut++)
        {
            Assert.Null(E2eeMessage.Decode(Bytes.ToBase64Url(bytes.AsSpan(0, cut))));
        }

        Assert.Null(E2eeMessage.Decode(Bytes.ToBase64Url([.. bytes, 0])));
        Assert.Null(E2eeMessage.Decode(Bytes.ToBase64Url([2, .. bytes[1..]])));
    }

    [Fact]
    public void A_set_names_members_once_and_in_order_at_least_two_and_at_most_32()
    {
        foreach (byte[] members in new byte[][] { [], [1], [2, 1], [3, 3] })
        {
            Assert.Null(E2eeMessage.Decode(E2eeMessage.Reveal(members, Fill(32, 0)).Encode()));
        }

        byte[] most = [.. Enumerable.Range(0, 32).Select(i => (byte)i)];
        string body = E2eeMessage.Commit(most, Fill(32, 0), again: false).Encode();
        Assert.Equal(most, E2eeMessage.Decode(body)!.Members);
        Assert.Null(E2eeMessage.Decode(Bytes.ToBase64Url([1, 4, 33, .. most, 32, .. Fill(32, 0)])));
    }

    [Fact]
    public void Whatever_comes_is_refused_or_has_one_reading()
    {
        int taken = 0;
        for (int i = 0; i < 20_000; i++)
        {
            byte[] bytes = Bytes.FromBase64Url(Message(i % 4).Message.Encode())!;
            for (int changes = 1 + Random.Next(3); changes > 0; changes--)
            {
                bytes[Random.Next(bytes.Length)] = (byte)Random.Next(256);
            }

            if (E2eeMessage.Decode(Bytes.ToBase64Url(bytes)) is not { } message)
            {
                continue;
            }

            taken++;
            if (message.Type == E2eeMessageType.Commit)
            {
                bytes[2] &= 1; // flags that mean nothing yet
            }

            Assert.Equal(bytes, Bytes.FromBase64Url(message.Encode()));
        }

        Assert.InRange(taken, 5_000, 19_999);
    }

    [Fact]
    public void Base64url_has_no_padding_blanks_or_other_letters()
    {
        foreach (string bad in new[] { "A", "AA==", "AAA=", "A A", "AA\n", "AA+A", "AA/A", "AAAAA", "é", "AA\0A" })
        {
            Assert.Null(Bytes.FromBase64Url(bad));
        }

        Assert.Null(Bytes.FromBase64Url(null));
        Assert.Equal([], Bytes.FromBase64Url("")!);
        Assert.Equal([0xfb, 0xff], Bytes.FromBase64Url("-_8")!);
    }

    [Fact]
    public void An_envelope_opens_in_its_direction_and_for_its_purpose_epoch_visit_and_members_only()
    {
        using OwnKeys a = new(), b = new(), c = new();
        using PairKeys ab = PairKeys.Agree("v", a, b.PublicKey)!, ba = PairKeys.Agree("v", b, a.PublicKey)!;
        using PairKeys other = PairKeys.Agree("w", b, a.PublicKey)!, stranger = PairKeys.Agree("v", c, a.PublicKey)!;
        byte[] envelope = ab.Seal(EnvelopePurpose.SenderKey, 5, Fill(32, 9), Random);
        byte[] opened = new byte[32];
        Assert.True(ba.TryOpen(EnvelopePurpose.SenderKey, 5, envelope, opened));
        Assert.Equal(Fill(32, 9), opened);
        Assert.False(ba.TryOpen(EnvelopePurpose.SenderKey, 6, envelope, opened));
        Assert.False(ba.TryOpen(EnvelopePurpose.Acknowledgement, 5, envelope, opened));
        Assert.False(ab.TryOpen(EnvelopePurpose.SenderKey, 5, envelope, opened));
        Assert.False(other.TryOpen(EnvelopePurpose.SenderKey, 5, envelope, opened));
        Assert.False(stranger.TryOpen(EnvelopePurpose.SenderKey, 5, envelope, opened));
        Assert.False(ba.TryOpen(EnvelopePurpose.SenderKey, 5, envelope.AsSpan(1), opened));
        for (int i = 0; i < envelope.Length; i++)
        {
            byte[] changed = [.. envelope];
            changed[i] ^= 1;
            Assert.False(ba.TryOpen(EnvelopePurpose.SenderKey, 5, changed, opened));
        }
    }

    [Fact]
    public void No_pair_is_made_with_our_own_key_a_point_off_the_curve_or_bytes_of_another_form()
    {
        using OwnKeys own = new(), other = new();
        byte[] off = [.. other.PublicKey], compressed = [.. other.PublicKey];
        off[64] ^= 1;
        compressed[0] = 2;
        foreach (byte[] bad in new[] { own.PublicKey, off, compressed, Fill(65, 4), Fill(65, 0), Fill(65, 0xff), [4, .. Fill(64, 0xff)], [4, .. Fill(64, 0)], other.PublicKey[..33], [] })
        {
            Assert.Null(PairKeys.Agree("v", own, bad));
        }

        using PairKeys? pair = PairKeys.Agree("v", own, other.PublicKey);
        Assert.NotNull(pair);
    }

    [Fact]
    public void The_replay_window_forgets_everything_before_a_great_jump_and_takes_nothing_twice_after_it()
    {
        ReplayWindow window = new();
        foreach (long counter in new[] { 0, 1, 5_000_000_000, 4_999_999_990 })
        {
            Assert.True(window.IsFresh(counter));
            window.Take(counter);
        }

        foreach (long counter in new[] { 0, 2, 5_000_000_000, 4_999_999_990, 5_000_000_000 - 1_024 })
        {
            Assert.False(window.IsFresh(counter));
        }

        Assert.True(window.IsFresh(5_000_000_000 - 1_023));
    }
}
