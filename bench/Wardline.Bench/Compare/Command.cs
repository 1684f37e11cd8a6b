using System.Diagnostics;
using Wardline.Bench.Load;

namespace Wardline.Bench.Compare;

/// <summary>Programs that the comparison starts.</summary>
internal static class Command
{
    /// <exception cref="LoadException">It cannot be started, or ends with another status than 0.</exception>
    public static string Run(string program, params string[] arguments)
    {
        using Process process = Start(new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true });
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output : throw new LoadException($"`{program} {string.Join(' ', arguments)}` failed: {error.Result.Trim()}");
    }

    public static Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            throw new LoadException($"{start.FileName} is not installed.");
        }
    }

    /// <summary>In a network namespace, on one core.</summary>
    public static ProcessStartInfo Pinned(string space, int core, string program, params IEnumerable<string> arguments) =>
        new("ip", ["netns", "exec", space, "taskset", "-c", $"{core}", program, .. arguments])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
}
