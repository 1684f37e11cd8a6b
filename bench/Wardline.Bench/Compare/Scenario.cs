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
        .. from sessions in (int[])[10, 25, 50, 100, 200] select new Scenario($"pairs-{sessions}", $"{sessions} two-party sessions", sessions, 2, Fan: false),
    ];

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
