using System.CommandLine;
using System.Globalization;
using Wardline.Ledger.Verify;

namespace Wardline.Cli.Verify;

/// <summary><c>wardline verify DIR</c>: recomputes a log, without a server and anywhere. Exit codes: 0 it holds, 1 it does not, 2 it could not be tried, 130 stopped.</summary>
internal static class VerifyCommand
{
    public static Command Create()
    {
        Argument<string> directory = new("DIR") { Description = "The log, or a copy of it." };
        Option<string[]> checkpoints = new("--checkpoint") { Description = "A checkpoint kept elsewhere: the log must have grown out of it. As often as wanted." };
        Option<string[]> keys = new("--key") { Description = "The log's verifier key, or a file with it. Without it the key beside the log is taken, which proves only that the log fits together." };
        Option<string?> against = new("--against") { Description = "A copy of the log: says which entry is the first that differs." };
        Option<string[]> witnesses = new("--witness") { Description = "The verifier key of a witness, or a file with it: it must have cosigned the log. As often as wanted." };
        Command command = new("verify", "Recompute the log of what happened, and name the first entry that is wrong.") { directory, checkpoints, keys, against, witnesses };
        command.SetAction((parsed, cancel) => Task.FromResult(Run(
            new VerifyRequest(parsed.GetValue(directory)!, parsed.GetValue(checkpoints) ?? [], parsed.GetValue(keys) ?? [], parsed.GetValue(against), parsed.GetValue(witnesses) ?? []),
            parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error, cancel)));
        return command;
    }

    public static int Run(VerifyRequest request, TextWriter output, TextWriter error, CancellationToken cancel)
    {
        if (request.Checkpoints.FirstOrDefault(f => !File.Exists(f)) is { } absent)
        {
            error.WriteLine($"verify.no-file: {absent} is not there.");
            return 2;
        }

        if (((string?[])[request.Directory, request.Against]).OfType<string>().FirstOrDefault(d => !Directory.Exists(d)) is { } nowhere)
        {
            error.WriteLine($"verify.no-file: {nowhere} is no folder.");
            return 2;
        }

        try
        {
            VerifyReport report = new LogVerifier(new VerifyOptions
            {
                Directory = request.Directory, Keys = [.. request.Keys.SelectMany(Lines)], Checkpoints = [.. request.Checkpoints.Select(File.ReadAllText)],
                Against = request.Against, Witnesses = [.. request.Witnesses.SelectMany(Lines)],
            }).Run((read, all) => error.WriteLine($"{Count(read)} of {Count(all)} entries"), cancel);
            if (report.Finding is { Code: "verify.no-key" } noKey)
            {
                error.WriteLine($"{noKey.Code}: {noKey.What}");
                return 2;
            }

            if (report.Finding is { } finding)
            {
                output.WriteLine($"{finding.Code}: {finding.What}");
                output.WriteLine(finding.Index is { } index ? $"first wrong entry: {index.ToString(CultureInfo.InvariantCulture)}" : "first wrong entry: not known");
                return 1;
            }

            Holds(report, request.Keys.Count > 0, output);
            return 0;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            error.WriteLine($"verify.unreadable: {e.Message}");
            return 2;
        }
        catch (OperationCanceledException)
        {
            error.WriteLine("Stopped.");
            return 130;
        }
    }

    private static void Holds(VerifyReport report, bool keyWasGiven, TextWriter output)
    {
        output.WriteLine($"{report.Origin}: {Count(report.Size)} entries, whole, in order, and as they were signed{(keyWasGiven ? "" : " by the key that lies beside them")}.");
        output.WriteLine($"root: {report.Root}");
        if (report.Unsigned > 0)
        {
            output.WriteLine($"{Count(report.Unsigned)} more are durable and not signed yet.");
        }

        if (report.Held > 0)
        {
            output.WriteLine($"It has grown out of {Count(report.Held)} checkpoint{(report.Held == 1 ? "" : "s")} that {(report.Held == 1 ? "was" : "were")} kept elsewhere.");
        }

        foreach (Cosignature seen in report.Witnessed)
        {
            output.WriteLine($"{seen.Witness} saw {Count(seen.Size)} entries at {seen.Time.UtcDateTime.ToString("u", CultureInfo.InvariantCulture)}.");
        }
    }

    private static string[] Lines(string keyOrFile) => File.Exists(keyOrFile) ? File.ReadAllText(keyOrFile).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) : [keyOrFile];

    private static string Count(long count) => count.ToString("N0", CultureInfo.InvariantCulture);
}

/// <summary>What was asked for on the command line.</summary>
/// <param name="Checkpoints">Files.</param>
/// <param name="Keys">Verifier keys, or files with them.</param>
/// <param name="Witnesses">Verifier keys, or files with them.</param>
internal sealed record VerifyRequest(string Directory, IReadOnlyList<string> Checkpoints, IReadOnlyList<string> Keys, string? Against, IReadOnlyList<string> Witnesses);
