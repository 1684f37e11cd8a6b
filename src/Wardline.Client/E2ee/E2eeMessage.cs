using System.Buffers.Binary;

namespace Wardline.Client.E2ee;

internal enum E2eeMessageType
{
    Key = 1,
    Ack = 2,
    Commit = 3,
    Reveal = 4,
}

// The body of an `e2ee` message is base64url of (docs/design/e2ee.md, "Messages"):
//
//  0        1        2
// +--------+--------+---------------------------------------------------------------+
// | ver 1  | type 1 | epoch 4 | nonce 12 | sealed base key 32 | tag 16               |  key      66 bytes
// | ver 1  | type 2 | epoch 4 | nonce 12 | tag 16                                    |  ack      34
// | ver 1  | type 3 | flags 1 | n 1 | n member numbers, ascending | commitment 32     |  commit   36 + n
// | ver 1  | type 4 | n 1 | n member numbers, ascending | nonce 32                    |  reveal   35 + n
// +--------+--------+---------------------------------------------------------------+
//                    flags bit 0: please say yours again           2 ≤ n ≤ 32
internal sealed class E2eeMessage
{
    public const int MaxMembers = 32;
    private const byte Version = 1;
    private const int ValueBytes = 32;
    private const int MaxBodyChars = 8192;
    private const int EnvelopeAt = 6;
    private const int KeyBytes = EnvelopeAt + PairKeys.NonceBytes + 32 + PairKeys.TagBytes;
    private const int AckBytes = EnvelopeAt + PairKeys.NonceBytes + PairKeys.TagBytes;

    private E2eeMessage(E2eeMessageType type)
    {
        Type = type;
    }

    public E2eeMessageType Type { get; }

    /// <summary>Of a key and of an acknowledgement.</summary>
    public uint Epoch { get; private init; }

    /// <summary>Of a commit: the sender asks for everything once more.</summary>
    public bool Again { get; private init; }

    /// <summary>Of a commit and a reveal: the numbers of the set, ascending.</summary>
    public byte[] Members { get; private init; } = [];

    /// <summary>The envelope of a key or an acknowledgement, the commitment, or the nonce.</summary>
    public byte[] Value { get; private init; } = [];

    public static E2eeMessage Key(uint epoch, byte[] envelope) => new(E2eeMessageType.Key) { Epoch = epoch, Value = envelope };

    public static E2eeMessage Ack(uint epoch, byte[] envelope) => new(E2eeMessageType.Ack) { Epoch = epoch, Value = envelope };

    public static E2eeMessage Commit(byte[] members, byte[] commitment, bool again) =>
        new(E2eeMessageType.Commit) { Members = members, Value = commitment, Again = again };

    public static E2eeMessage Reveal(byte[] members, byte[] nonce) => new(E2eeMessageType.Reveal) { Members = members, Value = nonce };

    public string Encode()
    {
        Span<byte> body = stackalloc byte[4 + MaxMembers + ValueBytes + 1];
        body[0] = Version;
        body[1] = (byte)Type;
        int at = 2;
        if (Type is E2eeMessageType.Key or E2eeMessageType.Ack)
        {
            BinaryPrimitives.WriteUInt32BigEndian(body[2..], Epoch);
            at = EnvelopeAt;
        }
        else
        {
            if (Type == E2eeMessageType.Commit)
            {
                body[at++] = (byte)(Again ? 1 : 0);
            }

            body[at++] = checked((byte)Members.Length);
            Members.CopyTo(body[at..]);
            at += Members.Length;
        }

        Value.CopyTo(body[at..]);
        return Bytes.ToBase64Url(body[..(at + Value.Length)]);
    }

    /// <summary>Null for anything that is not exactly such a message. Never throws.</summary>
    public static E2eeMessage? Decode(string? body)
    {
        if (body is null || body.Length > MaxBodyChars || Bytes.FromBase64Url(body) is not { Length: >= 2 } bytes || bytes[0] != Version)
        {
            return null;
        }

        switch ((E2eeMessageType)bytes[1])
        {
            case E2eeMessageType.Key when bytes.Length == KeyBytes:
                return Key(BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(2)), bytes[EnvelopeAt..]);
            case E2eeMessageType.Ack when bytes.Length == AckBytes:
                return Ack(BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(2)), bytes[EnvelopeAt..]);
            case E2eeMessageType.Commit when TryReadSet(bytes, 3, out byte[] members, out byte[] value):
                return Commit(members, value, (bytes[2] & 1) == 1);
            case E2eeMessageType.Reveal when TryReadSet(bytes, 2, out byte[] members, out byte[] value):
                return Reveal(members, value);
            default:
                return null;
        }
    }

    private static bool TryReadSet(byte[] bytes, int at, out byte[] members, out byte[] value)
    {
        members = value = [];
        if (bytes.Length <= at)
        {
            return false;
        }

        int count = bytes[at];
        if (count is < 2 or > MaxMembers || bytes.Length != at + 1 + count + ValueBytes)
        {
            return false;
        }

        for (int i = at + 2; i <= at + count; i++)
        {
            if (bytes[i] <= bytes[i - 1])
            {
                return false;
            }
        }

        members = bytes[(at + 1)..(at + 1 + count)];
        value = bytes[(at + 1 + count)..];
        return true;
    }
}
