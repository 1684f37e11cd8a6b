using System.Text.Json;
using System.Text.RegularExpressions;

namespace Wardline.Architecture.Tests;

/// <summary>What may and may not be in the repository at all.</summary>
public sealed partial class CommittedFilesTests
{
    private static readonly string[] Binary = [".png", ".jpg", ".webp", ".woff2", ".ico", ".pcap", ".wav", ".y4m", ".bin"];

    // This file names what it looks for.
    private static IEnumerable<string> Texts => Repository.Files.Where(f =>
        !Binary.Contains(Path.GetExtension(f), StringComparer.OrdinalIgnoreCase) && Path.GetFileName(f) != "CommittedFilesTests.cs");

    [Fact]
    public void No_path_of_a_developers_machine_is_committed()
    {
        string[] found = [.. Matches(MachinePath())];
        Assert.Empty(found);
    }

    [Fact]
    public void No_private_registry_and_no_token_for_one_is_committed()
    {
        List<string> found = [];
        foreach (string file in Texts)
        {
            string text = Repository.Read(file);
            string name = Path.GetFileName(file);
            if (name == "package-lock.json")
            {
                found.AddRange(Resolved().Matches(text).Select(m => m.Groups[1].Value)
                    .Where(url => !url.StartsWith("https://registry.npmjs.org/", StringComparison.Ordinal)).Select(url => $"{file}: {url}"));
            }
            else if (name is ".npmrc" or "NuGet.config" or "nuget.config" or "NuGet.Config" && RegistrySetting().IsMatch(text))
            {
                found.Add(file);
            }
        }

        Assert.Empty(found);
    }

    [Fact]
    public void No_private_key_is_committed() => Assert.Empty(Matches(PrivateKey()));

    [Fact]
    public void Every_project_locks_its_packages()
    {
        string[] without = [.. Repository.Projects.Where(p => !Repository.Has($"{p.Folder}/packages.lock.json")).Select(p => p.Name)];
        Assert.Empty(without);
    }

    [Fact]
    public void Every_npm_manifest_is_under_a_lock_file()
    {
        string[] without = [.. Manifests().Where(f => !LockedBy(Path.GetDirectoryName(f)!))];
        Assert.Empty(without);

        static bool LockedBy(string? folder)
        {
            for (; !string.IsNullOrEmpty(folder); folder = Path.GetDirectoryName(folder))
            {
                if (Repository.Has($"{folder}/package-lock.json"))
                {
                    return true;
                }
            }

            return false;
        }
    }

    [Fact]
    public void Package_versions_are_exact()
    {
        Assert.All(
            NuGetVersion().Matches(Repository.Read("Directory.Packages.props")),
            m => Assert.Matches(@"^\[\d+(\.\d+)+(-[\w.]+)?\]$", m.Groups[1].Value));

        List<string> loose = [];
        foreach (string file in Manifests())
        {
            using JsonDocument manifest = JsonDocument.Parse(Repository.Read(file));
            foreach (string section in (string[])["dependencies", "devDependencies", "optionalDependencies"])
            {
                if (manifest.RootElement.TryGetProperty(section, out JsonElement packages))
                {
                    loose.AddRange(packages.EnumerateObject()
                        .Where(p => !p.Name.StartsWith("@wardline/", StringComparison.Ordinal) && !ExactNpmVersion().IsMatch(p.Value.GetString()!))
                        .Select(p => $"{file}: {p.Name} {p.Value}"));
                }
            }
        }

        Assert.Empty(loose);
    }

    private static IEnumerable<string> Manifests() => Repository.Files.Where(f => Path.GetFileName(f) == "package.json");

    private static IEnumerable<string> Matches(Regex pattern) =>
        from file in Texts
        let match = pattern.Match(Repository.Read(file))
        where match.Success
        select $"{file}: {match.Value.Trim()}";

    // /tmp is left to the operating system's own answer (Path.GetTempPath, mktemp, os.tmpdir).
    [GeneratedRegex(@"(?<![\w.:/@}-])(/(work|root|tmp)/|/(home|Users)/[a-z][\w.-]*/|[A-Z]:\\Users\\)\S*")]
    private static partial Regex MachinePath();

    [GeneratedRegex(@"""resolved"":\s*""(https?://[^""]+)""")]
    private static partial Regex Resolved();

    [GeneratedRegex(@"registry\s*=|_auth|<add\s+key=""(?!nuget\.org"")[^""]+""\s+value=""http", RegexOptions.IgnoreCase)]
    private static partial Regex RegistrySetting();

    [GeneratedRegex(@"-----BEGIN [A-Z ]*PRIVATE KEY-----\s+[A-Za-z0-9+/=]{20}")]
    private static partial Regex PrivateKey();

    [GeneratedRegex(@"<PackageVersion\s[^>]*Version=""([^""]+)""")]
    private static partial Regex NuGetVersion();

    [GeneratedRegex(@"^\d+\.\d+\.\d+(-[\w.]+)?$")]
    private static partial Regex ExactNpmVersion();
}
