using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Xml.Linq;

namespace Wardline.Architecture.Tests;

/// <summary>The checked-out repository, read as text.</summary>
internal static class Repository
{
    private static readonly string[] Generated = ["bin", "obj", "node_modules", "dist", "artifacts", "data", ".git", ".vs"];

    public static string Root { get; } = FindRoot();

    /// <summary>What is committed, as paths relative to the root; without a git checkout, everything that is not generated.</summary>
    public static IReadOnlyList<string> Files { get; } = ListFiles();

    public static IReadOnlyList<Project> Projects { get; } =
        [.. Files.Where(f => f.EndsWith(".csproj", StringComparison.Ordinal)).Select(f => new Project(f)).OrderBy(p => p.Name, StringComparer.Ordinal)];

    public static string Read(string file) => File.ReadAllText(Path.Combine(Root, file));

    public static bool Has(string file) => Files.Contains(file, StringComparer.Ordinal);

    public static IEnumerable<string> Under(string folder, params string[] extensions) => Files.Where(f =>
        f.StartsWith(folder, StringComparison.Ordinal) && extensions.Contains(Path.GetExtension(f), StringComparer.Ordinal));

    private static string FindRoot([CallerFilePath] string here = "")
    {
        // The source path is mapped away in a deterministic CI build, so the running program's place is tried too.
        foreach (string start in (string[])[Path.GetDirectoryName(here)!, AppContext.BaseDirectory])
        {
            for (DirectoryInfo? at = new(start); at is not null; at = at.Parent)
            {
                if (File.Exists(Path.Combine(at.FullName, "Wardline.slnx")))
                {
                    return at.FullName;
                }
            }
        }

        throw new InvalidOperationException("Wardline.slnx is in no folder above this test.");
    }

    private static List<string> ListFiles()
    {
        if (!Path.Exists(Path.Combine(Root, ".git")))
        {
            return [.. Walk(Root)];
        }

        using Process git = Process.Start(new ProcessStartInfo("git", "ls-files -z") { WorkingDirectory = Root, RedirectStandardOutput = true, UseShellExecute = false })!;
        string output = git.StandardOutput.ReadToEnd();
        git.WaitForExit();
        Assert.Equal(0, git.ExitCode);
        return [.. output.Split('\0', StringSplitOptions.RemoveEmptyEntries).Where(f => File.Exists(Path.Combine(Root, f)))];
    }

    private static IEnumerable<string> Walk(string folder)
    {
        foreach (string file in Directory.EnumerateFiles(folder))
        {
            yield return Path.GetRelativePath(Root, file);
        }

        foreach (string child in Directory.EnumerateDirectories(folder).Where(d => !Generated.Contains(Path.GetFileName(d), StringComparer.Ordinal)))
        {
            foreach (string file in Walk(child))
            {
                yield return file;
            }
        }
    }
}

/// <summary>One project file.</summary>
internal sealed class Project(string file)
{
    private readonly XDocument _xml = XDocument.Parse(Repository.Read(file));

    public string File { get; } = file;

    public string Folder => Path.GetDirectoryName(File)!;

    public string Name => Path.GetFileNameWithoutExtension(File);

    public bool IsSource => File.StartsWith("src/", StringComparison.Ordinal);

    public IReadOnlyList<string> ProjectReferences =>
        [.. Includes("ProjectReference").Select(r => Path.GetFileNameWithoutExtension(r.Replace('\\', '/')))];

    public IReadOnlyList<string> PackageReferences => Includes("PackageReference");

    public IReadOnlyList<string> FriendAssemblies => Includes("InternalsVisibleTo");

    public IReadOnlyList<string> AdditionalFiles => Includes("AdditionalFiles");

    public override string ToString() => Name;

    private List<string> Includes(string element) =>
        [.. _xml.Descendants().Where(e => e.Name.LocalName == element).Select(e => (string?)e.Attribute("Include")).OfType<string>()];
}
