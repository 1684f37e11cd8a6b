using System.Collections.Concurrent;
using System.Diagnostics;
using Wardline.Client;
using Wardline.Client.Media;
using Wardline.Client.Signaling;

namespace Wardline.Cli.Load;

/// <param name="JoinsPerSecond">How fast people come.</param>
/// <param name="Length">From the moment when everybody is in.</param>
internal sealed record LoadPlan(
    IReadOnlyList<LoadVisit> Visits, int Participants, LoadProfile Profile, double JoinsPerSecond, TimeSpan Length, ServerTrust Trust, int Loops, (int Width, int Height) ViewSize);

/// <summary>Brings people into visits, lets them send and receive, and counts.</summary>
internal sealed class LoadRun(LoadPlan plan)
{
    private static readonly TimeSpan s_joinPatience = TimeSpan.FromSeconds(60);

    private readonly ConcurrentBag<Participant> _people = [];
    private readonly ConcurrentDictionary<string, int> _failures = new(StringComparer.Ordinal);
    private readonly DelayCounts _joins = new();
    private readonly DelayCounts _delays = new();
    private int _inVisit;
    private int _failed;
    private long _verified, _wrong, _gaps;
    private long _framesAtLook;
    private bool _counting;

    public int Joined => Volatile.Read(ref _inVisit);

    public int Failed => Volatile.Read(ref _failed);

    public int Wanted => plan.Visits.Count * plan.Participants;

    /// <summary>Frames opened since the last look.</summary>
    public long TakeFrames()
    {
        long now = Interlocked.Read(ref _verified);
        return now - Interlocked.Exchange(ref _framesAtLook, now);
    }

    public (double? P50, double? P99) Delay => (_delays.Percentile(0.5), _delays.Percentile(0.99));

    /// <summary>Joins everybody, holds the load for the length of the plan, counts, and takes everybody out again.</summary>
    /// <param name="tick">Called once a second with what is going on.</param>
    public async Task<LoadReport> RunAsync(Action<string> tick, CancellationToken cancel)
    {
        using ClientEngine engine = new(plan.Loops);
        using PeriodicTimer second = new(TimeSpan.FromSeconds(1));
        using CancellationTokenSource over = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        long began = Stopwatch.GetTimestamp();
        Task telling = TellAsync(second, tick, over.Token);
        bool stopped = false;
        ParticipantStats?[] before = [], after = [];
        double joinSeconds = 0;
        long counted = 0;
        TimeSpan length = TimeSpan.Zero;
        try
        {
            // 1. People come.
            await JoinAllAsync(engine, cancel);
            joinSeconds = Stopwatch.GetElapsedTime(began).TotalSeconds;

            // 2. The load stands: only now is counted.
            await Task.Delay(TimeSpan.FromSeconds(plan.Profile.HasMedia ? 2 : 0), cancel);
            before = await StatsAsync();
            counted = Stopwatch.GetTimestamp();
            Volatile.Write(ref _counting, true);
            await Task.Delay(plan.Length, cancel);
        }
        catch (OperationCanceledException)
        {
            stopped = true;
        }

        if (counted != 0)
        {
            length = Stopwatch.GetElapsedTime(counted);
            after = await StatsAsync();
        }

        Volatile.Write(ref _counting, false);
        await over.CancelAsync();
        await telling;
        foreach (Participant person in _people.Where(p => p.Ending.IsCompleted))
        {
            Fail((await person.Ending).Error?.Code ?? $"closed.{(await person.Ending).CloseCode}");
        }

        // 3. Everybody leaves.
        await Parallel.ForEachAsync(_people, CancellationToken.None, async (person, _) => await person.DisposeAsync());
        return Report(before, after, length, joinSeconds, stopped);
    }

    private async Task JoinAllAsync(ClientEngine engine, CancellationToken cancel)
    {
        List<Task> joins = [];
        TimeSpan pause = TimeSpan.FromSeconds(plan.Participants / plan.JoinsPerSecond);
        long next = Stopwatch.GetTimestamp();
        foreach (LoadVisit visit in plan.Visits)
        {
            joins.Add(JoinVisitAsync(visit, engine, cancel));
            next += (long)(pause.TotalSeconds * Stopwatch.Frequency);
            TimeSpan wait = Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), next);
            if (wait > TimeSpan.Zero)
            {
                await Task.Delay(wait, cancel);
            }
        }

        await Task.WhenAll(joins);
    }

    private async Task JoinVisitAsync(LoadVisit visit, ClientEngine engine, CancellationToken cancel)
    {
        // The clinician first, who admits whoever waits; the file names clinicians first.
        foreach (LoadLink link in visit.Links.Take(plan.Participants))
        {
            using CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            patience.CancelAfter(s_joinPatience);
            long began = Stopwatch.GetTimestamp();
            Participant? person = null;
            try
            {
                person = await Participant.JoinAsync(VisitLink.Parse(link.Link), Options(engine), patience.Token);
                _people.Add(person);
                _joins.Add(Stopwatch.GetElapsedTime(began));
                if (plan.Profile.HasMedia)
                {
                    await person.InCallAsync(patience.Token);
                }

                Interlocked.Increment(ref _inVisit);
            }
            catch (WardlineException e)
            {
                Fail(e.Code);
            }
            catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
            {
                Fail(person is null ? "client.timeout" : "load.not-admitted");
            }
        }
    }

    private ParticipantOptions Options(ClientEngine engine) => new()
    {
        Trust = plan.Trust,
        Engine = engine,
        Media = plan.Profile.HasMedia,
        ViewSize = plan.ViewSize,
        Publish = !plan.Profile.HasMedia ? []
            : plan.Profile.Layers.Count == 0 ? [new LoadSource(plan.Profile, MediaSource.Microphone)]
            : [new LoadSource(plan.Profile, MediaSource.Microphone), new LoadSource(plan.Profile, MediaSource.Camera)],
        OnFrame = new LoadReceiver(this).Take,
        OnRoster = plan.Profile.HasMedia ? Admit : null,
    };

    private void Admit(Participant person, IReadOnlyList<RosterEntry> roster)
    {
        if (person.You.Role != "clinician")
        {
            return;
        }

        foreach (RosterEntry waiting in roster.Where(r => r.State == "waiting"))
        {
            // Not awaited: this is told on the thread that reads the answers.
            _ = AdmitAsync(person, waiting.Participant);
        }
    }

    private async Task AdmitAsync(Participant clinician, string participant)
    {
        try
        {
            await clinician.AdmitAsync(participant, CancellationToken.None);
        }
        catch (WardlineException e)
        {
            Fail(e.Code);
        }
    }

    private async Task<ParticipantStats?[]> StatsAsync() => await Task.WhenAll(_people.Select(p => p.StatsAsync()));

    private async Task TellAsync(PeriodicTimer second, Action<string> tick, CancellationToken cancel)
    {
        try
        {
            while (await second.WaitForNextTickAsync(cancel))
            {
                (double? p50, double? p99) = Delay;
                tick(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{Joined,6} {Failed,7} {TakeFrames(),10} {p50,9:0.0} {p99,9:0.0}"));
            }
        }
        catch (OperationCanceledException)
        {
            // over
        }
    }

    private void Fail(string code)
    {
        Interlocked.Increment(ref _failed);
        _failures.AddOrUpdate(code, 1, static (_, n) => n + 1);
    }

    private LoadReport Report(ParticipantStats?[] before, ParticipantStats?[] after, TimeSpan length, double joinSeconds, bool stopped)
    {
        long Sum(Func<ParticipantStats, long> of) => after.OfType<ParticipantStats>().Sum(of) - before.OfType<ParticipantStats>().Sum(of);
        long received = Sum(s => s.Received.Sum(r => r.Packets));
        long lost = Sum(s => s.Received.Sum(r => r.Lost));
        double seconds = Math.Max(length.TotalSeconds, 1e-3);
        return new LoadReport
        {
            Profile = plan.Profile.Name,
            Sessions = plan.Visits.Count,
            Participants = plan.Participants,
            Seconds = stopped ? Math.Round(length.TotalSeconds, 1) : plan.Length.TotalSeconds,
            FailedJoins = Wanted - Joined,
            Failures = _failures,
            JoinsPerSecond = joinSeconds > 0 ? Math.Round(Joined / joinSeconds, 1) : 0,
            JoinP50Ms = _joins.Percentile(0.5),
            JoinP99Ms = _joins.Percentile(0.99),
            PacketsSent = Sum(s => s.PacketsSent),
            PacketsReceived = received,
            PacketsReceivedPerSecond = Math.Round(received / seconds),
            MegabitsReceivedPerSecond = Math.Round(Sum(s => s.Received.Sum(r => r.Bytes)) * 8 / seconds / 1e6, 1),
            LossPercent = received + lost == 0 ? 0 : Math.Round(100.0 * lost / (received + lost), 4),
            Reordered = Sum(s => s.Received.Sum(r => r.Reordered)),
            Repaired = Sum(s => s.Received.Sum(r => r.Repaired)),
            FramesVerified = Interlocked.Read(ref _verified),
            FramesWrong = Interlocked.Read(ref _wrong),
            FramesRefused = Sum(s => s.FramesRefused),
            FrameGaps = Interlocked.Read(ref _gaps),
            DelayP50Ms = _delays.Percentile(0.5),
            DelayP99Ms = _delays.Percentile(0.99),
            DelayP999Ms = _delays.Percentile(0.999),
            Broken = [],
        };
    }

    /// <summary>One participant's frames, on its loop's thread.</summary>
    private sealed class LoadReceiver(LoadRun run)
    {
        private readonly Dictionary<(string, MediaSource, int), int> _last = [];

        public void Take(in ReceivedFrame frame, ReadOnlySpan<byte> bytes)
        {
            if (!LoadSource.TryRead(bytes, out int layer, out int number, out TimeSpan age))
            {
                Interlocked.Increment(ref run._wrong);
                return;
            }

            (string, MediaSource, int) stream = (frame.Participant, frame.Source, layer);
            // Numbers go on while another layer is forwarded: a gap is one that a new key frame does not explain.
            if (_last.TryGetValue(stream, out int last) && number != last + 1 && !frame.KeyFrame && Volatile.Read(ref run._counting))
            {
                Interlocked.Increment(ref run._gaps);
            }

            _last[stream] = number;
            if (Volatile.Read(ref run._counting))
            {
                Interlocked.Increment(ref run._verified);
                run._delays.Add(age);
            }
        }
    }
}
