using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Wardline.Vault.Tests.BlobStores;

/// <summary>A file system in memory that is soon full. Mounting is for root: another user is asked for sudo, as test.sh does for packages.</summary>
internal sealed partial class SmallDisk : IDisposable
{
    private SmallDisk(string path) => Path = path;

    public string Path { get; }

    public static SmallDisk Mount(string path, int mebibytes)
    {
        Directory.CreateDirectory(path);
        Run("mount", "-t", "tmpfs", "-o", $"size={mebibytes}m,mode=777", "tmpfs", path);
        return new SmallDisk(path);
    }

    public void Dispose() => Run("umount", Path);

    private static void Run(params string[] command)
    {
        string[] all = GetEffectiveUser() == 0 ? command : ["sudo", "-n", .. command];
        using Process process = Process.Start(new ProcessStartInfo(all[0], all[1..]) { UseShellExecute = false, RedirectStandardError = true })!;
        string said = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, said);
    }

    [LibraryImport("libc", EntryPoint = "geteuid")]
    private static partial uint GetEffectiveUser();
}
