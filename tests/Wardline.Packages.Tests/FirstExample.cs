using System.Text.RegularExpressions;

namespace Wardline.Packages.Tests;

/// <summary>The first thing that a reader of a README copies.</summary>
internal static partial class FirstExample
{
    /// <summary>The first block of code, which has to be of this language.</summary>
    public static string Of(string readme, string language)
    {
        Match block = Block().Match(readme);
        Assert.Equal(language, block.Groups[1].Value);
        return block.Groups[2].Value;
    }

    [GeneratedRegex(@"^```(\w*)\n(.*?)^```", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex Block();
}
