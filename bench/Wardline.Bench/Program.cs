using System.Globalization;
using Wardline.Bench;
using Wardline.Bench.Compare;
using Wardline.Bench.Ledger;
using Wardline.Bench.Load;
using Wardline.Bench.Report;
using Wardline.Bench.Signaling;
using Wardline.Bench.Soak;
using Wardline.Bench.Vault;

switch (args)
{
    case ["budgets", .. var rest] when rest.Length <= 1:
        string file = rest is [var named] ? named : Budgets.FindFile();
        return Budgets.Check(file, Budgets.Measured()) ? 0 : 1;
    case ["path"]:
        foreach (int receivers in (int[])[1, 11, 50])
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"1 → {receivers,-3} {SfuMeasures.MicrosecondsForwarding(receivers, rounds: 5):F2} µs a forwarded packet"));
        }

        return 0;
    case ["sfu-host", var address, var port, var control]:
        return await SfuHost.RunAsync(address, int.Parse(port), control);
    case ["load"]:
        return LoadRun.FromStandardInput();
    case ["sfu", .. var options]:
        return SfuComparison.Run(options);
    case ["soak", .. var options]:
        return await SoakRun.RunAsync(options);
    case ["signaling", .. var options] when options.Length % 2 == 0:
        return await SignalingRun.RunAsync(options);
    case ["vault", .. var options]:
        return await VaultRun.RunAsync(options);
    case ["ledger", .. var options]:
        return await LedgerRun.RunAsync(options);
    case ["report", var results, var page]:
        return PerformanceReport.Run(results, page);
    default:
        Console.Error.WriteLine("usage: Wardline.Bench budgets [budgets.json] | path | sfu [--quick] [--scenario NAME] [--server NAME] [--rounds N] [--seconds S] | soak [--minutes N] [--sessions N] | signaling [--participants N] [--joins-per-second N] | vault [--rounds N] [--quick] | ledger [--entries N] [--callers N] [--seconds N] | report RESULTS PAGE");
        return 64;
}
