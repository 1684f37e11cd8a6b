using Wardline.Bench.Load;

namespace Wardline.Bench.Compare;

/// <summary>What is asked of every server.</summary>
/// <param name="Rooms">with <paramref name="RoomSize"/> members each.</param>
/// <param name="Fan">Only one of a room sends.</param>
internal sealed record Scenario(string Name, string Title, int Rooms, int RoomSize, bool Fan)
{
    public static IReadOnlyList<Scenario> All { get; } =
    [
        .. from receivers in (int[])[1, 4, 11, 50] select new Scenario($"fan-{receivers}", $"1 → {receivers}", 1, receivers + 1, Fan: true),
        .. from sessions in (int[])[10, 25, 50, 100, 150, 200] select new Scenario($"pairs-{sessions}", $"{sessions} two-party sessions", sessions, 2, Fan: false),
        .. from rooms in (int[])[10, 20, 40, 60, 80] select new Scenario($"rooms-{rooms}", $"{rooms} rooms, 1 → 11", rooms, 12, Fan: true),
    ];

    /// <summary>The same with fewer sessions: who cannot do that need not be asked for more.</summary>
    public IEnumerable<Scenario> Smaller => All.Where(s => s.RoomSize == RoomSize && s.Fan == Fan && s.Rooms < Rooms);

    public LoadPlan Plan(double seconds, double warmUp, double counter) => new()
    {
        Kind = "",
        Bind = NetworkPair.LoadAddress,
        Server = NetworkPair.ServerAddress,
        ServerPid = 0,
        Rooms = Rooms,
        RoomSize = RoomSize,
        Fan = Fan,
        Seconds = seconds,
        WarmUpSeconds = warmUp,
        CounterSeconds = counter,
    };
}
