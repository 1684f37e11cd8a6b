using System.Buffers.Binary;
using System.Text;
using Wardline.Rtc.Ice;
using Wardline.Rtc.Stun;

namespace Wardline.Media.Tests.Peers;

/// <summary>The controlling side of ICE towards a lite agent: makes checks, judges answers (RFC 8445 §7.2).</summary>
internal sealed class IceChecker(IceCredentials local, IceCredentials server)
{
    private readonly byte[] _username = Encoding.ASCII.GetBytes($"{server.Ufrag}:{local.Ufrag}");
    private readonly byte[] _key = Encoding.ASCII.GetBytes(server.Password);
    private long _transactions;

    public int Answers { get; private set; }

    public int Refusals { get; private set; }

    public byte[] Check(bool nominate = true, string? password = null)
    {
        Span<byte> transaction = stackalloc byte[12];
        BinaryPrimitives.WriteInt64BigEndian(transaction, ++_transactions);
        BinaryPrimitives.WriteInt32BigEndian(transaction[8..], GetHashCode());
        byte[] buffer = new byte[256];
        StunWriter writer = new(buffer, StunClass.Request, StunMethod.Binding, transaction);
        writer.AddUsername(_username);
        writer.AddPriority(0x6E7F00FF);
        writer.AddIceControlling(7);
        if (nominate)
        {
            writer.AddUseCandidate();
        }

        writer.AddMessageIntegrity(password is null ? _key : Encoding.ASCII.GetBytes(password));
        writer.AddFingerprint();
        return buffer[..writer.Length];
    }

    /// <returns>Whether it was STUN.</returns>
    public bool Take(ReadOnlySpan<byte> packet)
    {
        if (!StunMessage.LooksLikeStun(packet) || StunMessage.TryParse(packet, out StunMessage message) != StunParse.Ok)
        {
            return false;
        }

        if (message.Class == StunClass.Success && message.VerifyIntegrity(_key))
        {
            Answers++;
        }
        else if (message.Class == StunClass.Error)
        {
            Refusals++;
        }

        return true;
    }
}
