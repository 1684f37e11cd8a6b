using Wardline.Client;
using Wardline.Client.Media;

namespace Wardline.Cli.Load;

/// <summary>What one seat of a visit has sent and received, over all the times that somebody sat there.</summary>
internal readonly record struct LoadCounts(long Sent, long RepairedForOthers, long Refused, long Received, long Bytes, long Lost, long Repaired, long Reordered)
{
    public static LoadCounts operator +(LoadCounts a, LoadCounts b) => new(
        a.Sent + b.Sent, a.RepairedForOthers + b.RepairedForOthers, a.Refused + b.Refused, a.Received + b.Received, a.Bytes + b.Bytes,
        a.Lost + b.Lost, a.Repaired + b.Repaired, a.Reordered + b.Reordered);

    public static LoadCounts operator -(LoadCounts a, LoadCounts b) => new(
        a.Sent - b.Sent, a.RepairedForOthers - b.RepairedForOthers, a.Refused - b.Refused, a.Received - b.Received, a.Bytes - b.Bytes,
        a.Lost - b.Lost, a.Repaired - b.Repaired, a.Reordered - b.Reordered);

    public static LoadCounts Of(StreamStats stream) => new(0, 0, 0, stream.Packets, stream.Bytes, stream.Lost, stream.Repaired, stream.Reordered);
}

/// <summary>
/// Keeps the counts of streams that are over: a connection forgets a stream when its sender leaves, and everything when it
/// ends itself. Looked at once a second; what happened after the last look is not in the sum. Not thread-safe.
/// </summary>
internal sealed class LoadTally
{
    private readonly Dictionary<(string, MediaSource), StreamStats> _streams = [];
    private LoadCounts _past;
    private ParticipantStats? _own;

    public LoadCounts Sum
    {
        get
        {
            LoadCounts sum = _past + Own(_own);
            foreach (StreamStats stream in _streams.Values)
            {
                sum += LoadCounts.Of(stream);
            }

            return sum;
        }
    }

    /// <summary>Another look at the same connection.</summary>
    public void Take(ParticipantStats now)
    {
        _own = now;
        foreach (StreamStats stream in now.Received)
        {
            // The same sender again, on a stream that counts from nothing.
            if (_streams.TryGetValue((stream.Participant, stream.Source), out StreamStats? before) && stream.Packets < before.Packets)
            {
                _past += LoadCounts.Of(before);
            }

            _streams[(stream.Participant, stream.Source)] = stream;
        }

        foreach ((string, MediaSource) gone in _streams.Keys.Where(k => !now.Received.Any(r => (r.Participant, r.Source) == k)).ToArray())
        {
            _past += LoadCounts.Of(_streams[gone]);
            _streams.Remove(gone);
        }
    }

    /// <summary>The connection is over; the next look is at another one.</summary>
    public void Close()
    {
        _past = Sum;
        _own = null;
        _streams.Clear();
    }

    private static LoadCounts Own(ParticipantStats? stats) =>
        stats is null ? default : new LoadCounts(stats.PacketsSent, stats.PacketsRepairedForOthers, stats.FramesRefused, 0, 0, 0, 0, 0);
}
