using System.Diagnostics;
using System.Text;

namespace Wardline.Cli.Tests.Running;

/// <summary>Reads a QR code off a terminal as a phone's camera would: half blocks become pixels, zbar reads the picture.</summary>
internal static class TerminalCode
{
    private const int Pixels = 6;

    /// <summary>The lines of the drawing below a heading; none while it is not complete.</summary>
    public static IReadOnlyList<string> Find(string output, string heading)
    {
        string[] lines = output[(output.IndexOf(heading, StringComparison.Ordinal) + heading.Length)..].Split('\n').Skip(1)
            .TakeWhile(l => l.TrimEnd('\r').All(c => c is ' ' or '█' or '▀' or '▄')).Select(l => l.TrimEnd('\r')).ToArray();
        int drawn = Array.FindLastIndex(lines, l => l.Trim().Length > 0);

        // The number of rows is odd (ISO 18004), so a half line of light ends the drawing.
        return drawn >= 10 && lines[drawn].All(c => c == '▀') ? lines[..(drawn + 1)] : [];
    }

    public static async Task<string> DecodeAsync(IReadOnlyList<string> lines)
    {
        Assert.NotEmpty(lines);
        string picture = Path.Combine(Path.GetTempPath(), $"wardline-qr-{Guid.NewGuid():N}.pgm");
        try
        {
            await File.WriteAllTextAsync(picture, Draw(lines));
            using Process zbar = Process.Start(new ProcessStartInfo("zbarimg", ["--quiet", "--raw", "--set", "*.enable=0", "--set", "qr.enable=1", picture]) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true })!;
            string read = await zbar.StandardOutput.ReadToEndAsync();
            await zbar.WaitForExitAsync();
            return read.Trim();
        }
        finally
        {
            File.Delete(picture);
        }
    }

    // A portable graymap. Drawn blocks are lit on a dark terminal, which is what a code's light modules have to be.
    private static string Draw(IReadOnlyList<string> lines)
    {
        int width = lines.Max(l => l.Length);
        StringBuilder map = new($"P2\n{width * Pixels} {lines.Count * 2 * Pixels}\n255\n");
        foreach (string line in lines)
        {
            foreach (string lit in (string[])["█▀", "█▄"])
            {
                string row = string.Concat(line.PadRight(width).Select(c => string.Concat(Enumerable.Repeat(lit.Contains(c, StringComparison.Ordinal) ? "255 " : "0 ", Pixels))));
                for (int i = 0; i < Pixels; i++)
                {
                    map.Append(row).Append('\n');
                }
            }
        }

        return map.ToString();
    }
}
