using System.Xml.Linq;

namespace Wardline.Packages.Tests;

/// <summary>Where the packages come from.</summary>
internal static class Repository
{
    /// <summary>The packages that are made, and no others.</summary>
    public static readonly string[] Packages = ["Wardline.Client", "Wardline.Rtc", "Wardline.Sockets"];

    public static string Root { get; } = FindRoot();

    /// <summary>The version that stands in one place.</summary>
    public static string Version { get; } =
        XDocument.Load(Path.Combine(Root, "Directory.Build.props")).Descendants("Version").Single().Value;

    public static string Place(params ReadOnlySpan<string> parts) => Path.Combine([Root, .. parts]);

    /// <summary>What the packages are made of, as somebody has it who has never built: sources, no bin, no obj.</summary>
    public static void CopySources(string to)
    {
        IEnumerable<string> shared = Directory.EnumerateFiles(Root, "Directory.*").Concat(
            [Place("LICENSE"), Place("global.json"), Place(".editorconfig")]);
        IEnumerable<string> projects = Packages.SelectMany(p => Sources(Place("src", p)));
        foreach (string file in shared.Concat(projects))
        {
            string target = Path.Combine(to, Path.GetRelativePath(Root, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
    }

    private static IEnumerable<string> Sources(string folder) => Directory.EnumerateFiles(folder).Concat(
        Directory.EnumerateDirectories(folder).Where(d => Path.GetFileName(d) is not ("bin" or "obj")).SelectMany(Sources));

    private static string FindRoot()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Wardline.slnx")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new InvalidOperationException("These tests run inside the repository.");
    }
}
