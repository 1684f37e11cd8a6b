using System.Diagnostics;
using System.Globalization;

namespace Wardline.Bench;

/// <summary>
/// What a session does for a forwarded packet (open, look up, choose, rewrite, account, seal), against a C program that
/// does nothing but open once and seal for each receiver. Without the kernel, whose part depends on the machine's mood.
/// </summary>
internal static class YardstickRatio
{
    private const int Receivers = 50;
    private const int Rounds = 5;

    public static IEnumerable<(string Name, double Ratio)> All()
    {
        double ours = double.MaxValue;
        double least = double.MaxValue;
        for (int i = 0; i < Rounds; i++)
        {
            // By turns, and the best of each: a neighbour on the machine only adds.
            ours = Math.Min(ours, SfuMeasures.MicrosecondsForwarding(Receivers, rounds: 1));
            least = Math.Min(least, SealOnly());
        }

        yield return ($"sfu.forward-1-to-{Receivers}", ours / least);
    }

    private static double SealOnly()
    {
        string program = Path.Combine(Path.GetDirectoryName(Budgets.FindFile())!, "..", "artifacts", "bench", "yardstick");
        if (!File.Exists(program))
        {
            throw new FileNotFoundException("The C program has not been built: make -C bench/yardstick (gcc, libssl-dev).", program);
        }

        using Process process = Process.Start(new ProcessStartInfo(program, ["--seal", $"{Receivers}", "4000"]) { RedirectStandardOutput = true, UseShellExecute = false })!;
        double microseconds = double.Parse(process.StandardOutput.ReadToEnd(), CultureInfo.InvariantCulture);
        process.WaitForExit();
        return microseconds;
    }
}
