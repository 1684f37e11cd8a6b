using System.Formats.Tar;
using System.IO.Compression;
using System.Text.Json;
using System.Text.RegularExpressions;
using Wardline.Client.Tests.Signaling;

namespace Wardline.Packages.Tests;

/// <summary>
/// The browser's package as <c>npm pack</c> makes it, in a stranger's project that bundles the first example of its README,
/// and the real server with that bundle for its page.
/// </summary>
public sealed class NpmPackage : RunningServer
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2);
    private readonly string _root = Directory.CreateTempSubdirectory("wardline-npm-").FullName;

    /// <summary>Where the tools of <c>web/</c> are.</summary>
    public static string Web => Repository.Place("web");

    /// <summary>The stranger's project.</summary>
    public string Project => Path.Combine(_root, "consumer");

    /// <summary>The page that was bundled there.</summary>
    public string Bundle => Path.Combine(Project, "dist");

    public string Tarball { get; private set; } = "";

    /// <summary>The same, packed once more into another folder.</summary>
    public string SecondTarball { get; private set; } = "";

    /// <summary>Name inside the package → text.</summary>
    public IReadOnlyDictionary<string, string> Files { get; private set; } = new Dictionary<string, string>(StringComparer.Ordinal);

    public JsonElement Manifest => JsonDocument.Parse(Files["package.json"]).RootElement;

    protected override IEnumerable<(string Name, string Value)> Settings => [("Web__Root", Bundle)];

    public override async ValueTask InitializeAsync()
    {
        string[] tarballs = await Task.WhenAll(PackAsync("one"), PackAsync("another/deeper"));
        (Tarball, SecondTarball) = (tarballs[0], tarballs[1]);
        Files = Read(Tarball);
        await InstallAsync();
        await Tool("typescript/bin/tsc", "-p", ".");
        await Tool("vite/bin/vite.js", "build", "--logLevel", "warn");
        await base.InitializeAsync();
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        Directory.Delete(_root, recursive: true);
    }

    /// <summary>A tool of <c>web/</c>, in the stranger's project.</summary>
    private Task<string> Tool(string script, params IEnumerable<string> arguments) =>
        Command.RunAsync(Project, s_patience, "node", [Path.Combine(Web, "node_modules", script), .. arguments]);

    private async Task<string> PackAsync(string folder)
    {
        string content = Path.Combine(_root, folder, "package"), target = Path.Combine(_root, folder, "tarball");
        await Command.RunAsync(Path.Combine(Web, "packages/client"), s_patience, "node", "package.mjs", content);
        Directory.CreateDirectory(target);
        await Command.RunAsync(target, s_patience, "npm", "pack", content, "--offline", "--silent");
        return Assert.Single(Directory.GetFiles(target));
    }

    private async Task InstallAsync()
    {
        Directory.CreateDirectory(Path.Combine(Project, "public"));
        await File.WriteAllBytesAsync(Path.Combine(Project, "public", "favicon.ico"), []); // browsers ask for it
        await File.WriteAllTextAsync(Path.Combine(Project, "package.json"), """{ "name": "stranger", "private": true, "type": "module" }""");
        await Command.RunAsync(Project, s_patience, "npm", "install", "--offline", "--no-audit", "--no-fund", "--ignore-scripts", Tarball);

        // What the page has to have stands in the first line of the example.
        string example = FirstExample.Of(Files["README.md"], "ts");
        string players = string.Concat(Regex.Matches(example.Split('\n')[0], "<(video|audio)[^>]*></\\1>").Select(m => m.Value));
        await File.WriteAllTextAsync(Path.Combine(Project, "main.ts"), example);
        await File.WriteAllTextAsync(Path.Combine(Project, "index.html"), $"<!doctype html><meta charset=\"utf-8\">{players}<script type=\"module\" src=\"/main.ts\"></script>");
        await File.WriteAllTextAsync(Path.Combine(Project, "tsconfig.json"), """
            {
              "compilerOptions": {
                "target": "ES2022", "module": "nodenext", "moduleResolution": "nodenext", "lib": ["ES2022", "DOM", "DOM.Iterable"], "types": [],
                "strict": true, "noUncheckedIndexedAccess": true, "exactOptionalPropertyTypes": true, "skipLibCheck": false, "noEmit": true
              },
              "include": ["main.ts"]
            }
            """);
    }

    private static Dictionary<string, string> Read(string tarball)
    {
        Dictionary<string, string> files = new(StringComparer.Ordinal);
        using TarReader reader = new(new GZipStream(File.OpenRead(tarball), CompressionMode.Decompress));
        while (reader.GetNextEntry(copyData: true) is { } entry)
        {
            Assert.StartsWith("package/", entry.Name, StringComparison.Ordinal);
            files.Add(entry.Name["package/".Length..], new StreamReader(entry.DataStream ?? Stream.Null).ReadToEnd());
        }

        return files;
    }
}
