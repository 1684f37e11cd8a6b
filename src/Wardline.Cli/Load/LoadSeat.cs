using System.Diagnostics;
using Wardline.Client;
using Wardline.Client.Media;

namespace Wardline.Cli.Load;

/// <summary>
/// A person's place in a visit. Whoever sits there may leave and come back, each time as a new connection with new keys; what
/// was counted stays with the seat.
/// </summary>
internal sealed class LoadSeat(int visit, LoadLink link)
{
    private readonly Lock _guard = new();
    private readonly LoadTally _tally = new();
    private Participant? _person;
    private long _lastFrame;
    private long _inCallSince;

    public int Visit => visit;

    public LoadLink Link => link;

    /// <summary>Who sits there; null before the first, while nobody does, and after the end.</summary>
    public Participant? Person => Volatile.Read(ref _person);

    /// <summary>The person went without being asked to: counted once.</summary>
    public bool IsLost { get; set; }

    /// <summary><see cref="Stopwatch"/> time; 0 while nobody is in the call here.</summary>
    public long InCallSince => Interlocked.Read(ref _inCallSince);

    public long LastFrame => Interlocked.Read(ref _lastFrame);

    public LoadCounts Counts
    {
        get
        {
            lock (_guard)
            {
                return _tally.Sum;
            }
        }
    }

    public void Sit(Participant person) => Volatile.Write(ref _person, person);

    public void InCall() => Interlocked.Exchange(ref _inCallSince, Stopwatch.GetTimestamp());

    public void FrameCame(long at) => Interlocked.Exchange(ref _lastFrame, at);

    /// <summary>Counts what the connection says now.</summary>
    public async Task LookAsync()
    {
        if (Person is { } person && await person.StatsAsync() is { } stats)
        {
            lock (_guard)
            {
                if (person == Person)
                {
                    _tally.Take(stats);
                }
            }
        }
    }

    /// <summary>Leaves the visit; the seat is free for whoever comes next.</summary>
    public async Task StandUpAsync()
    {
        await LookAsync();
        Participant? person;
        lock (_guard)
        {
            person = _person;
            _tally.Close();
            Volatile.Write(ref _person, null);
        }

        Interlocked.Exchange(ref _inCallSince, 0);
        if (person is not null)
        {
            await person.DisposeAsync();
        }
    }
}

/// <summary>The frames of one connection, on its loop's thread.</summary>
internal sealed class LoadReceiver(LoadSeat seat, LoadFrames frames)
{
    private readonly Dictionary<(string, MediaSource, int), int> _last = [];

    public void Take(in ReceivedFrame frame, ReadOnlySpan<byte> bytes)
    {
        if (!LoadSource.TryRead(bytes, out int layer, out int number, out TimeSpan age))
        {
            frames.Wrong();
            return;
        }

        seat.FrameCame(Stopwatch.GetTimestamp());
        (string, MediaSource, int) stream = (frame.Participant, frame.Source, layer);
        // Numbers go on while another layer is forwarded: a gap is one that a new key frame does not explain. They begin again
        // with somebody who comes back.
        bool gap = _last.TryGetValue(stream, out int last) && number > last + 1 && !frame.KeyFrame;
        _last[stream] = number;
        frames.Verified(age, gap);
    }
}
