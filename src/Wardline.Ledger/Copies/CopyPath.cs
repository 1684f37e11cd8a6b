using System.Globalization;
using System.Text.RegularExpressions;

namespace Wardline.Ledger.Copies;

/// <summary>
/// The files of a copy: those of the log, except that each checkpoint has a name of its own, <c>checkpoints/</c> and its size in six
/// groups of three digits: nothing is ever replaced, and the newest is found in six looks.
/// </summary>
internal static partial class CopyPath
{
    public const string Checkpoints = "checkpoints";
    public const string Key = "log.vkey";
    public const int Groups = 6;
    private const int MaxChars = 64;

    /// <summary>256 entries of the greatest length that there is, with their lengths.</summary>
    public const int MaxFileBytes = 256 * (2 + 0xFFFF);

    public static string Checkpoint(long size)
    {
        string digits = size.ToString("D18", CultureInfo.InvariantCulture);
        return $"{Checkpoints}/{string.Join('/', Enumerable.Range(0, Groups).Select(i => digits.Substring(3 * i, 3)))}";
    }

    /// <summary>Whether it is the name of a file that a copy may hold: anything else is nobody's business there.</summary>
    public static bool IsOne(string path) => path.Length <= MaxChars && Form().IsMatch(path);

    public static bool IsGroup(string name) => name.Length == 3 && name.All(char.IsAsciiDigit);

    [GeneratedRegex(@"\A(log\.vkey|checkpoints(/[0-9]{3}){6}|tile/([0-7]|entries)(/x[0-9]{3}){0,6}/[0-9]{3}(\.p/[1-9][0-9]{0,2})?)\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Form();
}
