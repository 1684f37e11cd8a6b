using System.CommandLine;
using System.Globalization;
using Wardline.Ledger.Checkpoints;
using Wardline.Ledger.Verify;

namespace Wardline.Cli.Verify;

/// <summary><c>wardline verify DIR</c>: recomputes a log, without a server and anywhere. Exit codes: 0 it holds, 1 it does not, 2 it could not be tried, 130 stopped.</summary>
internal static class VerifyCommand
{
    public static Command Create()
    {
        Argument<string> directory = new("DIR") { Description = "The log, or a copy of it: the folder with the file checkpoint." };
        Option<string?> checkpoint = new("--checkpoint") { Description = "A checkpoint kept elsewhere: the log must have grown out of it." };
        Option<string?> key = new("--key") { Description = "The log's verifier key, or a file with it. Without it the key beside the log is taken, which proves only that the log fits together." };
        Option<string?> against = new("--against") { Description = "Another copy: says which entry is the first that differs." };
        Command command = new("verify", "Recompute the log of what happened, and name the first entry that is wrong.") { directory, checkpoint, key, against };
        command.SetAction((parsed, cancel) => Task.FromResult(Run(
            parsed.GetValue(directory)!, parsed.GetValue(checkpoint), parsed.GetValue(key), parsed.GetValue(against),
            parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error, cancel)));
        return command;
    }

    public static int Run(string directory, string? checkpoint, string? key, string? against, TextWriter output, TextWriter error, CancellationToken cancel)
    {
        foreach (string file in ((string?[])[checkpoint]).OfType<string>().Where(f => !File.Exists(f)))
        {
            error.WriteLine($"verify.no-file: {file} is not there.");
            return 2;
        }

        VerifierKey? trusted = key is null ? null : VerifierKey.TryParse(File.Exists(key) ? File.ReadAllText(key) : key);
        if (key is not null && trusted is null)
        {
            error.WriteLine("verify.no-key: --key is no verifier key of ECDSA P-256, nor a file with one.");
            return 2;
        }

        try
        {
            VerifyReport report = new LogVerifier(new VerifyOptions
            {
                Directory = directory, Key = trusted, EarlierNote = checkpoint is null ? null : File.ReadAllText(checkpoint), Against = against,
            }).Run((read, all) => error.WriteLine($"{read.ToString("N0", CultureInfo.InvariantCulture)} of {all.ToString("N0", CultureInfo.InvariantCulture)} entries"), cancel);
            if (report.Finding is { } finding)
            {
                output.WriteLine($"{finding.Code}: {finding.What}");
                return 1;
            }

            output.WriteLine($"{report.Origin}: {report.Size.ToString("N0", CultureInfo.InvariantCulture)} entries, whole, in order, and as they were signed{(trusted is null ? " by the key that lies beside them" : "")}.");
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
}
