using System.Globalization;

namespace Wardline.Bench.Ledger;

/// <summary>What the command line asks for.</summary>
internal sealed record LedgerRunOptions
{
    /// <summary>A smaller log than this is a try: its results do not replace the committed ones.</summary>
    public const long WholeEntries = 1_000_000;

    public long Entries { get; init; } = WholeEntries;

    public int Callers { get; init; } = 256;

    public double Seconds { get; init; } = 10;

    /// <summary>Where the log stays; otherwise it goes when it was measured.</summary>
    public string? Keep { get; init; }

    public string? Output { get; init; }

    public string ResultFile => Output ?? (Entries < WholeEntries || Seconds < 5 ? "artifacts/bench/ledger.json" : "bench/results/ledger.json");

    /// <exception cref="FormatException">Says which part is not understood.</exception>
    public static LedgerRunOptions Parse(IReadOnlyList<string> arguments)
    {
        LedgerRunOptions options = new();
        for (int i = 0; i < arguments.Count; i++)
        {
            string name = arguments[i];
            string Value() => ++i < arguments.Count ? arguments[i] : throw new FormatException($"{name} needs a value.");
            long Number(long least, long most) =>
                long.TryParse(Value(), NumberStyles.None, CultureInfo.InvariantCulture, out long value) && value >= least && value <= most
                    ? value : throw new FormatException($"{name} is {least} to {most}.");
            options = name switch
            {
                "--entries" => options with { Entries = Number(1_000, 100_000_000) },
                "--callers" => options with { Callers = (int)Number(1, 4_096) },
                "--seconds" => options with { Seconds = Number(1, 600) },
                "--keep" => options with { Keep = Value() },
                "--output" => options with { Output = Value() },
                _ => throw new FormatException($"{name} is not understood: --entries N, --callers N, --seconds N, --keep FOLDER, --output FILE."),
            };
        }

        return options;
    }
}
