using System.CommandLine;
using System.Security.Cryptography;
using Wardline.Ledger;
using Wardline.Ledger.Checkpoints;
using Wardline.Ledger.Witnesses;

namespace Wardline.Cli.Witness;

/// <summary>
/// <c>wardline witness</c>: somebody who is not the log's keeper remembers what they saw of it, and says so. Exit codes: 0 cosigned,
/// 1 the log is not what was seen before, 2 it could not be tried.
/// </summary>
internal static class WitnessCommand
{
    public static Command Create(TimeProvider time)
    {
        Argument<string> file = new("FILE") { Description = "The private key, which must not be there yet." };
        Option<string> name = new("--name") { Description = "The witness's name: an address without scheme, such as witness.example/w1.", Required = true };
        Command key = new("key", "Make a key for a witness; prints the verifier key that goes to whoever verifies.") { file, name };
        key.SetAction(parsed => MakeKey(parsed.GetValue(file)!, parsed.GetValue(name)!, parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error));

        Argument<string> directory = new("DIR") { Description = "The log, or a copy of it." };
        Option<string> keyFile = new("--key") { Description = "The witness's private key: a file of wardline witness key.", Required = true };
        Option<string> cosigner = new("--name") { Description = "The witness's name.", Required = true };
        Option<string[]> logs = new("--log") { Description = "The verifier key of the log, or a file with it. Two while the log's key is replaced.", Required = true };
        Option<string> memory = new("--memory") { Description = "A folder where the witness remembers what it saw. Lose it, and anything will do once.", Required = true };
        Option<string?> output = new("--output") { Description = "Where the cosigned checkpoint goes; otherwise it is printed." };
        Command cosign = new("cosign", "Cosign the newest checkpoint of a log when the log grew out of what was seen before.") { directory, keyFile, cosigner, logs, memory, output };
        cosign.SetAction(parsed => Cosign(
            new WitnessRequest(parsed.GetValue(directory)!, parsed.GetValue(keyFile)!, parsed.GetValue(cosigner)!, parsed.GetValue(logs)!, parsed.GetValue(memory)!, parsed.GetValue(output)),
            time, parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error));
        return new Command("witness", "Be a witness of somebody's log.") { key, cosign };
    }

    private static int MakeKey(string file, string name, TextWriter output, TextWriter error)
    {
        try
        {
            using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            WitnessKey verifier = WitnessKey.Of(name, key);
            FileStreamOptions options = new() { Mode = FileMode.CreateNew, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows())
            {
                options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            }

            using (StreamWriter writer = new(file, options))
            {
                writer.Write(key.ExportPkcs8PrivateKeyPem() + "\n");
            }

            output.WriteLine(verifier.ToString());
            return 0;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            error.WriteLine($"witness.unwritable: {e.Message}");
            return 2;
        }
        catch (LedgerException e)
        {
            error.WriteLine($"{e.Code}: {e.Message}");
            return 2;
        }
    }

    private static int Cosign(WitnessRequest request, TimeProvider time, TextWriter output, TextWriter error)
    {
        try
        {
            List<VerifierKey> logs = [];
            foreach (string text in request.Logs.SelectMany(l => File.Exists(l) ? File.ReadAllLines(l).Where(line => line.Length > 0) : [l]))
            {
                logs.Add(VerifierKey.TryParse(text) ?? throw new LedgerException("ledger.bad-key", $"'{text}' is no verifier key of a log."));
            }

            ECDsa key = ECDsa.Create();
            key.ImportFromPem(File.ReadAllText(request.KeyFile));
            using Ledger.Witnesses.Witness witness = new(request.Memory, request.Name, key, logs, time);
            string note = witness.Cosign(request.Directory);
            if (request.Output is { } file)
            {
                // Whole or not at all: somebody may read it at any moment.
                File.WriteAllText(file + ".part", note);
                File.Move(file + ".part", file, overwrite: true);
            }
            else
            {
                output.Write(note);
            }

            return 0;
        }
        catch (LedgerException e)
        {
            error.WriteLine($"{e.Code}: {e.Message}");
            return e.Code is "ledger.rolled-back" or "ledger.forked" or "ledger.damaged" ? 1 : 2;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            error.WriteLine($"witness.unreadable: {e.Message}");
            return 2;
        }
    }

    /// <param name="Logs">Verifier keys, or files with them.</param>
    /// <param name="Memory">A folder.</param>
    /// <param name="Output">A file, or null.</param>
    private sealed record WitnessRequest(string Directory, string KeyFile, string Name, IReadOnlyList<string> Logs, string Memory, string? Output);
}
