using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;

namespace Wardline.Cli.Doctor;

/// <summary>As much of a TURN client (RFC 8656) as it takes to get an allocation, to ask whom it reaches, and to give it back.</summary>
internal sealed class TurnConnection : IAsyncDisposable
{
    private const ushort Allocate = 0x0003;
    private const ushort Refresh = 0x0004;
    private const ushort CreatePermission = 0x0008;
    private const ushort SendIndication = 0x0016;
    private const ushort Success = 0x0100;
    private const ushort ErrorClass = 0x0110;
    private const uint MagicCookie = 0x2112A442;

    private readonly Socket _socket;
    private readonly Stream? _stream;
    private byte[] _key = [];
    private byte[] _username = [];
    private byte[] _realm = [];
    private byte[] _nonce = [];

    private TurnConnection(Socket socket, Stream? stream) => (_socket, _stream) = (socket, stream);

    public static async Task<TurnConnection> OpenAsync(string host, int port, bool udp, bool tls, CancellationToken cancel)
    {
        Socket socket = udp ? new(SocketType.Dgram, ProtocolType.Udp) : new(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(host, port, cancel);
            if (udp)
            {
                return new TurnConnection(socket, null);
            }

            Stream stream = new NetworkStream(socket);
            if (tls)
            {
                // Whether the certificate is trusted is the browsers' question; here it is whether the relay works.
                SslStream secured = new(stream);
                await secured.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = host, RemoteCertificateValidationCallback = static (_, _, _, _) => true }, cancel);
                stream = secured;
            }

            return new TurnConnection(socket, stream);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <returns>Null when the relay gave an allocation, or its reason.</returns>
    /// <exception cref="InvalidDataException">The other side is no relay.</exception>
    [SuppressMessage("Security", "CA5351", Justification = "RFC 8489 §9.2.2: the long-term key is MD5 of user, realm and password.")]
    public async Task<string?> AllocateAsync(string username, string password, CancellationToken cancel)
    {
        // RFC 8656 §7.1: the first request has no credentials, the 401 brings realm and nonce.
        byte[] udpRelay = [17, 0, 0, 0];
        byte[] challenge = await AskAsync(Message(Allocate, null, RandomNumberGenerator.GetBytes(12), (0x0019, udpRelay)), cancel);
        if (Read(challenge, 0x0014) is not { } realm || Read(challenge, 0x0015) is not { } nonce)
        {
            return Reason(challenge) ?? "it asked for no credentials";
        }

        _key = MD5.HashData(Encoding.UTF8.GetBytes($"{username}:{Encoding.UTF8.GetString(realm)}:{password}"));
        (_username, _realm, _nonce) = (Encoding.UTF8.GetBytes(username), realm, nonce);
        byte[] answer = await AskAsync(Signed(Allocate, RandomNumberGenerator.GetBytes(12), (0x0019, udpRelay)), cancel);
        if ((BinaryPrimitives.ReadUInt16BigEndian(answer) & ErrorClass) != Success || Read(answer, 0x0016) is null)
        {
            return Reason(answer) ?? "there is no relayed address in the answer";
        }

        return null;
    }

    /// <summary>Asks for a permission (RFC 8656 §9): may this allocation reach that address?</summary>
    /// <returns>Null when it may, or the relay's reason, such as "403 Forbidden IP".</returns>
    public async Task<string?> PermitAsync(IPAddress peer, CancellationToken cancel)
    {
        byte[] transaction = RandomNumberGenerator.GetBytes(12);
        byte[] answer = await AskAsync(Signed(CreatePermission, transaction, (0x0012, PeerAddress(new IPEndPoint(peer, 0), transaction))), cancel);
        return (BinaryPrimitives.ReadUInt16BigEndian(answer) & ErrorClass) == Success ? null : Reason(answer) ?? "it gave no reason";
    }

    /// <summary>A datagram to a peer (RFC 8656 §11); nobody says whether it was passed on.</summary>
    public async Task SendAsync(IPEndPoint peer, byte[] datagram, CancellationToken cancel)
    {
        byte[] transaction = RandomNumberGenerator.GetBytes(12);
        await WriteAsync(Message(SendIndication, null, transaction, (0x0012, PeerAddress(peer, transaction)), (0x0013, datagram)), cancel);
    }

    /// <summary>A lifetime of zero ends the allocation (RFC 8656 §7.2).</summary>
    public async Task GiveBackAsync(CancellationToken cancel) => await AskAsync(Signed(Refresh, RandomNumberGenerator.GetBytes(12), (0x000D, new byte[4])), cancel);

    public async ValueTask DisposeAsync()
    {
        if (_stream is not null)
        {
            await _stream.DisposeAsync();
        }

        _socket.Dispose();
    }

    private byte[] Signed(ushort type, byte[] transaction, params ReadOnlySpan<(int Type, byte[] Value)> attributes) =>
        Message(type, _key, transaction, [.. attributes, (0x0006, _username), (0x0014, _realm), (0x0015, _nonce)]);

    private async Task WriteAsync(byte[] message, CancellationToken cancel)
    {
        if (_stream is null)
        {
            await _socket.SendAsync(message, SocketFlags.None, cancel);
        }
        else
        {
            await _stream.WriteAsync(message, cancel);
        }
    }

    private async Task<byte[]> AskAsync(byte[] request, CancellationToken cancel)
    {
        byte[] answer = new byte[2048];
        int length;
        await WriteAsync(request, cancel);
        if (_stream is null)
        {
            length = await _socket.ReceiveAsync(answer, SocketFlags.None, cancel);
        }
        else
        {
            await _stream.ReadExactlyAsync(answer.AsMemory(0, 20), cancel);
            length = 20 + BinaryPrimitives.ReadUInt16BigEndian(answer.AsSpan(2));
            if (length > answer.Length)
            {
                throw new InvalidDataException("the answer is no STUN message");
            }

            await _stream.ReadExactlyAsync(answer.AsMemory(20, length - 20), cancel);
        }

        bool ours = length >= 20 && BinaryPrimitives.ReadUInt16BigEndian(answer.AsSpan(2)) + 20 == length && answer.AsSpan(4, 16).SequenceEqual(request.AsSpan(4, 16));
        return ours ? answer[..length] : throw new InvalidDataException("the answer is no STUN message");
    }

    //  0                   1                   2                   3
    //  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
    // |0 0|     STUN Message Type     |         Message Length        |
    // |                         Magic Cookie                          |
    // |                     Transaction ID (96 bits)                  |   RFC 8489 §5
    [SuppressMessage("Security", "CA5350", Justification = "RFC 8489 §14.5: MESSAGE-INTEGRITY is HMAC-SHA1.")]
    private static byte[] Message(ushort type, byte[]? key, byte[] transaction, params ReadOnlySpan<(int Type, byte[] Value)> attributes)
    {
        using MemoryStream body = new();
        foreach ((int attribute, byte[] value) in attributes)
        {
            body.Write([(byte)(attribute >> 8), (byte)attribute, (byte)(value.Length >> 8), (byte)value.Length, .. value, .. new byte[-value.Length & 3]]);
        }

        byte[] message = new byte[20 + body.Length + (key is null ? 0 : 24)];
        BinaryPrimitives.WriteUInt16BigEndian(message, type);
        BinaryPrimitives.WriteUInt16BigEndian(message.AsSpan(2), (ushort)(message.Length - 20));
        BinaryPrimitives.WriteUInt32BigEndian(message.AsSpan(4), MagicCookie);
        transaction.CopyTo(message, 8);
        body.ToArray().CopyTo(message, 20);
        if (key is not null)
        {
            Span<byte> integrity = message.AsSpan(message.Length - 24);
            integrity[1] = 0x08;
            integrity[3] = 20;
            HMACSHA1.HashData(key, message.AsSpan(0, message.Length - 24), integrity[4..]);
        }

        return message;
    }

    //  0                   1                   2                   3
    //  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
    // |0 0 0 0 0 0 0 0|    Family     |  Port ^ cookie's upper half   |
    // |          Address ^ magic cookie [and transaction id]          |   RFC 8489 §14.2
    private static byte[] PeerAddress(IPEndPoint peer, ReadOnlySpan<byte> transaction)
    {
        byte[] value = [0, (byte)(peer.AddressFamily == AddressFamily.InterNetwork ? 1 : 2), 0, 0, .. peer.Address.GetAddressBytes()];
        BinaryPrimitives.WriteUInt16BigEndian(value.AsSpan(2), (ushort)(peer.Port ^ (MagicCookie >> 16)));
        Span<byte> veil = stackalloc byte[16];
        BinaryPrimitives.WriteUInt32BigEndian(veil, MagicCookie);
        transaction.CopyTo(veil[4..]);
        for (int i = 4; i < value.Length; i++)
        {
            value[i] ^= veil[i - 4];
        }

        return value;
    }

    private static byte[]? Read(byte[] message, ushort wanted)
    {
        for (int at = 20; at + 4 <= message.Length;)
        {
            int length = BinaryPrimitives.ReadUInt16BigEndian(message.AsSpan(at + 2));
            if (at + 4 + length > message.Length)
            {
                return null;
            }

            if (BinaryPrimitives.ReadUInt16BigEndian(message.AsSpan(at)) == wanted)
            {
                return message[(at + 4)..(at + 4 + length)];
            }

            at += 4 + length + (-length & 3);
        }

        return null;
    }

    private static string? Reason(byte[] message) =>
        Read(message, 0x0009) is { Length: >= 4 } error ? $"{error[2] * 100 + error[3]} {Encoding.UTF8.GetString(error.AsSpan(4))}" : null;
}
