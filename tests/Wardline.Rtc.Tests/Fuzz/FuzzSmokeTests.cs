using Wardline.Fuzz.Running;
using Wardline.Fuzz.Targets;

namespace Wardline.Rtc.Tests.Fuzz;

/// <summary>Every fuzz target for a fixed number of inputs from a fixed seed; longer runs are an area of test.sh.</summary>
public sealed class FuzzSmokeTests
{
    public static TheoryData<string> Targets => [.. FuzzTargets.Rtc().Select(t => t.Name)];

    [Theory]
    [MemberData(nameof(Targets))]
    public void Holds_its_promise_for_the_first_inputs(string name)
    {
        IFuzzTarget target = FuzzTargets.Rtc().Single(t => t.Name == name);
        FuzzResult result = FuzzRunner.Run(target, seed: 20261122, executions: 1000, TimeSpan.MaxValue);
        Assert.True(result.Failure is null, $"{result.Failure?.Exception}\n{Convert.ToHexString(result.Failure?.Input ?? [])}");
        Assert.Equal(1000, result.Executions);
    }

    [Fact]
    public void A_target_that_throws_is_found_and_its_input_made_small()
    {
        FuzzResult result = FuzzRunner.Run(new Fragile(budget: 1024), seed: 1, executions: 100_000, TimeSpan.MaxValue);
        Assert.IsType<IndexOutOfRangeException>(result.Failure!.Exception);
        Assert.Equal([0x2A], result.Failure.Input);
    }

    [Fact]
    public void A_target_that_allocates_more_than_it_may_is_found() =>
        Assert.IsType<BrokenPromiseException>(FuzzRunner.Run(new Fragile(budget: 0), 1, 100_000, TimeSpan.MaxValue).Failure!.Exception);

    [Fact]
    public void The_same_seed_makes_the_same_inputs()
    {
        Recorder first = new(), second = new(), other = new();
        FuzzRunner.Run(first, 5, 200, TimeSpan.MaxValue);
        FuzzRunner.Run(second, 5, 200, TimeSpan.MaxValue);
        FuzzRunner.Run(other, 6, 200, TimeSpan.MaxValue);
        Assert.Equal(first.Seen, second.Seen);
        Assert.NotEqual(first.Seen, other.Seen);
    }

    /// <summary>Reads one byte too far after a certain one, and makes a copy of what starts with a zero.</summary>
    private sealed class Fragile(long budget) : IFuzzTarget
    {
        private byte[] _copy = [];

        public string Name => "fragile";

        public IEnumerable<byte[]> Seeds => [[1, 2, 3, 4, 5, 6, 7, 8]];

        public long AllocationBudget => budget;

        public void Run(ReadOnlySpan<byte> input)
        {
            int at = input.IndexOf((byte)0x2A);
            if (at >= 0 && budget > 0)
            {
                _ = input[at + input.Length];
            }

            if (!input.IsEmpty && input[0] == 0)
            {
                _copy = input.ToArray();
            }
        }
    }

    private sealed class Recorder : IFuzzTarget
    {
        public List<string> Seen { get; } = [];

        public string Name => "recorder";

        public IEnumerable<byte[]> Seeds => [[1, 2, 3], [4, 5, 6, 7]];

        public IEnumerable<byte[]> Dictionary => [[9, 9]];

        public long AllocationBudget => long.MaxValue;

        public void Run(ReadOnlySpan<byte> input) => Seen.Add(Convert.ToHexString(input));
    }
}
