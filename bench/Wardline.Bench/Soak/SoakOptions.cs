using System.Globalization;

namespace Wardline.Bench.Soak;

/// <summary>What the command line asks for.</summary>
internal sealed record SoakOptions
{
    /// <summary>A shorter run than this is a try: its results do not replace the committed ones.</summary>
    public const double WholeMinutes = 30;

    public double Minutes { get; init; } = WholeMinutes;

    public int Sessions { get; init; } = 30;

    public int Participants { get; init; } = 2;

    /// <summary>The share of datagrams that the line loses, in each direction.</summary>
    public double LossPercent { get; init; } = 2;

    /// <summary>The share of people who leave and come back each minute.</summary>
    public double ChurnPercent { get; init; } = 10;

    /// <summary>How often everybody turns their sender keys, beside each coming and going.</summary>
    public double RotateSeconds { get; init; } = 30;

    public int Seed { get; init; } = 1;

    public string? Output { get; init; }

    public string ResultFile => Output ?? (Minutes < WholeMinutes ? "artifacts/bench/soak.json" : "bench/results/soak.json");

    public TimeSpan Length => TimeSpan.FromMinutes(Minutes);

    /// <exception cref="FormatException">Says which part is not understood.</exception>
    public static SoakOptions Parse(IReadOnlyList<string> arguments)
    {
        SoakOptions options = new();
        for (int i = 0; i < arguments.Count; i++)
        {
            string name = arguments[i];
            string Value() => ++i < arguments.Count ? arguments[i] : throw new FormatException($"{name} needs a value.");
            double Number(double least, double most) =>
                double.TryParse(Value(), NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && value >= least && value <= most
                    ? value : throw new FormatException($"{name} is {least} to {most}.");
            options = name switch
            {
                "--minutes" => options with { Minutes = Number(1, 60) },
                "--sessions" => options with { Sessions = (int)Number(1, 1000) },
                "--participants" => options with { Participants = (int)Number(2, 12) },
                "--loss" => options with { LossPercent = Number(0, 30) },
                "--churn" => options with { ChurnPercent = Number(0, 500) },
                "--rotate" => options with { RotateSeconds = Number(1, 1800) },
                "--seed" => options with { Seed = (int)Number(0, int.MaxValue) },
                "--output" => options with { Output = Value() },
                _ => throw new FormatException(
                    $"{name} is not understood: --minutes N, --sessions N, --participants N, --loss PERCENT, --churn PERCENT, --rotate SECONDS, --seed N, --output FILE."),
            };
        }

        return options;
    }
}
