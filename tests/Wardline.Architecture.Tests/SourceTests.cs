using System.Text.RegularExpressions;

namespace Wardline.Architecture.Tests;

/// <summary>Rules about single source files that no analyzer knows.</summary>
public sealed partial class SourceTests
{
    private const int MaxLines = 600;

    // Dtls and Srtp: OpenSSL. Sockets: batches. Disk: what makes a folder durable and a name taken by one alone.
    private static readonly string[] NativeFolders = ["src/Wardline.Rtc/Dtls/", "src/Wardline.Rtc/Srtp/", "src/Wardline.Sockets/", "src/Wardline.Ledger/Storage/", "src/Wardline.Vault/BlobStores/Disk/", "src/Wardline.Vault/KeySources/Pkcs11/"];

    [Fact]
    public void No_source_file_has_grown_over_600_lines()
    {
        string[] tooLong = [.. Repository.Under("src/", ".cs").Concat(Repository.Under("web/", ".ts", ".tsx", ".css", ".mjs"))
            .Select(f => (File: f, Lines: Repository.Read(f).AsSpan().Count('\n')))
            .Where(f => f.Lines > MaxLines).Select(f => $"{f.File}: {f.Lines} lines")];
        Assert.Empty(tooLong);
    }

    [Fact]
    public void Native_calls_stand_only_where_keys_sockets_and_files_are_handled()
    {
        string[] elsewhere = [.. Repository.Under("src/", ".cs").Where(f =>
            !NativeFolders.Any(n => f.StartsWith(n, StringComparison.Ordinal)) && PInvoke().IsMatch(Repository.Read(f)))];
        Assert.Empty(elsewhere);
    }

    [Fact]
    public void The_compiler_bans_io_time_and_threads_in_the_rtc_core()
    {
        string[] bans = Bans("Wardline.Rtc");
        Assert.Contains("N:System.Net.Sockets", bans);
        Assert.Contains("N:System.Threading.Tasks", bans);
        Assert.Contains("T:System.Threading.Thread", bans);
        Assert.Contains("T:System.Diagnostics.Stopwatch", bans);
        Assert.Contains("P:System.DateTime.UtcNow", bans);
        Assert.Contains("T:System.Random", bans);
        Assert.Contains("T:System.Console", bans);
    }

    [Fact]
    public void The_sfu_is_under_every_ban_of_the_rtc_core() =>
        Assert.Empty(Bans("Wardline.Rtc").Except(Bans("Wardline.Sfu"), StringComparer.Ordinal));

    [Fact]
    public void Nothing_switches_the_bans_or_the_warnings_off()
    {
        string[] weakened = [.. Repository.Files.Where(f => f.EndsWith(".cs", StringComparison.Ordinal) || f.EndsWith(".csproj", StringComparison.Ordinal) || f.EndsWith(".props", StringComparison.Ordinal))
            .Where(f => f.StartsWith("src/", StringComparison.Ordinal) && Weakening().IsMatch(Repository.Read(f)))];
        Assert.Empty(weakened);
    }

    [Fact]
    public void Tests_of_the_sans_io_core_run_in_virtual_time()
    {
        string[] waiting = [.. Repository.Under("tests/Wardline.Rtc.Tests/", ".cs").Concat(Repository.Under("tests/Wardline.Sfu.Tests/", ".cs"))
            .Where(f => Waiting().IsMatch(Repository.Read(f)))];
        Assert.Empty(waiting);
    }

    [Fact]
    public void No_test_is_skipped()
    {
        string[] skipped = [.. Repository.Under("tests/", ".cs", ".mjs", ".ts").Concat(Repository.Under("web/", ".ts", ".tsx"))
            .Where(f => !f.StartsWith("tests/Wardline.Architecture.Tests/", StringComparison.Ordinal) && Skipping().IsMatch(Repository.Read(f)))];
        Assert.Empty(skipped);
    }

    /// <summary>The bans of a project: its own file (Directory.Build.props takes it in), and those that the project file names.</summary>
    private static string[] Bans(string project)
    {
        Project found = Assert.Single(Repository.Projects, p => p.Name == project);
        string[] files = [.. found.AdditionalFiles.Append("BannedSymbols.txt").Select(f => Path.GetRelativePath(Repository.Root, Path.GetFullPath(Path.Combine(Repository.Root, found.Folder, f))))
            .Where(f => Path.GetFileName(f) == "BannedSymbols.txt" && Repository.Has(f))];
        Assert.NotEmpty(files);
        return [.. files.SelectMany(f => Repository.Read(f).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)).Select(l => l.Split(';')[0])];
    }

    [GeneratedRegex(@"\[\s*(LibraryImport|DllImport)|NativeLibrary\.(Load|GetExport)")]
    private static partial Regex PInvoke();

    // RS0030 is the rule that enforces BannedSymbols.txt.
    [GeneratedRegex(@"RS0030|<TreatWarningsAsErrors>\s*false|<Nullable>\s*disable|#nullable disable", RegexOptions.IgnoreCase)]
    private static partial Regex Weakening();

    [GeneratedRegex(@"Thread\.Sleep|Task\.Delay|Stopwatch|DateTime\.(Utc)?Now")]
    private static partial Regex Waiting();

    [GeneratedRegex(@"(Fact|Theory)\s*\([^)]*\bSkip\w*\s*=|Assert\.Skip|\b(it|test|describe)\.(skip|todo|only)\b|\{\s*skip\s*:\s*(true|['""])")]
    private static partial Regex Skipping();
}
