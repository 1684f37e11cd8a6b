using System.Text;

namespace Wardline.Bench.Report;

/// <summary>Values of one server, one a category; NaN: none.</summary>
internal sealed record Series(string Name, IReadOnlyList<double> Values);

/// <summary>Grouped bars as SVG: axes with names and units, a value on each bar, colours that colour-blind readers tell apart.</summary>
internal sealed record BarChart(string Title, string XName, string YName, IReadOnlyList<string> Categories, IReadOnlyList<Series> Series)
{
    private const int Width = 860;
    private const int Height = 400;
    private const int Left = 70;
    private const int Right = 20;
    private const int Top = 76;
    private const int Bottom = 60;

    // Okabe and Ito's palette, in an order whose neighbours also differ in lightness.
    private static readonly string[] Colours = ["#000000", "#0072B2", "#E69F00", "#F0E442", "#009E73", "#CC79A7"];

    /// <summary>The numbers on the axis: 0, and four to eight round steps that hold the largest value.</summary>
    public static IReadOnlyList<double> Ticks(double largest)
    {
        if (!(largest > 0) || double.IsInfinity(largest))
        {
            return [0, 1];
        }

        double step = Math.Pow(10, Math.Floor(Math.Log10(largest / 4)));
        foreach (double factor in (ReadOnlySpan<double>)[1, 2, 5, 10])
        {
            if (largest / (step * factor) <= 8)
            {
                step *= factor;
                break;
            }
        }

        int count = (int)Math.Ceiling(largest / step - 1e-9);
        return [.. Enumerable.Range(0, count + 1).Select(i => Math.Round(i * step, 10))];
    }

    public string ToSvg()
    {
        StringBuilder svg = new();
        IReadOnlyList<double> ticks = Ticks(Series.SelectMany(s => s.Values).Where(v => !double.IsNaN(v)).DefaultIfEmpty(1).Max());
        double plotWidth = Width - Left - Right;
        double plotHeight = Height - Top - Bottom;
        double Y(double value) => Top + plotHeight * (1 - value / ticks[^1]);
        svg.AppendLine($"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {Width} {Height}\" role=\"img\" aria-label=\"{Escape(Title)}\" font-family=\"sans-serif\" font-size=\"12\" fill=\"#222\">");
        svg.AppendLine($"<rect width=\"{Width}\" height=\"{Height}\" fill=\"#fff\"/>");
        svg.AppendLine($"<text x=\"{Left}\" y=\"24\" font-size=\"16\" font-weight=\"bold\">{Escape(Title)}</text>");
        Legend(svg);
        foreach (double tick in ticks)
        {
            svg.AppendLine($"<line x1=\"{Left}\" x2=\"{Width - Right}\" y1=\"{Y(tick):F1}\" y2=\"{Y(tick):F1}\" stroke=\"{(tick == 0 ? "#222" : "#ddd")}\"/>");
            svg.AppendLine($"<text x=\"{Left - 8}\" y=\"{Y(tick) + 4:F1}\" text-anchor=\"end\">{tick:0.####}</text>");
        }

        double group = plotWidth / Categories.Count;
        double bar = Math.Min(44, group * 0.86 / Series.Count);
        for (int c = 0; c < Categories.Count; c++)
        {
            double middle = Left + group * (c + 0.5);
            svg.AppendLine($"<text x=\"{middle:F1}\" y=\"{Height - Bottom + 18}\" text-anchor=\"middle\">{Escape(Categories[c])}</text>");
            for (int s = 0; s < Series.Count; s++)
            {
                double value = Series[s].Values[c];
                double x = middle + (s - Series.Count / 2.0) * bar;
                if (double.IsNaN(value))
                {
                    svg.AppendLine($"<text x=\"{x + bar / 2:F1}\" y=\"{Y(0) - 3:F1}\" text-anchor=\"middle\" font-size=\"9\">–</text>");
                    continue;
                }

                svg.AppendLine($"<rect x=\"{x + 1:F1}\" y=\"{Y(value):F1}\" width=\"{bar - 2:F1}\" height=\"{Y(0) - Y(value):F1}\" fill=\"{Colours[s % Colours.Length]}\" stroke=\"#222\" stroke-width=\"0.5\"/>");
                svg.AppendLine($"<text x=\"{x + bar / 2:F1}\" y=\"{Y(value) - 3:F1}\" text-anchor=\"middle\" font-size=\"9\">{Short(value)}</text>");
            }
        }

        svg.AppendLine($"<text x=\"{Left + plotWidth / 2:F1}\" y=\"{Height - 14}\" text-anchor=\"middle\">{Escape(XName)}</text>");
        svg.AppendLine($"<text transform=\"translate(18 {Top + plotHeight / 2:F1}) rotate(-90)\" text-anchor=\"middle\">{Escape(YName)}</text>");
        svg.AppendLine("</svg>");
        return svg.ToString();
    }

    private void Legend(StringBuilder svg)
    {
        double x = Left;
        for (int s = 0; s < Series.Count; s++)
        {
            svg.AppendLine($"<rect x=\"{x:F0}\" y=\"38\" width=\"12\" height=\"12\" fill=\"{Colours[s % Colours.Length]}\" stroke=\"#222\" stroke-width=\"0.5\"/>");
            svg.AppendLine($"<text x=\"{x + 17:F0}\" y=\"48\">{Escape(Series[s].Name)}</text>");
            x += 36 + 7 * Series[s].Name.Length;
        }
    }

    private static string Short(double value) => value >= 100 ? $"{value:F0}" : value >= 10 ? $"{value:F1}" : $"{value:F2}";

    public static string Escape(string text) => text.Replace("&", "&amp;", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal).Replace("\"", "&quot;", StringComparison.Ordinal);
}
