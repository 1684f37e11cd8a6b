using System.Diagnostics;
using System.Text.Json;

namespace Wardline.Bench.Load;

/// <summary>One run of the generator: join, warm up, measure, count instructions.</summary>
internal static class LoadRun
{
    /// <summary>The verb `load`: a plan on standard input, a result on standard output, an error in words and 1 otherwise.</summary>
    public static int FromStandardInput()
    {
        LoadPlan plan = JsonSerializer.Deserialize<LoadPlan>(Console.In.ReadToEnd(), LoadJson.Options)!;
        try
        {
            Console.WriteLine(JsonSerializer.Serialize(Run(plan), LoadJson.Options));
            return 0;
        }
        catch (LoadException error)
        {
            Console.Error.WriteLine(error.Message);
            return 1;
        }
    }

    public static LoadResult Run(LoadPlan plan)
    {
        using LoadLoop loop = new(plan);
        long before = ServerProcess.ResidentBytes(plan.ServerPid);
        double cpuBefore = ServerProcess.CpuMicroseconds(plan.ServerPid);
        using LoadTarget target = LoadTarget.Create(plan, loop);

        // 1. Everybody joins; media starts only then, so that joining and forwarding are told apart.
        for (int room = 0; room < plan.Rooms; room++)
        {
            target.JoinRoom(room);
        }

        double joinCpu = (ServerProcess.CpuMicroseconds(plan.ServerPid) - cpuBefore) / plan.Participants;
        long joined = ServerProcess.ResidentBytes(plan.ServerPid);

        // 2. Warm-up: estimators find their rate, compilers their code.
        loop.StartSending();
        loop.Run(TimeSpan.FromSeconds(plan.WarmUpSeconds));

        // 3. The measured time.
        IReadOnlyDictionary<string, long>? counts = target.Counts();
        long serverDrops = ServerProcess.BufferDrops(plan.ServerPid);
        long generatorDrops = ServerProcess.BufferDrops(Environment.ProcessId);
        foreach (LoadPeer peer in loop.Peers)
        {
            peer.Restart();
        }

        loop.Meter.Restart();
        long waited = loop.Waiting;
        double cpu = ServerProcess.CpuMicroseconds(plan.ServerPid);
        StolenTime stolen = StolenTime.Now();
        long start = Stopwatch.GetTimestamp();
        loop.Run(TimeSpan.FromSeconds(plan.Seconds));
        double elapsed = Stopwatch.GetElapsedTime(start).TotalSeconds;
        cpu = ServerProcess.CpuMicroseconds(plan.ServerPid) - cpu;
        double generatorBusy = 1 - Stopwatch.GetElapsedTime(waited, loop.Waiting).TotalSeconds / elapsed;
        LoadResult result = new()
        {
            Seconds = elapsed,
            Sent = loop.Peers.Sum(p => p.Sent),
            Expected = loop.Peers.Sum(p => p.Sent) * (plan.RoomSize - 1),
            Received = loop.Peers.Sum(p => p.Receptions.Sum(r => r.Received)),
            Lost = loop.Peers.Sum(p => p.Receptions.Sum(r => r.Lost)),
            Reordered = loop.Peers.Sum(p => p.Receptions.Sum(r => r.Reordered)),
            Sampled = loop.Meter.Delays.Count + loop.Meter.Wrong,
            Wrong = loop.Meter.Wrong,
            ServerCpuMicroseconds = cpu,
            ServerBusy = cpu / 1e6 / elapsed,
            GeneratorBusy = generatorBusy,
            StolenShare = StolenTime.Now().ShareSince(stolen),
            SendLatenessP99 = loop.Meter.Lateness.Percentile(0.99),
            DelayP50 = loop.Meter.Delays.Percentile(0.5),
            DelayP99 = loop.Meter.Delays.Percentile(0.99),
            DelayP999 = loop.Meter.Delays.Percentile(0.999),
            DelayMax = loop.Meter.Delays.Max,
            JoinCpuMicroseconds = joinCpu,
            Connections = loop.Peers.Count,
            MemoryBefore = before,
            MemoryJoined = joined,
            MemoryActive = ServerProcess.ResidentBytes(plan.ServerPid),
            Profile = loop.Peers[0].Transport.Profile,
            ServerBufferDrops = ServerProcess.BufferDrops(plan.ServerPid) - serverDrops,
            GeneratorBufferDrops = ServerProcess.BufferDrops(Environment.ProcessId) - generatorDrops,
        };
        if (counts is not null && target.Counts() is { } later)
        {
            Dictionary<string, long> counted = later.Select(c => (c.Key, Value: c.Value - counts.GetValueOrDefault(c.Key))).Where(c => c.Value != 0).ToDictionary(c => c.Key, c => c.Value, StringComparer.Ordinal);
            result = result with { ServerCounts = counted, AllocatedBytesPerPacket = counted.GetValueOrDefault(LoadJson.AllocatedBytes) / (double)Math.Max(1, result.Received) };
        }

        // 4. Instructions, in a time of their own: counting costs the server something.
        return plan.CounterSeconds > 0 ? WithInstructions(result, plan, loop) : result;
    }

    private static LoadResult WithInstructions(LoadResult result, LoadPlan plan, LoadLoop loop)
    {
        TimeSpan time = TimeSpan.FromSeconds(plan.CounterSeconds);
        using Process? perf = ServerProcess.StartCounting(plan.ServerPid, time);
        if (perf is null)
        {
            return result;
        }

        loop.Run(time + TimeSpan.FromSeconds(0.5));
        string said = perf.StandardError.ReadToEnd();
        perf.WaitForExit();
        (double? user, double? kernel) = ServerProcess.ParseInstructions(said);
        double packets = result.ForwardedPerSecond * plan.CounterSeconds;
        return result with { UserInstructions = user / packets, KernelInstructions = kernel / packets };
    }
}
