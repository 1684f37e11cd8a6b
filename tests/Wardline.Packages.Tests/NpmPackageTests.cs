using System.Text.Json;
using System.Text.RegularExpressions;
using Wardline.Client;
using Wardline.Client.Media;
using Wardline.Client.Signaling;

namespace Wardline.Packages.Tests;

/// <summary>What somebody gets who builds a page of their own.</summary>
public sealed partial class NpmPackageTests(NpmPackage npm) : IClassFixture<NpmPackage>
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(40);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public void The_package_says_what_it_is_and_may_be_published()
    {
        JsonElement manifest = npm.Manifest;
        Assert.Equal("@wardline/client", manifest.GetProperty("name").GetString());
        Assert.Equal(Repository.Version, manifest.GetProperty("version").GetString());
        Assert.Equal("Apache-2.0", manifest.GetProperty("license").GetString());
        Assert.Equal("module", manifest.GetProperty("type").GetString());
        foreach (string unwanted in (string[])["private", "scripts", "devDependencies", "dependencies"])
        {
            Assert.False(manifest.TryGetProperty(unwanted, out _), unwanted);
        }

        Assert.Equal(File.ReadAllText(Repository.Place("LICENSE")), npm.Files["LICENSE"]);
        Assert.Equal(File.ReadAllText(Repository.Place("web/packages/client/README.md")), npm.Files["README.md"]);
    }

    [Fact]
    public void Every_source_is_there_as_a_module_with_declarations_and_nothing_else()
    {
        Assert.All(npm.Files.Keys, name => Assert.Matches(@"^(package\.json|README\.md|LICENSE|dist/[\w/-]+\.(js|js\.map|d\.ts))$", name));
        string sources = Repository.Place("web/packages/client/src");
        foreach (string source in Directory.EnumerateFiles(sources, "*.ts", SearchOption.AllDirectories))
        {
            string module = $"dist/{Path.GetRelativePath(sources, source)[..^3]}";
            Assert.Contains($"{module}.js", npm.Files.Keys);
            Assert.True(npm.Files.ContainsKey($"{module}.d.ts") || module.StartsWith("dist/worker/", StringComparison.Ordinal), module);
        }

        foreach (JsonProperty target in npm.Manifest.GetProperty("exports").GetProperty(".").EnumerateObject())
        {
            Assert.Contains(target.Value.GetString()![2..], npm.Files.Keys);
        }
    }

    [Fact]
    public void Every_import_names_a_file_of_the_package()
    {
        int imports = 0;
        foreach ((string name, string text) in npm.Files.Where(f => f.Key.EndsWith(".js", StringComparison.Ordinal) || f.Key.EndsWith(".d.ts", StringComparison.Ordinal)))
        {
            foreach (Match import in Import().Matches(text))
            {
                imports++;
                string target = Path.GetRelativePath(npm.Project, Path.Combine(npm.Project, Path.GetDirectoryName(name)!, import.Groups[1].Value));
                Assert.True(npm.Files.ContainsKey(target), $"{name} imports {import.Groups[1].Value}");
                Assert.True(name.EndsWith(".js", StringComparison.Ordinal) || npm.Files.ContainsKey($"{target[..^3]}.d.ts"), $"{name} names {import.Groups[1].Value}, which has no declarations");
            }
        }

        Assert.True(imports > 50, $"{imports} imports");
    }

    [Fact]
    public void Packed_twice_in_two_places_it_is_the_same_bytes_without_a_path_of_either()
    {
        Assert.True(File.ReadAllBytes(npm.Tarball).AsSpan().SequenceEqual(File.ReadAllBytes(npm.SecondTarball)));
        Assert.All(npm.Files, f =>
        {
            Assert.DoesNotContain(Repository.Root + "/", f.Value, StringComparison.Ordinal);
            Assert.DoesNotContain(Path.GetDirectoryName(npm.Project)!, f.Value, StringComparison.Ordinal);
        });
    }

    [Fact]
    public async Task Node_imports_it_and_is_told_what_it_lacks()
    {
        string said = await Command.RunAsync(npm.Project, s_patience, "node", "--input-type=module", "-e", """
            import { checkSupport, VisitClient } from '@wardline/client';
            const { supported, missing } = checkSupport();
            console.log(typeof VisitClient, supported, missing.join());
            """);
        Assert.Matches(@"function false secure context,RTCPeerConnection,RTCRtpScriptTransform", said);
    }

    [Fact]
    public async Task The_example_of_the_readme_bundled_by_a_stranger_takes_part_in_a_real_visit()
    {
        byte[] Recording(string name) => File.ReadAllBytes(Repository.Place("src/Wardline.Cli/Patient/Media", name));
        int pictures = 0, sounds = 0;
        await using Participant clinician = await Participant.JoinAsync(
            VisitLink.Parse(npm.Clinician),
            new ParticipantOptions
            {
                Trust = ServerTrust.PinnedTo(npm.Certificate),
                Publish = [RecordedMedia.Read(Recording("voice.ivf")), RecordedMedia.Read(Recording("q.ivf"), Recording("h.ivf"), Recording("f.ivf"))],
                OnFrame = (in ReceivedFrame frame, ReadOnlySpan<byte> _) => Interlocked.Increment(ref frame.Source == MediaSource.Camera ? ref pictures : ref sounds),
            },
            Cancel);
        await clinician.InCallAsync(Cancel).WaitAsync(s_patience, Cancel);

        await using Command page = new(npm.Project, "node", Path.Combine(AppContext.BaseDirectory, "visit-page.mjs"), NpmPackage.Web, npm.Patient);
        await page.SaysAsync(InWaitingRoom(), s_patience);
        await clinician.AdmitAsync(await Visitor.WaitingAsync(clinician, s_patience), Cancel);
        Match seen = await page.SaysAsync(Playing(), s_patience);
        Assert.Equal(clinician.ShortCode, seen.Groups[1].Value);
        Assert.True(Volatile.Read(ref pictures) > 10 && Volatile.Read(ref sounds) > 50, $"{pictures} pictures, {sounds} sounds");

        page.CloseInput();
        Assert.Equal(0, await page.EndAsync(s_patience));
        Assert.Matches("(?m)^worker /assets/worker-", page.Output);
        Assert.DoesNotContain("problem: ", page.Output, StringComparison.Ordinal);
    }

    [GeneratedRegex(@"(?:from|import|new URL\()\s*'(\.[^']+)'")]
    private static partial Regex Import();

    [GeneratedRegex(@"^title waiting; .* hash """"$")]
    private static partial Regex InWaitingRoom();

    [GeneratedRegex(@"^title (\d{3} ?\d{3}); picture ([1-9]\d+) wide for ([1-9]\d*) s; sound for ([1-9]\d*) s; ")]
    private static partial Regex Playing();
}
