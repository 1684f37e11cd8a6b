using System.Diagnostics.Tracing;
using Microsoft.Diagnostics.NETCore.Client;
using Microsoft.Diagnostics.Tracing;
using Microsoft.Diagnostics.Tracing.Analysis;
using Microsoft.Diagnostics.Tracing.Analysis.GC;
using Microsoft.Diagnostics.Tracing.Parsers;
using Microsoft.Diagnostics.Tracing.Parsers.Clr;
using Wardline.Bench.Load;

namespace Wardline.Bench.Soak;

/// <summary>
/// What the runtime of another process says of its collections and its heap, through its diagnostic port (EventPipe): each
/// stop of all threads by itself, where counters would tell a share of time. Read by a thread of its own.
/// </summary>
internal sealed class GcWatch : IDisposable
{
    private const int BufferMegabytes = 16;
    private static readonly TimeSpan s_heapWithin = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan s_finalizersTake = TimeSpan.FromMilliseconds(500);

    private readonly DiagnosticsClient _client;
    private readonly EventPipeSession _session;
    private readonly Thread _thread;
    private readonly Lock _guard = new();
    private readonly (int Count, double Longest, double Sum)[] _generations = new (int, double, double)[3];
    private readonly Dictionary<string, int> _reasons = new(StringComparer.Ordinal);
    private readonly AutoResetEvent _forced = new(false);
    private double _longestSinceTake;
    private long _heapBytes;
    private long _liveBytes;

    public GcWatch(int pid)
    {
        _client = new DiagnosticsClient(pid);
        _session = _client.StartEventPipeSession(
            [
                new EventPipeProvider("Microsoft-Windows-DotNETRuntime", EventLevel.Informational, (long)ClrTraceEventParser.Keywords.GC),
                new EventPipeProvider("System.Runtime", EventLevel.Informational, -1, new Dictionary<string, string>(StringComparer.Ordinal) { ["EventCounterIntervalSec"] = "5" }),
            ],
            requestRundown: false, BufferMegabytes);
        _thread = new Thread(Read) { Name = "gc-watch", IsBackground = true };
        _thread.Start();
    }

    /// <summary>By generation: 0, 1, 2.</summary>
    public IReadOnlyList<Collections> Collections
    {
        get
        {
            lock (_guard)
            {
                return [.. _generations.Select(g => new Collections(g.Count, Math.Round(g.Longest, 2), Math.Round(g.Sum, 1)))];
            }
        }
    }

    public long HeapBytes => Interlocked.Read(ref _heapBytes);

    /// <summary>Forgets what was: the load stands from now on.</summary>
    public void Begin()
    {
        lock (_guard)
        {
            Array.Clear(_generations);
            _reasons.Clear();
            _longestSinceTake = 0;
        }
    }

    /// <summary>Why the collections of generation 2 came: how often by the runtime's own word.</summary>
    public IReadOnlyDictionary<string, int> Generation2Reasons
    {
        get
        {
            lock (_guard)
            {
                return new Dictionary<string, int>(_reasons, StringComparer.Ordinal);
            }
        }
    }

    /// <summary>The longest stop since the last call, in milliseconds.</summary>
    public double TakeLongestPause()
    {
        lock (_guard)
        {
            double longest = _longestSinceTake;
            _longestSinceTake = 0;
            return Math.Round(longest, 2);
        }
    }

    /// <summary>
    /// Has the process collect everything, which stops it for some milliseconds, twice: what waits for its finalizer outlives
    /// the first collection with all that it refers to.
    /// </summary>
    /// <returns>Bytes that are alive; null when it did not say so within ten seconds.</returns>
    public long? MeasureLiveHeap()
    {
        if (Collect() is null)
        {
            return null;
        }

        Thread.Sleep(s_finalizersTake);
        return Collect();
    }

    private long? Collect()
    {
        _forced.Reset();
        using EventPipeSession asking = _client.StartEventPipeSession(
            [new EventPipeProvider("Microsoft-Windows-DotNETRuntime", EventLevel.Informational, (long)ClrTraceEventParser.Keywords.GCHeapCollect)], requestRundown: false, 1);
        // What the session itself would tell has to be read, or it could not be ended.
        Task drained = asking.EventStream.CopyToAsync(Stream.Null);
        bool said = _forced.WaitOne(s_heapWithin);
        asking.Stop();
        drained.Wait(s_heapWithin);
        return said ? Interlocked.Read(ref _liveBytes) : null;
    }

    public void Dispose()
    {
        try
        {
            _session.Stop();
        }
        catch (Exception e) when (e is ServerNotAvailableException or IOException or TimeoutException or EndOfStreamException)
        {
            // The process has ended before.
        }

        _thread.Join(s_heapWithin);
        _session.Dispose();
        _forced.Dispose();
    }

    private void Read()
    {
        try
        {
            using EventPipeEventSource source = new(_session.EventStream);
            source.NeedLoadedDotNetRuntimes();
            source.AddCallbackOnProcessStart(process => process.AddCallbackOnDotNetRuntimeLoad(runtime => runtime.GCEnd += (_, collection) => Take(collection)));
            source.Dynamic.All += TakeCounter;
            source.Process();
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or FormatException)
        {
            // The stream ends with the process.
        }
    }

    private void Take(TraceGC collection)
    {
        if (collection.Reason is GCReason.Induced or GCReason.InducedCompacting or GCReason.InducedNotForced && collection.Generation == 2)
        {
            Interlocked.Exchange(ref _liveBytes, (long)(collection.HeapSizeAfterMB * 1e6));
            _forced.Set();
            return;
        }

        // A background collection stops the world twice: what a packet waits for is the longer one, and their sum bounds it.
        double pause = collection.PauseDurationMSec;
        lock (_guard)
        {
            ref (int Count, double Longest, double Sum) generation = ref _generations[collection.Generation];
            generation = (generation.Count + 1, Math.Max(generation.Longest, pause), generation.Sum + pause);
            _longestSinceTake = Math.Max(_longestSinceTake, pause);
            if (collection.Generation == 2)
            {
                string reason = $"{collection.Reason}, {collection.Type}";
                _reasons[reason] = _reasons.GetValueOrDefault(reason) + 1;
            }
        }
    }

    private void TakeCounter(TraceEvent said)
    {
        if (said.EventName == "EventCounters" && said.PayloadValue(0) is IDictionary<string, object> outer &&
            outer.TryGetValue("Payload", out object? inner) && inner is IDictionary<string, object> counter && counter["Name"] is "gc-heap-size")
        {
            Interlocked.Exchange(ref _heapBytes, (long)(Convert.ToDouble(counter["Mean"]) * 1e6));
        }
    }
}
