using System.Buffers.Binary;
using Wardline.Rtc.Stun;

namespace Wardline.Rtc.Ice;

/// <summary>
/// Finds the agent that a check from an unknown address is for, before anything is verified: the USERNAME of a
/// check is "our ufrag:their ufrag" (RFC 8445 §7.2.2), and ours has eight characters.
/// </summary>
public static class IceUfrag
{
    /// <summary>The key of an ufrag in a look-up table; 0 when it has not eight characters, so it is nobody's.</summary>
    public static ulong Pack(string ufrag)
    {
        if (ufrag.Length != IceCredentials.LocalUfragLength)
        {
            return 0;
        }

        ulong packed = 0;
        foreach (char c in ufrag)
        {
            packed = packed << 8 | (byte)c;
        }

        return packed;
    }

    /// <summary>
    /// Reads our side of the USERNAME of a binding request. Only looks: the agent parses and verifies the whole
    /// message later. False for everything that is not a request with such a USERNAME.
    /// </summary>
    public static bool TryReadLocal(ReadOnlySpan<byte> datagram, out ulong packedLocalUfrag)
    {
        packedLocalUfrag = 0;
        if (!StunMessage.LooksLikeStun(datagram) || datagram.Length > StunMessage.MaxBytes ||
            BinaryPrimitives.ReadUInt16BigEndian(datagram) != (ushort)StunMethod.Binding)
        {
            return false;
        }

        int at = StunMessage.HeaderBytes;
        for (int count = 0; count < StunMessage.MaxAttributes && at + 4 <= datagram.Length; count++)
        {
            int type = BinaryPrimitives.ReadUInt16BigEndian(datagram[at..]);
            int length = BinaryPrimitives.ReadUInt16BigEndian(datagram[(at + 2)..]);
            if (at + 4 + length > datagram.Length)
            {
                return false;
            }

            if (type == (int)StunAttribute.Username)
            {
                return TrySplit(datagram.Slice(at + 4, length), out packedLocalUfrag);
            }

            at += 4 + (length + 3 & ~3);
        }

        return false;
    }

    private static bool TrySplit(ReadOnlySpan<byte> username, out ulong packed)
    {
        if (username.Length <= IceCredentials.LocalUfragLength || username[IceCredentials.LocalUfragLength] != ':')
        {
            packed = 0;
            return false;
        }

        packed = BinaryPrimitives.ReadUInt64BigEndian(username);
        return true;
    }
}
