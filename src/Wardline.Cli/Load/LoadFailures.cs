using System.Collections.Concurrent;
using Wardline.Client;

namespace Wardline.Cli.Load;

/// <summary>What went wrong, by its code. Safe for several threads.</summary>
internal sealed class LoadFailures
{
    private readonly ConcurrentDictionary<string, (WardlineException First, int Times)> _byCode = new(StringComparer.Ordinal);
    private int _count;

    public int Count => Volatile.Read(ref _count);

    public IReadOnlyDictionary<string, int> ByCode => _byCode.ToDictionary(f => f.Key, f => f.Value.Times, StringComparer.Ordinal);

    /// <summary>The first of those that came most often.</summary>
    public WardlineException? MostFrequent => _byCode.Values.OrderByDescending(f => f.Times).Select(f => f.First).FirstOrDefault();

    public void Add(WardlineException failure)
    {
        Interlocked.Increment(ref _count);
        _byCode.AddOrUpdate(failure.Code, (failure, 1), static (_, known) => (known.First, known.Times + 1));
    }
}
