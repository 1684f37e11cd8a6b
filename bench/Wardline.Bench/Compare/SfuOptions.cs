namespace Wardline.Bench.Compare;

/// <summary>What the command line asks for.</summary>
internal sealed record SfuOptions
{
    public required IReadOnlyList<Scenario> Scenarios { get; init; }

    public required IReadOnlyList<ServerUnderTest> Servers { get; init; }

    public int Rounds { get; init; } = 5;

    public double Seconds { get; init; } = 4;

    /// <summary>Until the runtime has compiled the packet path for the last time (docs/performance.md).</summary>
    public double WarmUpSeconds { get; init; } = 15;

    public double CounterSeconds { get; init; } = 1;

    /// <summary>Share of the processors that the machine's host may take for others during a run that counts.</summary>
    public double MostStolen { get; init; } = 0.02;

    /// <summary>The last of so many counts in any case, and shows what was taken.</summary>
    public int Tries { get; init; } = 4;

    /// <summary>How long a calm moment is waited for, before each run.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Adds to the results that are there what they lack.</summary>
    public bool Continue { get; init; }

    public string Artifacts { get; init; } = "artifacts/bench";

    public required string ResultFile { get; init; }

    /// <exception cref="FormatException">Says which part is not understood.</exception>
    public static SfuOptions Parse(IReadOnlyList<string> arguments)
    {
        bool quick = false;
        bool goOn = false;
        string? output = null;
        List<Scenario> scenarios = [];
        List<ServerUnderTest> servers = [];
        int? rounds = null;
        double? seconds = null;
        for (int i = 0; i < arguments.Count; i++)
        {
            string Value() => ++i < arguments.Count ? arguments[i] : throw new FormatException($"{arguments[i - 1]} needs a value.");
            switch (arguments[i])
            {
                case "--quick":
                    quick = true;
                    break;
                case "--continue":
                    goOn = true;
                    break;
                case "--output":
                    output = Value();
                    break;
                case "--scenario":
                    string scenario = Value();
                    scenarios.Add(Scenario.All.FirstOrDefault(s => s.Name == scenario)
                        ?? throw new FormatException($"There is no scenario {scenario}: {string.Join(", ", Scenario.All.Select(s => s.Name))}."));
                    break;
                case "--server":
                    string server = Value();
                    servers.Add(ServerUnderTest.All.FirstOrDefault(s => s.Name == server)
                        ?? throw new FormatException($"There is no server {server}: {string.Join(", ", ServerUnderTest.All.Select(s => s.Name))}."));
                    break;
                case "--rounds":
                    rounds = int.TryParse(Value(), out int number) && number is > 0 and <= 100 ? number : throw new FormatException("--rounds is 1 to 100.");
                    break;
                case "--seconds":
                    seconds = double.TryParse(Value(), out double time) && time is >= 1 and <= 600 ? time : throw new FormatException("--seconds is 1 to 600.");
                    break;
                default:
                    throw new FormatException($"{arguments[i]} is not understood: --quick, --scenario NAME, --server NAME, --rounds N, --seconds S, --output FILE, --continue.");
            }
        }

        SfuOptions all = new()
        {
            Scenarios = scenarios.Count > 0 ? scenarios : quick ? [.. Scenario.All.Where(s => s.Name is "fan-50" or "pairs-25")] : Scenario.All,
            Servers = servers.Count > 0 ? servers : ServerUnderTest.All,
            Continue = goOn,
            ResultFile = output ?? (quick || scenarios.Count > 0 || servers.Count > 0 ? "artifacts/bench/sfu.json" : "bench/results/sfu.json"),
        };
        return all with
        {
            Rounds = rounds ?? (quick ? 1 : all.Rounds),
            Seconds = seconds ?? all.Seconds,
        };
    }
}
