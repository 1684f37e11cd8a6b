using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using Wardline.Vault.Fields;

namespace Wardline.Vault.Tests.Fields;

/// <summary>Held against the Unicode Consortium's own test of its normalization forms.</summary>
public sealed class CanonicalFormTests
{
    private const string Unicode = "/usr/share/unicode";

    [Fact]
    public void Every_line_of_the_conformance_test_of_unicode_is_kept()
    {
        // Columns: source; NFC; NFD; NFKC; NFKD. "CONFORMANCE: 1. … NFC: c2 == toNFC(c1) == toNFC(c2) == toNFC(c3), c4 == toNFC(c4) == toNFC(c5)"
        int lines = 0;
        HashSet<int> listed = [];
        bool single = false;
        foreach (string line in Run("bunzip2", "-c", $"{Unicode}/NormalizationTest.txt.bz2").Split('\n'))
        {
            if (line.StartsWith('@'))
            {
                single = line.StartsWith("@Part1", StringComparison.Ordinal);
            }
            else if (line.Length > 0 && line[0] != '#')
            {
                string[] c = [.. line.Split(';').Take(5).Select(column => string.Concat(column.Split(' ').Select(h => char.ConvertFromUtf32(int.Parse(h, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture)))))];
                Assert.True(c[1] == CanonicalForm.Of(c[0]) && c[1] == CanonicalForm.Of(c[1]) && c[1] == CanonicalForm.Of(c[2]), line);
                Assert.True(c[3] == CanonicalForm.Of(c[3]) && c[3] == CanonicalForm.Of(c[4]), line);
                lines++;
                if (single)
                {
                    listed.Add(char.ConvertToUtf32(c[0], 0));
                }
            }
        }

        Assert.InRange(lines, 18_000, 30_000);
        Assert.InRange(listed.Count, 16_000, 20_000);

        // "2. For every code point X assigned in this version of Unicode that is not specifically listed in Part 1 … X == toNFC(X)"
        for (int code = 0; code <= 0x10FFFF; code++)
        {
            if (!listed.Contains(code) && code is not (>= 0xD800 and < 0xE000))
            {
                string text = char.ConvertFromUtf32(code);
                Assert.True(text == CanonicalForm.Of(text), $"U+{code:X4}");
            }
        }
    }

    [Fact]
    public void The_data_is_what_the_unicode_character_database_gives()
    {
        string committed = Path.Combine(Path.GetDirectoryName(Here())!, "../../../src/Wardline.Vault/Fields/canonical-forms.txt");
        Assert.Equal(File.ReadAllText(committed), Run("node", Path.Combine(AppContext.BaseDirectory, "canonical-data.mjs"), Unicode));
    }

    [Fact]
    public void Half_a_surrogate_pair_is_taken_for_what_it_is()
    {
        Assert.Equal("a\uFFFDb", CanonicalForm.Of("a\uD800b"));
        Assert.Equal("", CanonicalForm.Of(""));
    }

    private static string Here([CallerFilePath] string path = "") => path;

    private static string Run(string program, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, StandardOutputEncoding = Encoding.UTF8, UseShellExecute = false })!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
        return output;
    }
}
