using System.Security.Cryptography;
using Wardline.Ledger.Checkpoints;
using Wardline.Ledger.Entries;
using Wardline.Ledger.Storage;

namespace Wardline.Ledger.Tests.Storage;

/// <summary>A log in a folder of its own, opened and closed as a test wants.</summary>
internal sealed class LogFolder : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ledger-");

    public LogFolder() => Signer = new EcdsaCheckpointSigner("wardline.test/log", ECDsa.Create(ECCurve.NamedCurves.nistP256));

    public EcdsaCheckpointSigner Signer { get; }

    public string Path => _folder.FullName;

    public LedgerLog Open(TimeProvider? time = null, Action<string>? step = null, TimeSpan? every = null) => LedgerLog.Open(
        new LedgerOptions { Directory = Path, CheckpointEvery = every ?? TimeSpan.FromHours(1) }, Signer, time ?? TimeProvider.System, new LedgerFiles(Path, step));

    public static EntryDraft Draft(string what = "visit.admit", params KeyValuePair<string, string>[] facts) => new()
    {
        Tenant = "default", Action = what, Actor = "c-osei", ActorKind = "clinician", Patient = "p-1", Visit = "v-1", Outcome = "success", Facts = facts,
    };

    /// <summary>Another log, empty, that the same key signs.</summary>
    public LogFolder Again() => new(Signer);

    /// <summary>Everything that is in it now, elsewhere.</summary>
    public LogFolder Copy()
    {
        LogFolder copy = new(Signer);
        foreach (string file in Directory.EnumerateFiles(Path, "*", SearchOption.AllDirectories).Where(f => System.IO.Path.GetFileName(f) != "lock"))
        {
            string target = System.IO.Path.Combine(copy.Path, System.IO.Path.GetRelativePath(Path, file));
            Directory.CreateDirectory(System.IO.Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }

        return copy;
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private LogFolder(EcdsaCheckpointSigner signer) => Signer = signer;
}
