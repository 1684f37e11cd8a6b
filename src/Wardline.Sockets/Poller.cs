using System.Runtime.InteropServices;

namespace Wardline.Sockets;

/// <summary>
/// Waits for several descriptors at once (level-triggered epoll) and for <see cref="WakeUp"/> from any thread.
/// Each descriptor carries a 64-bit tag of the caller's.
/// </summary>
internal sealed unsafe class Poller : IDisposable
{
    private const int Capacity = 256;
    private const ulong WakeTag = ulong.MaxValue;

    // struct epoll_event is packed on x86-64 and naturally aligned everywhere else.
    private static readonly int EventBytes = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 12 : 16;
    private static readonly int TagOffset = EventBytes - 8;

    private readonly int _epoll;
    private readonly int _wake;
    private readonly byte* _events;
    private readonly Lock _wakeLock = new();
    private int _wakePending;
    private bool _disposed;

    public Poller()
    {
        _epoll = Libc.EpollCreate(Libc.EpollCloexec);
        if (_epoll < 0)
        {
            throw Libc.Failed("epoll_create1");
        }

        _wake = Libc.EventFd(0, Libc.EventFdNonBlock | Libc.EventFdCloexec);
        if (_wake < 0)
        {
            IOException error = Libc.Failed("eventfd");
            _ = Libc.Close(_epoll);
            throw error;
        }

        _events = (byte*)NativeMemory.AllocZeroed((nuint)(Capacity * EventBytes));
        Add(_wake, WakeTag);
    }

    public void Add(int fd, ulong tag, bool writable = false) => Control(Libc.EpollAdd, fd, tag, writable);

    public void SetWritable(int fd, ulong tag, bool writable) => Control(Libc.EpollModify, fd, tag, writable);

    /// <summary>Called before the descriptor is closed.</summary>
    public void Remove(int fd) => Control(Libc.EpollDelete, fd, 0, writable: false);

    /// <summary>Ends the current or the next <see cref="Wait"/>. From any thread; several calls before a wait cost one write.</summary>
    public void WakeUp()
    {
        if (Interlocked.Exchange(ref _wakePending, 1) == 0)
        {
            // Against Dispose only, so that a late caller never writes to a number that is somebody else's file by now. The loop never takes it.
            lock (_wakeLock)
            {
                if (!_disposed)
                {
                    ulong one = 1;
                    _ = Libc.Write(_wake, &one, sizeof(ulong));
                }
            }
        }
    }

    /// <param name="timeoutMs">0: look only; negative: for ever.</param>
    /// <returns>How many descriptors of the caller are ready: read them with <see cref="Ready"/>.</returns>
    public int Wait(int timeoutMs)
    {
        int count = Libc.EpollWait(_epoll, _events, Capacity, timeoutMs);
        if (count < 0)
        {
            return Libc.LastError == Libc.Interrupted ? 0 : throw Libc.Failed("epoll_wait");
        }

        int kept = 0;
        for (int i = 0; i < count; i++)
        {
            byte* entry = _events + i * EventBytes;
            if (Marshal.ReadInt64((nint)(entry + TagOffset)) == unchecked((long)WakeTag))
            {
                // Cleared before the queue is read, so that a command posted from here on wakes us again.
                ulong seen;
                _ = Libc.Read(_wake, &seen, sizeof(ulong));
                Volatile.Write(ref _wakePending, 0);
            }
            else
            {
                Buffer.MemoryCopy(entry, _events + kept * EventBytes, EventBytes, EventBytes);
                kept++;
            }
        }

        return kept;
    }

    public ulong Ready(int index, out bool readable, out bool writable)
    {
        byte* entry = _events + index * EventBytes;
        uint happened = *(uint*)entry;
        // An error or a hang-up shows itself in the next read.
        readable = (happened & (Libc.EpollIn | Libc.EpollError | Libc.EpollHangUp)) != 0;
        writable = (happened & Libc.EpollOut) != 0;
        return (ulong)Marshal.ReadInt64((nint)(entry + TagOffset));
    }

    public void Dispose()
    {
        lock (_wakeLock)
        {
            if (!_disposed)
            {
                _disposed = true;
                _ = Libc.Close(_wake);
                _ = Libc.Close(_epoll);
                NativeMemory.Free(_events);
            }
        }
    }

    private void Control(int operation, int fd, ulong tag, bool writable)
    {
        byte* interest = stackalloc byte[16];
        *(uint*)interest = Libc.EpollIn | (writable ? Libc.EpollOut : 0);
        Marshal.WriteInt64((nint)(interest + TagOffset), (long)tag);
        if (Libc.EpollControl(_epoll, operation, fd, interest) != 0)
        {
            throw Libc.Failed("epoll_ctl");
        }
    }
}
