using System.Runtime.InteropServices;

namespace Wardline.Sockets;

/// <summary>
/// The Linux system calls of the media path. .NET's Socket class costs 16 µs a forwarded packet where
/// recvmmsg and sendmmsg cost 11, and has neither of them.
/// </summary>
internal static unsafe partial class Libc
{
    private const string Library = "libc";

    public const int AfInet = 2;
    public const int AfInet6 = 10;
    public const int SockStream = 1;
    public const int SockDgram = 2;
    public const int SockNonBlock = 0x800;
    public const int SockCloexec = 0x80000;

    public const int SolSocket = 1;
    public const int SoReuseAddr = 2;
    public const int SoSendBuffer = 7;
    public const int SoReceiveBuffer = 8;
    public const int SoSendBufferForce = 32;
    public const int SoReceiveBufferForce = 33;
    public const int IpProtoTcp = 6;
    public const int IpProtoUdp = 17;
    public const int UdpSegment = 103;
    public const int UdpGro = 104;
    public const int IpProtoIPv6 = 41;
    public const int TcpNoDelay = 1;
    public const int TcpNotSentLowWater = 25;
    public const int IPv6Only = 26;

    public const int MsgTruncated = 0x20;
    public const int MsgDontWait = 0x40;
    public const int MsgNoSignal = 0x4000;

    public const uint EpollIn = 0x1;
    public const uint EpollOut = 0x4;
    public const uint EpollError = 0x8;
    public const uint EpollHangUp = 0x10;
    public const int EpollCloexec = 0x80000;
    public const int EpollAdd = 1;
    public const int EpollDelete = 2;
    public const int EpollModify = 3;

    public const int EventFdNonBlock = 0x800;
    public const int EventFdCloexec = 0x80000;

    public const int Interrupted = 4;
    public const int IoError = 5;
    public const int TryAgain = 11;
    public const int NoMemory = 12;
    public const int Invalid = 22;
    public const int TooManyFilesSystem = 23;
    public const int TooManyFiles = 24;
    public const int MessageTooLong = 90;
    public const int NoBuffers = 105;

    public const int PrSetTimerSlack = 29;

    /// <summary>As glibc's cpu_set_t: 1,024 processors.</summary>
    public const int ProcessorMaskBytes = 128;

    [StructLayout(LayoutKind.Sequential)]
    public struct TimeSpec
    {
        public long Seconds;
        public long Nanoseconds;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct IoVector
    {
        public void* Base;
        public nuint Length;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct Message
    {
        public void* Name;
        public uint NameLength;
        public IoVector* Vectors;
        public nuint VectorCount;
        public void* Control;
        public nuint ControlLength;
        public int Flags;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct BatchMessage
    {
        public Message Header;
        public uint Length;
    }

    /// <summary>
    /// One ancillary message with one number in it (struct cmsghdr, 64-bit): a UDP_SEGMENT size has 16 bits, a UDP_GRO
    /// size 32, and both stand right behind the header, padded to 8 bytes.
    /// </summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct ControlMessage
    {
        public const int HeaderBytes = 16;

        public nuint Length;
        public int Level;
        public int Type;
        public int Value;
        public int Padding;
    }

    [LibraryImport(Library, EntryPoint = "socket", SetLastError = true)]
    public static partial int Socket(int domain, int type, int protocol);

    [LibraryImport(Library, EntryPoint = "bind", SetLastError = true)]
    public static partial int Bind(int fd, void* address, uint length);

    [LibraryImport(Library, EntryPoint = "listen", SetLastError = true)]
    public static partial int Listen(int fd, int backlog);

    [LibraryImport(Library, EntryPoint = "accept4", SetLastError = true)]
    public static partial int Accept(int fd, void* address, uint* length, int flags);

    [LibraryImport(Library, EntryPoint = "getsockname", SetLastError = true)]
    public static partial int GetSocketName(int fd, void* address, uint* length);

    [LibraryImport(Library, EntryPoint = "setsockopt", SetLastError = true)]
    public static partial int SetSocketOption(int fd, int level, int option, void* value, uint length);

    [LibraryImport(Library, EntryPoint = "getsockopt", SetLastError = true)]
    public static partial int GetSocketOption(int fd, int level, int option, void* value, uint* length);

    [LibraryImport(Library, EntryPoint = "recvmmsg", SetLastError = true)]
    public static partial int ReceiveMany(int fd, BatchMessage* messages, uint count, int flags, void* timeout);

    [LibraryImport(Library, EntryPoint = "sendmmsg", SetLastError = true)]
    public static partial int SendMany(int fd, BatchMessage* messages, uint count, int flags);

    [LibraryImport(Library, EntryPoint = "recv", SetLastError = true)]
    public static partial nint Receive(int fd, void* buffer, nuint length, int flags);

    [LibraryImport(Library, EntryPoint = "send", SetLastError = true)]
    public static partial nint Send(int fd, void* buffer, nuint length, int flags);

    [LibraryImport(Library, EntryPoint = "read", SetLastError = true)]
    public static partial nint Read(int fd, void* buffer, nuint length);

    [LibraryImport(Library, EntryPoint = "write", SetLastError = true)]
    public static partial nint Write(int fd, void* buffer, nuint length);

    [LibraryImport(Library, EntryPoint = "close", SetLastError = true)]
    public static partial int Close(int fd);

    [LibraryImport(Library, EntryPoint = "eventfd", SetLastError = true)]
    public static partial int EventFd(uint initial, int flags);

    [LibraryImport(Library, EntryPoint = "epoll_create1", SetLastError = true)]
    public static partial int EpollCreate(int flags);

    [LibraryImport(Library, EntryPoint = "epoll_ctl", SetLastError = true)]
    public static partial int EpollControl(int epoll, int operation, int fd, void* interest);

    [LibraryImport(Library, EntryPoint = "epoll_wait", SetLastError = true)]
    public static partial int EpollWait(int epoll, void* events, int capacity, int timeoutMs);

    [LibraryImport(Library, EntryPoint = "nanosleep", SetLastError = true)]
    public static partial int NanoSleep(TimeSpec* time, TimeSpec* rest);

    [LibraryImport(Library, EntryPoint = "prctl", SetLastError = true)]
    public static partial int ProcessControl(int option, nuint argument2, nuint argument3, nuint argument4, nuint argument5);

    [LibraryImport(Library, EntryPoint = "sched_setaffinity", SetLastError = true)]
    public static partial int SetAffinity(int thread, nuint bytes, void* mask);

    [LibraryImport(Library, EntryPoint = "sched_getaffinity", SetLastError = true)]
    public static partial int GetAffinity(int thread, nuint bytes, void* mask);

    public static int LastError => Marshal.GetLastPInvokeError();

    /// <summary>A failure while a socket is being set up: the start fails and says what the system said.</summary>
    public static IOException Failed(string what) =>
        new($"{what}: {Marshal.GetPInvokeErrorMessage(LastError)} (errno {LastError})");

    public static void SetOption(int fd, int level, int option, int value, string what)
    {
        if (SetSocketOption(fd, level, option, &value, sizeof(int)) != 0)
        {
            throw Failed(what);
        }
    }
}
