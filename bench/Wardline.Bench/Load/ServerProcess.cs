using System.Diagnostics;

namespace Wardline.Bench.Load;

/// <summary>What /proc tells of the server under test.</summary>
internal static class ServerProcess
{
    private const double TicksPerSecond = 100; // USER_HZ, the same on every Linux since 2.6

    /// <exception cref="LoadException">It has ended, or is a zombie.</exception>
    public static void MustLive(int pid) => _ = CpuMicroseconds(pid);

    /// <summary>User and system time of all threads since it started.</summary>
    /// <exception cref="LoadException">It has ended.</exception>
    public static double CpuMicroseconds(int pid)
    {
        string stat;
        try
        {
            stat = File.ReadAllText($"/proc/{pid}/stat");
        }
        catch (IOException)
        {
            throw Dead(pid);
        }

        return ParseCpu(stat) ?? throw Dead(pid);
    }

    /// <summary>Resident bytes.</summary>
    public static long ResidentBytes(int pid)
    {
        try
        {
            return long.Parse(File.ReadAllText($"/proc/{pid}/statm").Split(' ')[1]) * Environment.SystemPageSize;
        }
        catch (IOException)
        {
            throw Dead(pid);
        }
    }

    public static int Threads(int pid) => Entries($"/proc/{pid}/task", pid).Length;

    /// <summary>Open ones, of every kind.</summary>
    public static int Sockets(int pid) =>
        Entries($"/proc/{pid}/fd", pid).Count(d => new FileInfo(d).LinkTarget?.StartsWith("socket:", StringComparison.Ordinal) == true);

    /// <summary>Of a line of /proc/PID/stat, in microseconds; null for a process that has ended and was not waited for.</summary>
    public static double? ParseCpu(string stat)
    {
        // proc(5): the name is in parentheses and may hold anything; then state (3) … utime (14) stime (15).
        string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return fields[0] is "Z" or "X" ? null : (double.Parse(fields[11]) + double.Parse(fields[12])) * 1_000_000 / TicksPerSecond;
    }

    /// <summary>Datagrams that found a receive buffer full, over all sockets of the process' network namespace.</summary>
    public static long BufferDrops(int pid)
    {
        try
        {
            return ParseBufferDrops(File.ReadAllText($"/proc/{pid}/net/snmp"));
        }
        catch (IOException)
        {
            throw Dead(pid);
        }
    }

    /// <summary>RcvbufErrors of the two Udp lines: names, then numbers.</summary>
    public static long ParseBufferDrops(string snmp)
    {
        string[][] udp = [.. snmp.Split('\n').Where(l => l.StartsWith("Udp: ", StringComparison.Ordinal)).Select(l => l.Split(' '))];
        int at = udp.Length == 2 ? Array.IndexOf(udp[0], "RcvbufErrors") : -1;
        return at < 0 ? 0 : long.Parse(udp[1][at]);
    }

    /// <summary>Starts counting the server's instructions; null where perf is not there or may not.</summary>
    public static Process? StartCounting(int pid, TimeSpan time)
    {
        try
        {
            ProcessStartInfo start = new("perf") { UseShellExecute = false, RedirectStandardError = true, RedirectStandardOutput = true };
            foreach (string argument in (string[])["stat", "-x,", "-e", "instructions:u,instructions:k", "-p", $"{pid}", "--timeout", $"{time.TotalMilliseconds:F0}"])
            {
                start.ArgumentList.Add(argument);
            }

            return Process.Start(start);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }

    /// <summary>Whether perf is there, may look, and has the counters.</summary>
    public static bool CanCountInstructions()
    {
        using Process? perf = StartCounting(Environment.ProcessId, TimeSpan.FromMilliseconds(20));
        string said = perf?.StandardError.ReadToEnd() ?? "";
        perf?.WaitForExit();
        return ParseInstructions(said) is { User: not null, Kernel: not null };
    }

    /// <summary>What perf stat -x, said; null where a counter did not work.</summary>
    public static (double? User, double? Kernel) ParseInstructions(string output)
    {
        double? Of(string name)
        {
            string? line = output.Split('\n').FirstOrDefault(l => l.Split(',') is [_, _, { } counter, ..] && counter == name);
            return line is not null && double.TryParse(line.Split(',')[0], out double count) ? count : null;
        }

        return (Of("instructions:u"), Of("instructions:k"));
    }

    private static string[] Entries(string folder, int pid)
    {
        try
        {
            return Directory.GetFileSystemEntries(folder);
        }
        catch (IOException)
        {
            throw Dead(pid);
        }
    }

    private static LoadException Dead(int pid) => new($"The server under test (process {pid}) has ended; its log says why.");
}
