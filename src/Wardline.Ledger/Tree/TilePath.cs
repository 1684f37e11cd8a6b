using System.Globalization;

namespace Wardline.Ledger.Tree;

/// <summary>
/// Where tiles lie, as C2SP tlog-tiles says: <c>tile/L/N</c> for 256 hashes of level L (each the root of 256^L entries),
/// <c>tile/entries/N</c> for 256 entries, each with <c>.p/W</c> behind it as long as only W are there. N is written in
/// groups of three digits, all but the last with an <c>x</c> before it: 1234067 is <c>x001/x234/067</c>.
/// </summary>
public static class TilePath
{
    /// <summary>Of a tile and of a bundle.</summary>
    public const int Width = 256;

    /// <summary>The highest level that a tree of 2^63 entries has.</summary>
    public const int MaxLevel = 7;

    internal const string EntriesFolder = "tile/entries/";

    /// <param name="level">0 … <see cref="MaxLevel"/>.</param>
    /// <param name="width">1 … 256.</param>
    public static string Tile(int level, long index, int width = Width) => $"tile/{level.ToString(CultureInfo.InvariantCulture)}/{Number(index)}{Partial(width)}";

    public static string Entries(long index, int width = Width) => $"{EntriesFolder}{Number(index)}{Partial(width)}";

    private static string Partial(int width) => width == Width ? "" : $".p/{width.ToString(CultureInfo.InvariantCulture)}";

    private static string Number(long index)
    {
        string path = (index % 1000).ToString("000", CultureInfo.InvariantCulture);
        for (long rest = index / 1000; rest > 0; rest /= 1000)
        {
            path = $"x{(rest % 1000).ToString("000", CultureInfo.InvariantCulture)}/{path}";
        }

        return path;
    }
}
