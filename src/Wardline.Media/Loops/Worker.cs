using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Wardline.Sockets;
using Wardline.Media.Taps;
using Wardline.Rtc;
using Wardline.Rtc.Ice;

namespace Wardline.Media.Loops;

/// <summary>
/// One thread, one UDP socket (and one TCP listener), and the sessions that live here from their first to their last
/// packet. Nothing else touches them, so there is no lock. See README.md, "Life of a datagram".
/// </summary>
internal sealed class Worker : IDisposable
{
    // Batches taken in a row before commands and timers get their turn: 256 datagrams, a few milliseconds at most.
    private const int BatchesPerTurn = 4;
    private const ulong UdpTag = 2UL << 32;
    private const int MaxWaitMs = 60_000;

    private readonly MediaOptions _options;
    private readonly MonotonicClock _clock;
    private readonly ILogger _log;
    private readonly PacketTap? _tap;
    private readonly Poller _poller = new();
    private readonly BoundSocket _udp;
    private readonly BoundSocket? _tcpListener;
    private readonly DatagramBatch _batch;
    private readonly TrainSender _sender;
    private readonly TurnSpacing _spacing;
    private readonly int? _processor;
    private readonly TcpConnections? _tcp;
    private readonly PacketTrains _output;
    private readonly WorkerSessions _sessions;
    private readonly ConcurrentQueue<WorkerCommand> _commands = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Thread _thread;
    private volatile bool _stopping;

    public Worker(int index, MediaOptions options, KernelOffload offload, int? processor, MonotonicClock clock, ILogger log, PacketTap? tap)
    {
        _options = options;
        _clock = clock;
        _log = log;
        _tap = tap;
        _spacing = new TurnSpacing(options.TurnSpacing, CurrentThread.Sleep);
        _processor = processor;
        try
        {
            _udp = BoundSocket.Udp(options.BindAddress, options.UdpPort == MediaOptions.AnyPort ? 0 : options.UdpPort + index, options.SocketBufferBytes);
            if (index == 0 && _udp.ReceiveBufferBytes < options.SocketBufferBytes)
            {
                MediaLog.SmallReceiveBuffer(log, _udp.ReceiveBufferBytes, options.SocketBufferBytes);
            }

            _batch = new DatagramBatch(offload.Coalesces && _udp.TryCoalesce());
            _sender = new TrainSender(_udp, offload.Segments);
            Counters.Segmenting = offload.Segments ? 1 : 0;
            Demultiplexer demultiplexer = new(options, Counters);
            if (options.TcpPort != 0)
            {
                _tcpListener = BoundSocket.TcpListener(options.BindAddress, options.TcpPort == MediaOptions.AnyPort ? 0 : options.TcpPort + index);
                _tcp = new TcpConnections(_tcpListener, _poller, demultiplexer, options, Counters);
            }

            _output = new PacketTrains(options.OutputPackets);
            _sessions = new WorkerSessions(demultiplexer, _tcp, _output, options, Counters, log);
            _poller.Add(_udp.Fd, UdpTag);
        }
        catch
        {
            ReleaseResources();
            throw;
        }

        CandidateLines = IceCandidateLine.All(options.AdvertisedAddresses, _udp.Port, _tcpListener?.Port ?? 0);
        _thread = new Thread(Run) { IsBackground = true, Name = $"wardline-media-{index}" };
    }

    public WorkerCounters Counters { get; } = new();

    public IReadOnlyList<string> CandidateLines { get; }

    public int UdpPort => _udp.Port;

    /// <summary>0 without ICE-TCP.</summary>
    public int TcpPort => _tcpListener?.Port ?? 0;

    /// <summary>For commands, which run on this worker's thread.</summary>
    public WorkerSessions Sessions => _sessions;

    public void Start() => _thread.Start();

    /// <summary>From any thread.</summary>
    public void Post(WorkerCommand command)
    {
        _commands.Enqueue(command);
        _poller.WakeUp();
        if (_ended.Task.IsCompleted)
        {
            FailCommands();
        }
    }

    /// <summary>Ends the thread after the sessions have said goodbye to their peers.</summary>
    public async Task StopAsync()
    {
        _stopping = true;
        _poller.WakeUp();
        await _ended.Task;
        _thread.Join();
    }

    /// <summary>After <see cref="StopAsync"/>, or when the worker was never started.</summary>
    public void Dispose() => ReleaseResources();

    private void Run()
    {
        CurrentThread.WakeExactly();
        if (_processor is { } processor && !CurrentThread.PinTo(processor))
        {
            MediaLog.NotPinned(_log, processor);
        }

        try
        {
            while (!_stopping)
            {
                Turn();
            }

            _sessions.CloseAll(_clock.Now);
            Send();
            _sessions.CloseLeaving();
            _sessions.PublishDrops();
        }
        catch (Exception exception)
        {
            // Only the loop itself can get here (a session's error ends that session): without its loop a worker cannot go on.
            MediaLog.WorkerFailed(_log, exception);
            _sessions.FaultAll(exception);
            _sessions.PublishDrops();
        }
        finally
        {
            _ended.TrySetResult();
            FailCommands();
        }
    }

    /// <summary>One turn of the loop: wait, then everything that has come, then what is due.</summary>
    private void Turn()
    {
        // 1. Sleep until a packet, a connection, a command or a deadline; packets that come close together wait for each other.
        int ready = _poller.Wait(WaitMs());
        Instant now = _clock.Now;
        if (ready > 0 && _spacing.Wait(now))
        {
            now = _clock.Now;
        }

        // 2. What other threads ask for.
        while (_commands.TryDequeue(out WorkerCommand? command))
        {
            RunCommand(command, now);
        }

        // 3. What the network brought.
        for (int i = 0; i < ready; i++)
        {
            ulong tag = _poller.Ready(i, out bool readable, out bool writable);
            if (tag == UdpTag)
            {
                ReceiveDatagrams(ref now);
            }
            else if (tag == TcpConnections.ListenerTag)
            {
                _tcp!.Accept(now);
            }
            else if (_tcp is not null && _tcp.TryGet(tag, out TcpConnection? connection))
            {
                if (writable)
                {
                    _tcp.Flush(connection);
                }

                if (readable)
                {
                    ReceiveFrames(connection, now);
                }
            }
        }

        // 4. What is due.
        while (_sessions.TimeOutNext(now))
        {
            SendWhenFull();
        }

        if (_tcp is not null && _tcp.NextSweep <= now)
        {
            _tcp.Sweep(now);
        }

        // 5. Everything leaves together.
        _sessions.EndTurn(now);
        Send();
        _sessions.CloseLeaving();
    }

    private int WaitMs()
    {
        if (_stopping || !_commands.IsEmpty)
        {
            return 0;
        }

        Instant next = Instant.Min(_sessions.NextTimeout, _tcp?.NextSweep ?? Instant.Never);
        if (next == Instant.Never)
        {
            return MaxWaitMs;
        }

        // Rounded up: a wait that ends early would only turn the loop for nothing.
        long us = next.Microseconds - _clock.Now.Microseconds;
        return (int)Math.Clamp((us + 999) / 1000, 0, MaxWaitMs);
    }

    private void ReceiveDatagrams(ref Instant now)
    {
        for (int turn = 0; turn < BatchesPerTurn; turn++)
        {
            int count = _batch.Receive(_udp.Fd);
            if (count == 0)
            {
                return;
            }

            Counters.Batches++;
            Counters.DatagramsReceived += count;
            for (int i = 0; i < count; i++)
            {
                if (!_batch.TryGet(i, out Span<byte> datagram, out TransportAddress from))
                {
                    Counters.Truncated++;
                    continue;
                }

                Counters.BytesReceived += datagram.Length;
                Deliver(datagram, from, now);
            }

            if (!_batch.WasFull)
            {
                return;
            }

            now = _clock.Now;
        }
    }

    private void ReceiveFrames(TcpConnection connection, Instant now)
    {
        int read = connection.Read();
        if (read <= 0)
        {
            if (read < 0)
            {
                _tcp!.Close(connection);
            }

            return;
        }

        connection.LastRead = now;
        int done = 0;
        while (_tcp!.TryReadFrame(connection, done, out Span<byte> frame, out int consumed, out bool closed))
        {
            done += consumed;
            if (frame.Length > 0)
            {
                Counters.DatagramsReceived++;
                Counters.BytesReceived += frame.Length;
                Deliver(frame, connection.Remote, now);
            }
        }

        connection.Consume(done);
    }

    private void Deliver(Span<byte> datagram, in TransportAddress from, Instant now)
    {
        if (_sessions.Demultiplexer.Find(datagram, from, now) is { } route)
        {
            if (!route.TryReceive(datagram.Length, now))
            {
                Counters.OverRate++;
                return;
            }

            if (!_sessions.Handle(route, datagram, from, now))
            {
                route.ReturnForged(datagram.Length, now);
            }

            _tap?.Packet(datagram, from, now);
            SendWhenFull();
        }
    }

    private void RunCommand(WorkerCommand command, Instant now)
    {
        try
        {
            command.Run(this, now);
        }
        catch (Exception exception)
        {
            command.Fail(exception);
        }

        SendWhenFull();
    }

    private void SendWhenFull()
    {
        // One datagram leaves as at most a few hundred packets (a key frame request answered for 11 receivers, a burst of retransmissions).
        if (_output.Free < _output.Capacity / 2)
        {
            Send();
        }
    }

    private void Send()
    {
        // Before anything leaves: who has the answer finds the counters true.
        Counters.TcpConnections = _tcp?.Count ?? 0;
        Counters.Addresses = _sessions.Demultiplexer.AddressCount;

        ReadOnlySpan<PacketTrains.Train> trains = _output.Trains;
        for (int i = 0; i < trains.Length; i++)
        {
            if (trains[i].To.Protocol == TransportProtocol.Udp)
            {
                _sender.Append(_output, trains[i]);
            }
            else if (_tcp is not null)
            {
                _tcp.Send(_output, trains[i]);
            }
            else
            {
                Counters.PacketsWithoutConnection += trains[i].Count;
            }
        }

        _sender.Flush();
        _tcp?.Flush();
        _output.Clear();
        Publish();
    }

    private void Publish()
    {
        Counters.PacketsSent += _sender.PacketsSent;
        Counters.BytesSent += _sender.BytesSent;
        Counters.PacketsRefusedByKernel += _sender.PacketsRefused;
        Counters.MessagesSent += _sender.MessagesSent;
        Counters.OffloadRefused += _sender.OffloadRefused;
        if (Counters.Segmenting != 0 && !_sender.Segments)
        {
            Counters.Segmenting = 0;
            MediaLog.OffloadGivenUp(_log);
        }

        _sender.ResetCounts();
    }

    private void FailCommands()
    {
        while (_commands.TryDequeue(out WorkerCommand? command))
        {
            command.Fail(new ObjectDisposedException(nameof(MediaEngine)));
        }
    }

    private void ReleaseResources()
    {
        _tcp?.Dispose();
        _tcpListener?.Dispose();
        _udp?.Dispose();
        _sender?.Dispose();
        _batch?.Dispose();
        _output?.Dispose();
        _poller.Dispose();
    }
}
