using System.Diagnostics;
using System.Runtime.Versioning;
using System.Text.RegularExpressions;

namespace Wardline.Architecture.Tests;

/// <summary>A newcomer types what the pages say. A block marked <c>sh</c> is meant to be typed.</summary>
[SupportedOSPlatform("linux")]
public sealed partial class ReadmeCommandTests
{
    public static TheoryData<string, string> Commands
    {
        get
        {
            TheoryData<string, string> data = [];
            foreach (string page in Repository.Files.Where(f => Path.GetExtension(f) == ".md"))
            {
                foreach (Match block in Block().Matches(Repository.Read(page)))
                {
                    foreach (string line in block.Groups[1].Value.Split('\n'))
                    {
                        string command = Comment().Replace(line, "").Trim();
                        if (command.StartsWith("./", StringComparison.Ordinal))
                        {
                            data.Add(page, command);
                        }
                    }
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public void A_command_on_a_page_exists_and_can_be_run(string page, string command)
    {
        string program = Path.Combine(Repository.Root, command.Split(' ')[0]);
        Assert.True(File.Exists(program), $"{page} says `{command}`");
        Assert.True(File.GetUnixFileMode(program).HasFlag(UnixFileMode.UserExecute), $"{command} is not executable");
    }

    [Fact]
    public void The_first_page_says_how_to_run_and_the_second_how_to_test()
    {
        Assert.Contains(Commands, row => row.Data is { Item1: "README.md", Item2: "./run.sh" });
        Assert.Contains(Commands, row => row.Data is { Item1: "CONTRIBUTING.md", Item2: "./test.sh" });
    }

    [Fact]
    public void Every_area_that_a_page_names_is_an_area_of_the_test_script()
    {
        using Process list = Process.Start(new ProcessStartInfo(Path.Combine(Repository.Root, "test.sh"), "--list") { RedirectStandardOutput = true, UseShellExecute = false })!;
        string[] areas = list.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        list.WaitForExit();
        string[] named = [.. Commands.Select(row => row.Data.Item2.Split(' ')).Where(c => c[0] == "./test.sh" && c.Length > 1).SelectMany(c => c[1..])];
        Assert.NotEmpty(areas);
        Assert.NotEmpty(named);
        Assert.Empty(named.Where(n => n[0] != '-').Except(areas, StringComparer.Ordinal));
        Assert.All(named.Where(n => n[0] == '-'), option => Assert.Contains($"  {option}) ", Repository.Read("test.sh"), StringComparison.Ordinal));
    }

    [Fact]
    public void Links_between_pages_lead_somewhere()
    {
        List<string> broken = [];
        foreach (string page in Repository.Files.Where(f => Path.GetExtension(f) == ".md"))
        {
            foreach (Match link in Link().Matches(Repository.Read(page)))
            {
                string target = link.Groups[1].Value.Split('#')[0];
                if (target.Length > 0 && !Path.Exists(Path.Combine(Repository.Root, Path.GetDirectoryName(page)!, target)))
                {
                    broken.Add($"{page} → {target}");
                }
            }
        }

        Assert.Empty(broken);
    }

    [GeneratedRegex(@"^```sh\n(.*?)^```", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex Block();

    [GeneratedRegex(@"\s+#.*$")]
    private static partial Regex Comment();

    [GeneratedRegex(@"\]\((?!https?:|mailto:)([^)\s]+)\)")]
    private static partial Regex Link();
}
