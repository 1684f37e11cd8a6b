using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Wardline.Rtc;

namespace Wardline.Media.Tests.Peers;

/// <summary>A peer's end of the path to the server: whole packets, by UDP or by TCP (RFC 4571 frames).</summary>
internal abstract class PeerSocket(Socket socket) : IDisposable
{
    public Socket Socket => socket;

    public abstract TransportAddress Server { get; }

    public static PeerSocket Udp(int serverPort, IPAddress? server = null) => new UdpPeer(new IPEndPoint(server ?? IPAddress.Loopback, serverPort));

    public static PeerSocket Tcp(int serverPort) => new TcpPeer(new IPEndPoint(IPAddress.Loopback, serverPort));

    public abstract void Send(ReadOnlySpan<byte> packet);

    /// <summary>The next packet, waiting at most <paramref name="wait"/>; empty when none came.</summary>
    public abstract ReadOnlySpan<byte> Receive(TimeSpan wait);

    public void Dispose() => socket.Dispose();

    private sealed class UdpPeer : PeerSocket
    {
        private readonly byte[] _buffer = new byte[2048];
        private readonly IPEndPoint _server;

        public UdpPeer(IPEndPoint server)
            : base(new Socket(server.AddressFamily, SocketType.Dgram, ProtocolType.Udp))
        {
            _server = server;
            Socket.Bind(new IPEndPoint(server.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Loopback : IPAddress.IPv6Loopback, 0));
            Socket.ReceiveBufferSize = 4 << 20;
        }

        public override TransportAddress Server => TransportAddress.From(_server);

        public override void Send(ReadOnlySpan<byte> packet) => Socket.SendTo(packet, SocketFlags.None, _server);

        public override ReadOnlySpan<byte> Receive(TimeSpan wait) =>
            Socket.Poll(wait, SelectMode.SelectRead) ? _buffer.AsSpan(0, Socket.Receive(_buffer)) : default;
    }

    private sealed class TcpPeer : PeerSocket
    {
        private readonly byte[] _buffer = new byte[64 << 10];
        private readonly IPEndPoint _server;
        private int _start;
        private int _end;

        public TcpPeer(IPEndPoint server)
            : base(new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp))
        {
            _server = server;
            Socket.NoDelay = true;
            Socket.Connect(server);
        }

        public override TransportAddress Server => TransportAddress.From(_server, TransportProtocol.Tcp, 1);

        public override void Send(ReadOnlySpan<byte> packet)
        {
            byte[] frame = new byte[packet.Length + 2];
            BinaryPrimitives.WriteUInt16BigEndian(frame, (ushort)packet.Length);
            packet.CopyTo(frame.AsSpan(2));
            Socket.Send(frame);
        }

        public override ReadOnlySpan<byte> Receive(TimeSpan wait)
        {
            while (true)
            {
                int have = _end - _start;
                if (have >= 2)
                {
                    int length = BinaryPrimitives.ReadUInt16BigEndian(_buffer.AsSpan(_start));
                    if (have >= 2 + length)
                    {
                        _start += 2 + length;
                        return _buffer.AsSpan(_start - length, length);
                    }
                }

                _buffer.AsSpan(_start, have).CopyTo(_buffer);
                (_start, _end) = (0, have);
                if (!Socket.Poll(wait, SelectMode.SelectRead))
                {
                    return default;
                }

                int read = Socket.Receive(_buffer.AsSpan(_end));
                if (read == 0)
                {
                    return default;
                }

                _end += read;
            }
        }
    }
}
