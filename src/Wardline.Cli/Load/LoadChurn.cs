using System.Diagnostics;
using Wardline.Client;

namespace Wardline.Cli.Load;

/// <summary>
/// People who leave and come back: a share of all of them each minute, at seeded random times, away for one to five seconds.
/// One of a visit at a time, so that who stays has to let go of the other's keys, turn its own, and let the other in again.
/// </summary>
/// <param name="comeBack">False: it did not work.</param>
internal sealed class LoadChurn(IReadOnlyList<LoadSeat> seats, double sharePerMinute, int seed, Func<LoadSeat, CancellationToken, Task<bool>> comeBack)
{
    private readonly HashSet<int> _disturbed = [];
    private readonly Random _random = new(seed);
    private int _left, _returned, _failed;

    public int Left => Volatile.Read(ref _left);

    public int Returned => Volatile.Read(ref _returned);

    public int Failed => Volatile.Read(ref _failed);

    public async Task RunAsync(CancellationToken cancel)
    {
        if (sharePerMinute <= 0)
        {
            return;
        }

        double eachSeconds = 60 / (sharePerMinute * seats.Count);
        List<Task> trips = [];
        try
        {
            while (true)
            {
                // Independent people: the time from one to the next is exponentially distributed.
                double wait = -Math.Log(1 - _random.NextDouble()) * eachSeconds;
                await Task.Delay(TimeSpan.FromSeconds(Math.Min(wait, 10 * eachSeconds)), cancel);
                trips.RemoveAll(t => t.IsCompletedSuccessfully);
                if (Choose() is { } seat)
                {
                    trips.Add(TripAsync(seat, TimeSpan.FromSeconds(1 + 4 * _random.NextDouble()), cancel));
                }
            }
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(trips);
        }
    }

    /// <summary>Somebody in the call, of a visit in which nobody is away.</summary>
    private LoadSeat? Choose()
    {
        lock (_disturbed)
        {
            LoadSeat[] there = [.. seats.Where(s => s is { InCallSince: > 0, IsLost: false } && !_disturbed.Contains(s.Visit))];
            if (there.Length == 0)
            {
                return null;
            }

            LoadSeat chosen = there[_random.Next(there.Length)];
            _disturbed.Add(chosen.Visit);
            return chosen;
        }
    }

    private async Task TripAsync(LoadSeat seat, TimeSpan away, CancellationToken cancel)
    {
        try
        {
            await seat.StandUpAsync();
            Interlocked.Increment(ref _left);
            await Task.Delay(away, cancel);
            Interlocked.Increment(ref await comeBack(seat, cancel) ? ref _returned : ref _failed);
        }
        catch (OperationCanceledException)
        {
            // The run is over while somebody is away.
        }
        finally
        {
            lock (_disturbed)
            {
                _disturbed.Remove(seat.Visit);
            }
        }
    }
}
