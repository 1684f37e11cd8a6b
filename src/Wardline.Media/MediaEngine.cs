using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Wardline.Media.Loops;
using Wardline.Media.Taps;
using Wardline.Rtc.Dtls;
using Wardline.Rtc;
using Wardline.Sfu;
using Wardline.Sockets;

namespace Wardline.Media;

/// <summary>
/// The media half of a server: workers with their sockets, and the sessions on them. A session stays on the worker it
/// was opened on. Thread-safe.
/// </summary>
public sealed class MediaEngine : IAsyncDisposable
{
    // More events than a session of twelve makes in a minute; a reader that is further behind has lost the thread anyway.
    private const int EventCapacity = 4096;

    private readonly Worker[] _workers;
    private readonly int[] _load;
    private readonly KernelOffload _offload;
    private readonly IDtlsEngineFactory _dtls;
    private readonly MediaMeter _meter;
    private readonly SystemRandom _random = new();
    private readonly Lock _lock = new();
    private int _lastSession;
    private Task? _stopped;

    private MediaEngine(Worker[] workers, KernelOffload offload, IDtlsEngineFactory dtls)
    {
        _offload = offload;
        _workers = workers;
        _load = new int[workers.Length];
        _dtls = dtls;
        _meter = new MediaMeter(Snapshot);
    }

    /// <summary>The certificate hash that answers carry; new at each start.</summary>
    public DtlsFingerprint Fingerprint => _dtls.Fingerprint;

    /// <summary>Ports that are really bound, by worker.</summary>
    public IReadOnlyList<(int UdpPort, int TcpPort)> Ports => [.. _workers.Select(w => (w.UdpPort, w.TcpPort))];

    /// <summary>Opens the sockets and starts the threads.</summary>
    /// <param name="tap">null in production; see <see cref="PacketTap"/>.</param>
    /// <exception cref="InvalidOperationException">An option is out of its bounds.</exception>
    /// <exception cref="IOException">A port cannot be bound.</exception>
    public static MediaEngine Start(MediaOptions options, TimeProvider time, ILoggerFactory logging, PacketTap? tap = null)
    {
        options.Validate();
        ILogger log = logging.CreateLogger<MediaEngine>();
        if (tap is not null)
        {
            MediaLog.TapOn(log, tap.Path);
        }

        KernelOffload offload = Choose(options.Offload, KernelOffload.Probe());
        MediaLog.Offload(log, offload.Segments, offload.Coalesces, options.Offload);
        MonotonicClock clock = new(time);
        IDtlsEngineFactory dtls = MediaCertificate.Create(time, static (certificate, key) => new OpenSslDtls(certificate, key));
        IReadOnlyList<int> processors = options.PinWorkers ? CurrentThread.Processors() : [];
        List<Worker> workers = [];
        try
        {
            for (int i = 0; i < options.Workers; i++)
            {
                workers.Add(new Worker(i, options, offload, processors.Count > 0 ? processors[i % processors.Count] : null, clock, log, tap));
            }
        }
        catch
        {
            workers.ForEach(w => w.Dispose());
            dtls.Dispose();
            throw;
        }

        for (int i = 0; i < workers.Count; i++)
        {
            workers[i].Start();
            MediaLog.WorkerStarted(log, i, workers[i].UdpPort, workers[i].TcpPort);
        }

        return new MediaEngine([.. workers], offload, dtls);
    }

    /// <summary>A new session on the worker that has the fewest.</summary>
    public MediaSession OpenSession(SfuSessionOptions options) =>
        OpenSession(() => new SfuCore(new SfuSession(options with { EqualPackets = options.EqualPackets && _offload.Segments }, _dtls, _random)));

    internal MediaSession OpenSession(Func<ISessionCore> create)
    {
        int index;
        int number;
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_stopped is not null, this);
            index = Array.IndexOf(_load, _load.Min());
            _load[index]++;
            number = ++_lastSession;
        }

        try
        {
            Channel<MediaEvent> events = Channel.CreateBounded<MediaEvent>(new BoundedChannelOptions(EventCapacity) { SingleWriter = true, SingleReader = false });
            SessionSlot slot = new(number, create(), events.Writer);
            Worker worker = _workers[index];
            worker.Post(new WorkerCall<bool>((w, _) =>
            {
                w.Sessions.Open(slot);
                return true;
            }));
            return new MediaSession(worker, slot, events.Reader, () => Unload(index));
        }
        catch
        {
            Unload(index);
            throw;
        }
    }

    public MediaCounters Snapshot() => MediaCounters.Sum(_workers.Select(w => w.Counters));

    /// <summary>Says goodbye to all peers, ends the threads, closes the sockets.</summary>
    public async ValueTask DisposeAsync()
    {
        Task stopped;
        lock (_lock)
        {
            stopped = _stopped ??= StopAsync();
        }

        await stopped;
    }

    // Receive offload is not what "auto" means: docs/design/packet-path.md, "Offload", has the figures.
    private static KernelOffload Choose(MediaOffload wanted, KernelOffload kernel) => wanted switch
    {
        MediaOffload.Off => KernelOffload.None,
        MediaOffload.Both => kernel,
        _ => kernel with { Coalesces = false },
    };

    private async Task StopAsync()
    {
        await Task.WhenAll(_workers.Select(w => w.StopAsync()));
        _meter.Dispose();
        foreach (Worker worker in _workers)
        {
            worker.Dispose();
        }

        _dtls.Dispose();
    }

    private void Unload(int index)
    {
        lock (_lock)
        {
            _load[index]--;
        }
    }
}
