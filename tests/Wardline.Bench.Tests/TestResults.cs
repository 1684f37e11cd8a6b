using Wardline.Bench.Compare;
using Wardline.Bench.Load;

namespace Wardline.Bench.Tests;

/// <summary>Results with numbers that a test chooses.</summary>
internal sealed class TestResults
{
    public Results Results { get; } = new() { Machine = new Machine("A processor", 2, "Linux 6", ".NET 10", "OpenSSL 3"), Day = "2026-01-01", Seconds = 4, Rounds = 3 };

    public LoadPlan Plan { get; } = Scenario.All[0].Plan(4, 6, 0) with { Kind = "yardstick", Bind = "127.0.0.1", Server = "127.0.0.1" };

    /// <param name="cost">µs a packet of the rounds.</param>
    public TestResults With(string scenario, string server, double[] cost, double loss = 0, double busy = 0.3, double p99Ms = 1, double perSecond = 10_000)
    {
        for (int round = 1; round <= cost.Length; round++)
        {
            long received = (long)(perSecond * 4);
            long lost = (long)(received * loss);
            Results.Put(new RunRecord(scenario, server, round)
            {
                Result = new LoadResult
                {
                    Seconds = 4,
                    Sent = received + lost,
                    Expected = received + lost,
                    Received = received,
                    Lost = lost,
                    Reordered = 0,
                    Sampled = 100,
                    Wrong = 0,
                    ServerCpuMicroseconds = cost[round - 1] * received,
                    ServerBusy = busy,
                    GeneratorBusy = 0.2,
                    SendLatenessP99 = 100,
                    DelayP50 = 100,
                    DelayP99 = p99Ms * 1000,
                    DelayP999 = p99Ms * 1000,
                    DelayMax = p99Ms * 1000,
                    JoinCpuMicroseconds = 4000,
                    Connections = 10,
                    MemoryBefore = 1_000_000,
                    MemoryJoined = 2_000_000,
                    MemoryActive = 3_000_000,
                    Profile = "AeadAes256Gcm",
                },
            });
        }

        return this;
    }
}
