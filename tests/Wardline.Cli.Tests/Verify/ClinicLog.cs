using System.CommandLine;
using System.Security.Cryptography;
using Wardline.Ledger;
using Wardline.Ledger.Checkpoints;
using Wardline.Ledger.Entries;

namespace Wardline.Cli.Tests.Verify;

/// <summary>A log as a server writes it, in a folder of its own, and what somebody does to its files.</summary>
internal sealed class ClinicLog : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("wardline-verify-");
    private readonly ECDsa _key;

    public ClinicLog(ECDsa? key = null) => _key = key ?? ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public string Folder => Path.Combine(_folder.FullName, "ledger");

    public string Key => VerifierKey.Of("clinic.example/log", _key).ToString();

    /// <summary>Another log that the same key signs.</summary>
    public ClinicLog Again() => new(ECDsa.Create(_key.ExportParameters(true)));

    public string File(string name) => Path.Combine(_folder.FullName, name);

    /// <summary>Adds entries, and returns a file with the checkpoint over all.</summary>
    public async Task<string> GrowAsync(int count, string action = "visit.admit", CancellationToken cancel = default)
    {
        using EcdsaCheckpointSigner signer = new("clinic.example/log", ECDsa.Create(_key.ExportParameters(true)));
        await using LedgerLog log = LedgerLog.Open(new LedgerOptions { Directory = Folder }, signer, TimeProvider.System);
        await Task.WhenAll(Enumerable.Range(0, count).Select(i => log.AppendAsync(
            new EntryDraft { Tenant = "default", Action = action, Actor = "c-osei", ActorKind = "clinician", Visit = $"v-{i}", Outcome = "success" }, cancel)));
        Checkpoint checkpoint = await log.CheckpointAsync(log.Size, cancel);
        string file = File($"checkpoint-{checkpoint.Size}");
        await System.IO.File.WriteAllTextAsync(file, checkpoint.Note, cancel);
        return file;
    }

    /// <summary>Changes the entries of one bundle of 256, as somebody does who has the files and not the key.</summary>
    public void Edit(int bundle, Action<List<byte[]>> edit)
    {
        string path = Path.Combine(Folder, "tile", "entries", $"{bundle:000}");
        byte[] bytes = System.IO.File.ReadAllBytes(path);
        List<byte[]> entries = [];
        for (int at = 0; at < bytes.Length;)
        {
            int length = (bytes[at] << 8) | bytes[at + 1];
            entries.Add(bytes[(at + 2)..(at + 2 + length)]);
            at += 2 + length;
        }

        edit(entries);
        System.IO.File.WriteAllBytes(path, [.. entries.SelectMany(e => (byte[])[(byte)(e.Length >> 8), (byte)e.Length, .. e])]);
    }

    public static async Task<(int Exit, string Output, string Error)> RunAsync(Command command, params string[] arguments)
    {
        StringWriter output = new(), error = new();
        int exit = await command.Parse(arguments).InvokeAsync(new InvocationConfiguration { Output = output, Error = error }, TestContext.Current.CancellationToken);
        return (exit, output.ToString(), error.ToString());
    }

    public void Dispose()
    {
        _key.Dispose();
        _folder.Delete(recursive: true);
    }
}
