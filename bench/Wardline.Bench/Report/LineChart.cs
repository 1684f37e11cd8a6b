using System.Text;

namespace Wardline.Bench.Report;

/// <summary>Lines over a number as SVG, in the manner of <see cref="BarChart"/>; a line has a gap where its value is NaN.</summary>
internal sealed record LineChart(string Title, string XName, string YName, IReadOnlyList<double> X, IReadOnlyList<Series> Series)
{
    private const int Width = 860;
    private const int Height = 400;
    private const int Left = 70;
    private const int Right = 20;
    private const int Top = 76;
    private const int Bottom = 60;

    // The first of the palette of Okabe and Ito, which colour-blind readers tell apart.
    private static readonly string[] s_colours = ["#000000", "#0072B2", "#E69F00", "#009E73"];

    public string ToSvg()
    {
        StringBuilder svg = new();
        IReadOnlyList<double> across = BarChart.Ticks(X.DefaultIfEmpty(1).Max());
        IReadOnlyList<double> up = BarChart.Ticks(Series.SelectMany(s => s.Values).Where(v => !double.IsNaN(v)).DefaultIfEmpty(1).Max());
        double plotWidth = Width - Left - Right;
        double plotHeight = Height - Top - Bottom;
        double AtX(double value) => Left + plotWidth * value / across[^1];
        double AtY(double value) => Top + plotHeight * (1 - value / up[^1]);
        svg.AppendLine($"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {Width} {Height}\" role=\"img\" aria-label=\"{BarChart.Escape(Title)}\" font-family=\"sans-serif\" font-size=\"12\" fill=\"#222\">");
        svg.AppendLine($"<rect width=\"{Width}\" height=\"{Height}\" fill=\"#fff\"/>");
        svg.AppendLine($"<text x=\"{Left}\" y=\"24\" font-size=\"16\" font-weight=\"bold\">{BarChart.Escape(Title)}</text>");
        foreach (double tick in up)
        {
            svg.AppendLine($"<line x1=\"{Left}\" x2=\"{Width - Right}\" y1=\"{AtY(tick):F1}\" y2=\"{AtY(tick):F1}\" stroke=\"{(tick == 0 ? "#222" : "#ddd")}\"/>");
            svg.AppendLine($"<text x=\"{Left - 8}\" y=\"{AtY(tick) + 4:F1}\" text-anchor=\"end\">{tick:0.####}</text>");
        }

        foreach (double tick in across)
        {
            svg.AppendLine($"<text x=\"{AtX(tick):F1}\" y=\"{Height - Bottom + 18}\" text-anchor=\"middle\">{tick:0.####}</text>");
        }

        double legend = Left;
        for (int s = 0; s < Series.Count; s++)
        {
            string colour = s_colours[s % s_colours.Length];
            svg.AppendLine($"<rect x=\"{legend:F0}\" y=\"38\" width=\"12\" height=\"12\" fill=\"{colour}\"/>");
            svg.AppendLine($"<text x=\"{legend + 17:F0}\" y=\"48\">{BarChart.Escape(Series[s].Name)}</text>");
            legend += 36 + 7 * Series[s].Name.Length;
            foreach (string points in Runs(Series[s].Values, AtX, AtY))
            {
                svg.AppendLine($"<polyline points=\"{points}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.5\"/>");
            }
        }

        svg.AppendLine($"<text x=\"{Left + plotWidth / 2:F1}\" y=\"{Height - 14}\" text-anchor=\"middle\">{BarChart.Escape(XName)}</text>");
        svg.AppendLine($"<text transform=\"translate(18 {Top + plotHeight / 2:F1}) rotate(-90)\" text-anchor=\"middle\">{BarChart.Escape(YName)}</text>");
        svg.AppendLine("</svg>");
        return svg.ToString();
    }

    /// <summary>The points between two gaps.</summary>
    private IEnumerable<string> Runs(IReadOnlyList<double> values, Func<double, double> atX, Func<double, double> atY)
    {
        List<string> run = [];
        for (int i = 0; i < values.Count; i++)
        {
            if (!double.IsNaN(values[i]))
            {
                run.Add($"{atX(X[i]):F1},{atY(values[i]):F1}");
            }
            else if (run.Count > 0)
            {
                yield return string.Join(' ', run);
                run.Clear();
            }
        }

        if (run.Count > 0)
        {
            yield return string.Join(' ', run);
        }
    }
}
