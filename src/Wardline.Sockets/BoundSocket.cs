using System.Net;
using System.Runtime.InteropServices;
using Wardline.Rtc;

namespace Wardline.Sockets;

/// <summary>A non-blocking socket bound to one local address; closed exactly once.</summary>
internal sealed unsafe class BoundSocket : IDisposable
{
    private const int ListenBacklog = 128;
    private int _fd;

    private BoundSocket(int fd, int family)
    {
        _fd = fd;
        Family = family;
    }

    public int Fd => _fd;

    public int Family { get; }

    public int Port { get; private init; }

    public static BoundSocket Udp(IPAddress bind, int port, int bufferBytes)
    {
        BoundSocket socket = Open(bind, port, Libc.SockDgram);
        // The kernel cuts these to net.core.rmem_max and wmem_max, unless the process may administer the network: that is its
        // operator's choice, not an error.
        socket.SetBuffer(Libc.SoReceiveBufferForce, Libc.SoReceiveBuffer, bufferBytes, "SO_RCVBUF");
        socket.SetBuffer(Libc.SoSendBufferForce, Libc.SoSendBuffer, bufferBytes, "SO_SNDBUF");
        return socket;
    }

    /// <summary>What the kernel really keeps for what comes, in bytes as they were asked for (it counts twice that, for its own needs).</summary>
    public int ReceiveBufferBytes
    {
        get
        {
            int value = 0;
            uint length = sizeof(int);
            return Libc.GetSocketOption(_fd, Libc.SolSocket, Libc.SoReceiveBuffer, &value, &length) == 0 ? value / 2 : 0;
        }
    }

    public static BoundSocket TcpListener(IPAddress bind, int port)
    {
        BoundSocket socket = Open(bind, port, Libc.SockStream);
        if (Libc.Listen(socket.Fd, ListenBacklog) != 0)
        {
            IOException error = Libc.Failed($"Cannot listen on TCP {bind} port {port}");
            socket.Dispose();
            throw error;
        }

        return socket;
    }

    /// <summary>Asks the kernel to hand over datagrams of one sender together (UDP_GRO); whoever reads must know how to part them.</summary>
    /// <returns>False when this kernel cannot.</returns>
    public bool TryCoalesce()
    {
        int on = 1;
        return Libc.SetSocketOption(_fd, Libc.IpProtoUdp, Libc.UdpGro, &on, sizeof(int)) == 0;
    }

    public void Dispose()
    {
        int fd = Interlocked.Exchange(ref _fd, -1);
        if (fd >= 0)
        {
            _ = Libc.Close(fd);
        }
    }

    private void SetBuffer(int force, int option, int bytes, string what)
    {
        if (Libc.SetSocketOption(_fd, Libc.SolSocket, force, &bytes, sizeof(int)) != 0)
        {
            Libc.SetOption(_fd, Libc.SolSocket, option, bytes, what);
        }
    }

    private static BoundSocket Open(IPAddress bind, int port, int type)
    {
        int family = SocketAddressCodec.FamilyOf(bind);
        int fd = Libc.Socket(family, type | Libc.SockNonBlock | Libc.SockCloexec, 0);
        if (fd < 0)
        {
            throw Libc.Failed("Cannot open a socket");
        }

        try
        {
            if (family == Libc.AfInet6)
            {
                Libc.SetOption(fd, Libc.IpProtoIPv6, Libc.IPv6Only, bind.Equals(IPAddress.IPv6Any) ? 0 : 1, "IPV6_V6ONLY");
            }

            if (type == Libc.SockStream)
            {
                // A restart must not wait for old connections in TIME_WAIT. Never for UDP: there it would let two workers share a port.
                Libc.SetOption(fd, Libc.SolSocket, Libc.SoReuseAddr, 1, "SO_REUSEADDR");
            }

            byte* name = stackalloc byte[SocketAddressCodec.IPv6Bytes];
            Span<byte> span = new(name, SocketAddressCodec.IPv6Bytes);
            int length = SocketAddressCodec.Write(TransportAddress.From(new IPEndPoint(bind, port)), family, span);
            if (family == Libc.AfInet6)
            {
                uint scope = bind.IsIPv6LinkLocal ? (uint)bind.ScopeId : 0;
                MemoryMarshal.Write(span[24..], in scope);
            }

            if (Libc.Bind(fd, name, (uint)length) != 0)
            {
                throw Libc.Failed($"Cannot bind {(type == Libc.SockDgram ? "UDP" : "TCP")} {bind} port {port}");
            }

            uint nameLength = SocketAddressCodec.IPv6Bytes;
            if (Libc.GetSocketName(fd, name, &nameLength) != 0 ||
                !SocketAddressCodec.TryRead(span[..(int)nameLength], out _, out ushort actual))
            {
                throw Libc.Failed("Cannot read the socket's own address");
            }

            return new BoundSocket(fd, family) { Port = actual };
        }
        catch
        {
            _ = Libc.Close(fd);
            throw;
        }
    }
}
