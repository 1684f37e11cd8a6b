namespace Wardline.Vault.Tests.KeyRing;

/// <summary>A clock that a test moves; its timers ring on the way.</summary>
internal sealed class ManualTime : TimeProvider
{
    private readonly Lock _lock = new();
    private readonly List<Timer> _timers = [];
    private DateTimeOffset _wall = new(2026, 11, 23, 9, 0, 0, TimeSpan.Zero);
    private long _ticks;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow()
    {
        lock (_lock)
        {
            return _wall;
        }
    }

    public override long GetTimestamp() => Interlocked.Read(ref _ticks);

    /// <summary>Somebody sets the wall clock; no time passes.</summary>
    public void SetClock(DateTimeOffset to)
    {
        lock (_lock)
        {
            _wall = to;
        }
    }

    public void Pass(TimeSpan span)
    {
        Timer[] due;
        lock (_lock)
        {
            _wall += span;
            _ticks += span.Ticks;
            due = [.. _timers.Where(t => t.At <= _ticks)];
        }

        foreach (Timer timer in due)
        {
            timer.Ring();
        }
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        Timer timer = new(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    private sealed class Timer(ManualTime time, TimerCallback callback, object? state) : ITimer
    {
        private TimeSpan _period;

        public long At { get; private set; } = long.MaxValue;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (time._lock)
            {
                _period = period;
                At = dueTime < TimeSpan.Zero ? long.MaxValue : time._ticks + dueTime.Ticks;
                time._timers.Remove(this);
                time._timers.Add(this);
                return true;
            }
        }

        public void Ring()
        {
            lock (time._lock)
            {
                At = _period > TimeSpan.Zero ? time._ticks + _period.Ticks : long.MaxValue;
            }

            callback(state);
        }

        public void Dispose()
        {
            lock (time._lock)
            {
                time._timers.Remove(this);
            }
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
