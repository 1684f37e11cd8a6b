using System.Diagnostics;
using System.Text;
using System.Xml.Linq;

namespace Wardline.Packages.Tests;

/// <summary>What is in a package, and what is not.</summary>
public sealed class NuGetPackageTests(PackedPackages packed)
{
    private const string Framework = "lib/net10.0";

    public static TheoryData<string> Packages => [.. Repository.Packages];

    [Fact]
    public void Nothing_is_packed_but_the_libraries_and_their_symbols() => Assert.Equal(
        Repository.Packages.SelectMany(p => (string[])[$"{p}.{Repository.Version}.nupkg", $"{p}.{Repository.Version}.snupkg"]),
        Directory.EnumerateFiles(packed.Source).Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Packages))]
    public void A_package_says_what_it_is_and_under_which_licence(string id)
    {
        Package package = packed.Open(id);
        Assert.Equal((id, Repository.Version), (package.Said("id"), package.Said("version")));
        Assert.Equal(("Apache-2.0", "expression"), (package.Said("license"), (string?)package.Find("license")!.Attribute("type")));
        Assert.Equal("README.md", package.Said("readme"));
        Assert.Equal(File.ReadAllText(Repository.Place("src", id, "README.md")), package.Text("README.md"));
        Assert.Equal(File.ReadAllText(Repository.Place("LICENSE")), package.Text("LICENSE"));
        Assert.True(package.Said("description")!.Length > 40, package.Said("description"));
        Assert.DoesNotContain("Package Description", package.Said("description"), StringComparison.Ordinal);
        Assert.NotEmpty(package.Said("tags")!.Split(' '));
        Assert.Equal("Wardline", package.Said("authors"));
    }

    [Theory]
    [MemberData(nameof(Packages))]
    public void A_package_holds_one_assembly_and_what_is_written_about_it(string id)
    {
        Package package = packed.Open(id);
        Assert.Equal(
            [$"{Framework}/{id}.dll", $"{Framework}/{id}.xml"],
            package.Entries.Keys.Where(n => n.StartsWith("lib/", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
        XElement documentation = XDocument.Parse(package.Text($"{Framework}/{id}.xml")).Root!;
        Assert.Equal(id, documentation.Element("assembly")!.Element("name")!.Value);
        Assert.NotEmpty(documentation.Element("members")!.Elements());
        Assert.DoesNotContain(package.Entries.Keys, n => n.EndsWith(".pdb", StringComparison.Ordinal) || n.StartsWith("content", StringComparison.Ordinal) || n.StartsWith("build", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("Wardline.Rtc")]
    [InlineData("Wardline.Sockets", "Wardline.Rtc")]
    [InlineData("Wardline.Client", "Wardline.Rtc", "Wardline.Sockets")]
    public void A_package_needs_its_own_family_in_its_own_version_and_nobody_else(string id, params string[] needed)
    {
        IEnumerable<(string?, string?)> dependencies = packed.Open(id).Metadata.Descendants()
            .Where(e => e.Name.LocalName == "dependency").Select(e => ((string?)e.Attribute("id"), (string?)e.Attribute("version")));
        Assert.Equal(needed.Select(n => ((string?)n, (string?)$"[{Repository.Version}]")), dependencies.Order());
    }

    [Theory]
    [MemberData(nameof(Packages))]
    public void No_path_of_the_machine_that_packed_is_in_a_package(string id)
    {
        foreach (Package package in (Package[])[packed.Open(id), packed.Open(id, ".snupkg")])
        {
            foreach ((string name, byte[] content) in package.Entries)
            {
                foreach (string path in (string[])[Repository.Root, Environment.GetFolderPath(Environment.SpecialFolder.UserProfile) + "/.nuget"])
                {
                    Assert.True(content.AsSpan().IndexOf(Encoding.UTF8.GetBytes(path)) < 0, $"{package.File}: {name} holds {path}");
                    Assert.True(content.AsSpan().IndexOf(Encoding.Unicode.GetBytes(path)) < 0, $"{package.File}: {name} holds {path}");
                }
            }
        }
    }

    [Fact]
    public async Task Packed_from_other_sources_elsewhere_the_packages_are_the_same_bytes()
    {
        string elsewhere = Path.Combine(packed.Root, "elsewhere", "deeper");
        Repository.CopySources(elsewhere);
        await File.WriteAllTextAsync(
            Path.Combine(elsewhere, "Packages.slnx"),
            $"<Solution>{string.Concat(Repository.Packages.Select(p => $"<Project Path=\"src/{p}/{p}.csproj\" />"))}</Solution>",
            TestContext.Current.CancellationToken);

        string target = Path.Combine(packed.Root, "again");
        await Command.RunAsync(
            elsewhere, TimeSpan.FromMinutes(3), "dotnet",
            ["pack", "Packages.slnx", "-c", "Release", "-v", "q", "-o", target, "-p:RestoreLockedMode=true", "-p:RunAnalyzers=false", .. Commit()]);

        string[] made = [.. Directory.EnumerateFiles(packed.Source).Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal)];
        Assert.Equal(made, Directory.EnumerateFiles(target).Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal));
        foreach (string file in made)
        {
            Package first = Package.Read(Path.Combine(packed.Source, file)), second = Package.Read(Path.Combine(target, file));
            Assert.Equal(first.Entries.Keys, second.Entries.Keys);
            Assert.All(first.Entries, e => Assert.True(e.Value.AsSpan().SequenceEqual(second.Entries[e.Key]), $"{file}: {e.Key} differs"));
            Assert.True(File.ReadAllBytes(first.File).AsSpan().SequenceEqual(File.ReadAllBytes(second.File)), $"{file} differs, though its content does not");
        }
    }

    /// <summary>A copy is no checkout: it is told the commit that the packages (and the assemblies in them) name, if they do.</summary>
    private IEnumerable<string> Commit()
    {
        if ((string?)packed.Open("Wardline.Rtc").Find("repository")?.Attribute("commit") is { } commit)
        {
            yield return $"-p:RepositoryCommit={commit}";
            yield return "-p:RepositoryType=git";
        }

        string product = FileVersionInfo.GetVersionInfo(Repository.Place("src/Wardline.Rtc/bin/Release/net10.0/Wardline.Rtc.dll")).ProductVersion!;
        if (product.Split('+') is [_, string built])
        {
            yield return $"-p:SourceRevisionId={built}";
        }
    }
}
