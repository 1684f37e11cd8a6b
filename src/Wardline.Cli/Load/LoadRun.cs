using System.Collections.Concurrent;
using System.Diagnostics;
using Wardline.Client;
using Wardline.Client.Media;
using Wardline.Client.Signaling;

namespace Wardline.Cli.Load;

/// <param name="JoinsPerSecond">How fast people come.</param>
/// <param name="Length">From the moment when everybody is in.</param>
internal sealed record LoadPlan(
    IReadOnlyList<LoadVisit> Visits, int Participants, LoadProfile Profile, double JoinsPerSecond, TimeSpan Length, ServerTrust Trust, int Loops, (int Width, int Height) ViewSize)
{
    /// <summary>The share of all people who leave and come back each minute, 0 … 10.</summary>
    public double Churn { get; init; }

    /// <summary>Of what is random in a run.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>From the link to the call.</summary>
    public TimeSpan JoinPatience { get; init; } = TimeSpan.FromSeconds(60);
}

/// <summary>Brings people into visits, lets them send and receive, and counts.</summary>
internal sealed class LoadRun
{
    /// <summary>A server ends a visit in which nobody says so for five minutes.</summary>
    private static readonly TimeSpan s_stillHereEvery = TimeSpan.FromSeconds(60);

    /// <summary>How soon a run ends in which everybody has been lost.</summary>
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(500);

    private readonly LoadPlan _plan;
    private readonly LoadSeat[] _seats;
    private readonly LoadFailures _failures = new();
    private readonly LoadFrames _frames = new();
    private readonly LoadSilence _silence;
    private readonly DelayCounts _joins = new();
    private LoadChurn? _churn;
    private LoadCounts _before;
    private int _inVisit, _lost, _reconnects;

    public LoadRun(LoadPlan plan)
    {
        _plan = plan;
        _seats = [.. plan.Visits.SelectMany((visit, number) => visit.Links.Take(plan.Participants).Select(link => new LoadSeat(number, link)))];
        _silence = new LoadSilence(plan.Profile.HasMedia ? _seats : []);
    }

    /// <summary>What went wrong most often; null when nothing did.</summary>
    public WardlineException? Failure => _failures.MostFrequent;

    /// <summary>Joins everybody, holds the load for the length of the plan, counts, and takes everybody out again.</summary>
    /// <param name="tick">Called once a second with what is going on.</param>
    public async Task<LoadReport> RunAsync(Action<LoadTick> tick, CancellationToken cancel)
    {
        using ClientEngine engine = new(_plan.Loops);
        using CancellationTokenSource over = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        _churn = new LoadChurn(_seats, _plan.Churn, _plan.Seed, (seat, stop) => ComeBackAsync(seat, engine, stop));
        long began = Stopwatch.GetTimestamp();
        Task telling = TellAsync(tick, over.Token);
        Task churning = Task.CompletedTask;
        bool stopped = false;
        double joinSeconds = 0;
        long counted = 0;
        try
        {
            // 1. People come.
            await JoinAllAsync(engine, cancel);
            joinSeconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
            if (Volatile.Read(ref _inVisit) > 0)
            {
                // 2. The load stands: only now is counted.
                await Task.Delay(TimeSpan.FromSeconds(_plan.Profile.HasMedia ? 2 : 0), cancel);
                _before = await LookAsync();
                counted = Stopwatch.GetTimestamp();
                _frames.Counting = true;
                churning = _churn.RunAsync(over.Token);
                while (_seats.Any(s => !s.IsLost) && Stopwatch.GetElapsedTime(counted) is var past && past < _plan.Length)
                {
                    TimeSpan left = _plan.Length - past;
                    await Task.Delay(left < s_look ? left : s_look, cancel);
                }
            }
        }
        catch (OperationCanceledException)
        {
            stopped = true;
        }

        TimeSpan length = counted == 0 ? TimeSpan.Zero : Stopwatch.GetElapsedTime(counted);
        LoadCounts sum = counted == 0 ? default : await LookAsync() - _before;
        _frames.Counting = false;
        await over.CancelAsync();
        await telling;
        await churning;
        await FindLostAsync();
        if (!stopped && counted != 0 && _plan.Profile.HasMedia && _plan.Participants > 1 && _frames.VerifiedCount == 0)
        {
            _failures.Add(new WardlineException("load.no-media", "People were in the call, and nobody received a frame."));
        }

        // 3. Everybody leaves.
        await Parallel.ForEachAsync(_seats, CancellationToken.None, async (seat, _) => await seat.StandUpAsync());
        return Report(sum, length, joinSeconds, stopped);
    }

    private async Task JoinAllAsync(ClientEngine engine, CancellationToken cancel)
    {
        List<Task> joins = [];
        TimeSpan pause = TimeSpan.FromSeconds(_plan.Participants / _plan.JoinsPerSecond);
        long next = Stopwatch.GetTimestamp();
        foreach (IGrouping<int, LoadSeat> visit in _seats.GroupBy(s => s.Visit))
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

    private async Task JoinVisitAsync(IEnumerable<LoadSeat> seats, ClientEngine engine, CancellationToken cancel)
    {
        // The clinician first, who admits whoever waits; the file names clinicians first.
        foreach (LoadSeat seat in seats)
        {
            if (await JoinAsync(seat, engine, cancel))
            {
                Interlocked.Increment(ref _inVisit);
            }
            else
            {
                seat.IsLost = true; // counted as a failed join
            }
        }
    }

    private async Task<bool> JoinAsync(LoadSeat seat, ClientEngine engine, CancellationToken cancel)
    {
        using CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        patience.CancelAfter(_plan.JoinPatience);
        long began = Stopwatch.GetTimestamp();
        Participant? person = null;
        try
        {
            person = await Participant.JoinAsync(VisitLink.Parse(seat.Link.Link), Options(seat, engine), patience.Token);
            seat.Sit(person);
            _joins.Add(Stopwatch.GetElapsedTime(began));
            if (_plan.Profile.HasMedia)
            {
                await person.InCallAsync(patience.Token);
            }

            seat.InCall();
            return true;
        }
        catch (WardlineException e)
        {
            _failures.Add(e);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            _failures.Add(person is null
                ? new WardlineException("client.timeout", "The server let nobody in in time.")
                : new WardlineException("load.not-admitted", "Somebody was left in the waiting room."));
        }

        return false;
    }

    private async Task<bool> ComeBackAsync(LoadSeat seat, ClientEngine engine, CancellationToken cancel)
    {
        bool back = await JoinAsync(seat, engine, cancel);
        seat.IsLost |= !back;
        return back;
    }

    private ParticipantOptions Options(LoadSeat seat, ClientEngine engine) => new()
    {
        Trust = _plan.Trust,
        Engine = engine,
        Media = _plan.Profile.HasMedia,
        ViewSize = _plan.ViewSize,
        Adapts = false, // the load must not depend on what is under test
        Publish = !_plan.Profile.HasMedia ? []
            : _plan.Profile.Layers.Count == 0 ? [new LoadSource(_plan.Profile, MediaSource.Microphone)]
            : [new LoadSource(_plan.Profile, MediaSource.Microphone), new LoadSource(_plan.Profile, MediaSource.Camera)],
        OnFrame = new LoadReceiver(seat, _frames).Take,
        OnRoster = _plan.Profile.HasMedia ? Admit : null,
        OnState = (_, state) => Interlocked.Add(ref _reconnects, state == ParticipantState.Reconnecting ? 1 : 0),
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
        catch (WardlineException e) when (_plan.Churn == 0)
        {
            _failures.Add(e);
        }
        catch (WardlineException)
        {
            // Whoever asked, or was asked for, has just left: nobody in the waiting room is what is counted.
        }
    }

    private async Task<LoadCounts> LookAsync()
    {
        await Task.WhenAll(_seats.Select(s => s.LookAsync()));
        return _seats.Aggregate(default(LoadCounts), (sum, seat) => sum + seat.Counts);
    }

    private async Task TellAsync(Action<LoadTick> tick, CancellationToken cancel)
    {
        using PeriodicTimer second = new(TimeSpan.FromSeconds(1));
        long frames = 0;
        long saidHere = Stopwatch.GetTimestamp();
        try
        {
            while (await second.WaitForNextTickAsync(cancel))
            {
                await FindLostAsync();
                _silence.Look(Stopwatch.GetTimestamp());
                LoadCounts sum = await LookAsync() - _before;
                long verified = _frames.VerifiedCount;
                tick(new LoadTick
                {
                    Joined = _seats.Count(s => s.InCallSince > 0), Failed = _failures.Count, Lost = Volatile.Read(ref _lost), Left = _churn!.Left, Returned = _churn.Returned,
                    Reconnects = Volatile.Read(ref _reconnects), Frames = verified - frames, FramesVerified = verified, FramesWrong = _frames.WrongCount, FramesRefused = sum.Refused,
                    PacketsReceived = sum.Received, PacketsLost = sum.Lost, PacketsRepaired = sum.Repaired, Stalls = _silence.Stalls,
                    DelayP50Ms = _frames.Delays.Percentile(0.5), DelayP99Ms = _frames.Delays.Percentile(0.99),
                });
                frames = verified;
                if (Stopwatch.GetElapsedTime(saidHere) > s_stillHereEvery)
                {
                    saidHere = Stopwatch.GetTimestamp();
                    await Task.WhenAll(_seats.Select(StillHereAsync));
                }
            }
        }
        catch (OperationCanceledException)
        {
            // over
        }
    }

    private static async Task StillHereAsync(LoadSeat seat)
    {
        try
        {
            await (seat.Person?.StillHereAsync(CancellationToken.None) ?? Task.CompletedTask);
        }
        catch (WardlineException)
        {
            // Whoever is not there any more is found by FindLostAsync.
        }
    }

    private async Task FindLostAsync()
    {
        foreach (LoadSeat seat in _seats)
        {
            if (seat is { IsLost: false, Person: { Ending.IsCompleted: true } person })
            {
                ParticipantEnding ending = await person.Ending;
                seat.IsLost = seat.Person == person; // not somebody who left meanwhile, as they should
                if (seat.IsLost)
                {
                    _lost++;
                    _failures.Add(ending.Error ?? new WardlineException($"closed.{ending.CloseCode}", "The server ended somebody's visit."));
                }
            }
        }
    }

    private LoadReport Report(LoadCounts sum, TimeSpan length, double joinSeconds, bool stopped)
    {
        double seconds = Math.Max(length.TotalSeconds, 1e-3);
        int joined = _inVisit;
        return new LoadReport
        {
            Profile = _plan.Profile.Name,
            Sessions = _plan.Visits.Count,
            Participants = _plan.Participants,
            Seconds = stopped || _seats.All(s => s.IsLost) || joined == 0 ? Math.Round(length.TotalSeconds, 1) : _plan.Length.TotalSeconds,
            FailedJoins = _seats.Length - joined,
            Failures = _failures.ByCode,
            JoinsPerSecond = joinSeconds > 0 ? Math.Round(joined / joinSeconds, 1) : 0,
            JoinP50Ms = _joins.Percentile(0.5),
            JoinP99Ms = _joins.Percentile(0.99),
            Left = _churn!.Left,
            Returned = _churn.Returned,
            FailedReturns = _churn.Failed,
            Lost = _lost,
            Reconnects = _reconnects,
            Stalls = _silence.Stalls,
            LongestSilenceMs = Math.Round(_silence.Longest.TotalMilliseconds),
            PacketsSent = sum.Sent,
            PacketsReceived = sum.Received,
            PacketsReceivedPerSecond = Math.Round(sum.Received / seconds),
            MegabitsReceivedPerSecond = Math.Round(sum.Bytes * 8 / seconds / 1e6, 1),
            LossPercent = sum.Received + sum.Lost == 0 ? 0 : Math.Round(100.0 * sum.Lost / (sum.Received + sum.Lost), 4),
            Reordered = sum.Reordered,
            Repaired = sum.Repaired,
            RepairedForOthers = sum.RepairedForOthers,
            FramesVerified = _frames.VerifiedCount,
            FramesWrong = _frames.WrongCount,
            FramesRefused = sum.Refused,
            FrameGaps = _frames.Gaps,
            DelayP50Ms = _frames.Delays.Percentile(0.5),
            DelayP99Ms = _frames.Delays.Percentile(0.99),
            DelayP999Ms = _frames.Delays.Percentile(0.999),
            Broken = [],
        };
    }
}
