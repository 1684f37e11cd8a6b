using System.Globalization;
using Wardline.Fuzz.Running;
using Wardline.Fuzz.Targets;

// <target|all|list> [--seconds N] [--executions N] [--seed S] [--replay HEX]
Dictionary<string, string> options = new(StringComparer.Ordinal);
string what = "";
for (int i = 0; i < args.Length; i++)
{
    if (!args[i].StartsWith("--", StringComparison.Ordinal))
    {
        what = args[i];
    }
    else if (i + 1 < args.Length && args[i] is "--seconds" or "--executions" or "--seed" or "--replay")
    {
        options[args[i]] = args[++i];
    }
    else
    {
        what = "";
        break;
    }
}

IReadOnlyList<IFuzzTarget> all = FuzzTargets.All();
List<IFuzzTarget> chosen = [.. all.Where(t => what == "all" || t.Name == what)];
if (what == "list" || chosen.Count == 0)
{
    Console.WriteLine(what == "list" ? string.Join('\n', all.Select(t => t.Name)) : "usage: <target|all|list> [--seconds N] [--executions N] [--seed S] [--replay HEX]");
    return what == "list" ? 0 : 2;
}

int seed = int.Parse(options.GetValueOrDefault("--seed", "1"), CultureInfo.InvariantCulture);
long executions = long.Parse(options.GetValueOrDefault("--executions", long.MaxValue.ToString(CultureInfo.InvariantCulture)), CultureInfo.InvariantCulture);
TimeSpan duration = options.TryGetValue("--seconds", out string? seconds)
    ? TimeSpan.FromSeconds(double.Parse(seconds, CultureInfo.InvariantCulture))
    : options.ContainsKey("--executions") ? TimeSpan.MaxValue : TimeSpan.FromSeconds(10);

int failed = 0;
foreach (IFuzzTarget target in chosen)
{
    if (options.TryGetValue("--replay", out string? hex))
    {
        Exception? thrown = FuzzRunner.Replay(target, Convert.FromHexString(hex));
        Console.WriteLine($"{target.Name}: {thrown?.ToString() ?? "held"}");
        failed += thrown is null ? 0 : 1;
        continue;
    }

    FuzzResult result = FuzzRunner.Run(target, seed, executions, duration, input =>
    {
        Console.WriteLine($"{target.Name}: does not return from {Convert.ToHexString(input)}");
        Environment.Exit(1);
    });
    Console.WriteLine($"{result.Target,-24} {result.Executions,12:N0} executions  {result.Executions / result.Elapsed.TotalSeconds,10:N0}/s  {(result.Failure is null ? "held" : "FAILED")}");
    if (result.Failure is { } failure)
    {
        failed++;
        Console.WriteLine($"  {failure.Exception}\n  --seed {seed} --replay {Convert.ToHexString(failure.Input)}");
    }
}

return failed == 0 ? 0 : 1;
