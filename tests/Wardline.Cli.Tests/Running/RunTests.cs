using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;

namespace Wardline.Cli.Tests.Running;

/// <summary><c>./run.sh</c> as somebody at a terminal meets it.</summary>
public sealed class RunTests : IAsyncLifetime
{
    private readonly Instance _instance = new();

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _instance.DisposeAsync();

    [Theory]
    [InlineData("INT", true)]
    [InlineData("INT", false)]
    [InlineData("TERM", false)]
    [InlineData("HUP", true)]
    public async Task Whatever_ends_it_ends_everything_that_it_started(string signal, bool group)
    {
        await using RunningProgram run = _instance.Start();
        await Instance.ReadyAsync(run);
        Assert.True(SpinWait.SpinUntil(() => run.Session().Any(p => p.Command.StartsWith("turnserver ", StringComparison.Ordinal)), TimeSpan.FromSeconds(20)), "the relay runs");
        Assert.Contains(run.Session(), p => p.Command.Contains("Wardline.Server.dll", StringComparison.Ordinal));
        (group ? (Action<string>)run.SignalGroup : run.Signal)(signal);
        Assert.Equal(signal switch { "INT" => 130, "HUP" => 129, _ => 143 }, await run.EndedAsync());
        Assert.Empty(run.Session());
        using Socket again = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        again.Bind(new IPEndPoint(IPAddress.Loopback, _instance.TurnPort));
    }

    [Fact]
    public async Task Interrupted_before_it_is_ready_it_leaves_nothing_either()
    {
        await using RunningProgram run = _instance.Start();
        Assert.True(SpinWait.SpinUntil(() => run.Session().Any(p => p.Command.Contains("Wardline.Server.dll", StringComparison.Ordinal)), TimeSpan.FromSeconds(20)), "the server starts");
        run.SignalGroup("INT");
        Assert.Equal(130, await run.EndedAsync());
        Assert.Empty(run.Session());
    }

    [Fact]
    public async Task When_the_relay_dies_it_says_so_and_calls_go_on()
    {
        await using RunningProgram run = _instance.Start();
        await Instance.ReadyAsync(run);
        int relay = 0;
        Assert.True(SpinWait.SpinUntil(() => (relay = run.Session().FirstOrDefault(p => p.Command.StartsWith("turnserver ", StringComparison.Ordinal)).Id) != 0, TimeSpan.FromSeconds(20)), "the relay runs");
        using (System.Diagnostics.Process kill = System.Diagnostics.Process.Start("kill", ["-KILL", relay.ToString(CultureInfo.InvariantCulture)]))
        {
            await kill.WaitForExitAsync();
        }

        await run.SaysAsync(text => text.Contains("the relay has ended: see", StringComparison.Ordinal));
        Assert.Contains(run.Session(), p => p.Command.Contains("Wardline.Server.dll", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_second_one_on_the_same_port_or_the_same_data_says_what_to_change()
    {
        await using RunningProgram first = _instance.Start();
        await Instance.ReadyAsync(first);
        string elsewhere = Directory.CreateTempSubdirectory("wardline-run-").FullName;
        try
        {
            await using (RunningProgram samePort = RunningProgram.Start("./run.sh", ["--no-build", "--no-turn", "--data", elsewhere, "--port", $"{_instance.Port}", "--udp-port", $"{Ports.Free()}"]))
            {
                Assert.Equal(69, await samePort.EndedAsync());
                Assert.Matches($"Wardline cannot start: .*{_instance.Port}.*--port", samePort.Output);
                Assert.DoesNotContain("   at ", samePort.Output, StringComparison.Ordinal); // no stack trace
            }

            await using (RunningProgram sameMedia = RunningProgram.Start("./run.sh", ["--no-build", "--no-turn", "--data", elsewhere, "--port", $"{Ports.Free()}", "--udp-port", $"{_instance.UdpPort}"]))
            {
                Assert.Equal(69, await sameMedia.EndedAsync());
                Assert.Matches($"Wardline cannot start: .*{_instance.UdpPort}.*--udp-port", sameMedia.Output);
            }
        }
        finally
        {
            Directory.Delete(elsewhere, recursive: true);
        }

        await using RunningProgram sameData = RunningProgram.Start("./run.sh", ["--no-build", "--no-turn", "--data", _instance.Data, "--port", $"{Ports.Free()}", "--udp-port", $"{Ports.Free()}"]);
        Assert.Equal(69, await sameData.EndedAsync());
        Assert.Equal($"Another Wardline runs on {_instance.Data}. Stop it first, or give this one its own folder with --data.", sameData.Output.Trim());
        Assert.NotEmpty(first.Session());
    }

    [Theory]
    [InlineData("/proc/wardline")]
    [InlineData("/etc/passwd/wardline")]
    public async Task A_data_root_that_cannot_be_written_is_named(string data)
    {
        await using RunningProgram run = RunningProgram.Start("./run.sh", ["--no-build", "--no-turn", "--data", data]);
        Assert.Equal(73, await run.EndedAsync());
        Assert.Equal($"Wardline cannot write to {data}. Name a folder of yours with --data.", run.Output.Trim());
    }

    [Theory]
    [InlineData("--port")]
    [InlineData("--nonsense")]
    public async Task An_option_that_is_not_understood_starts_nothing(string option)
    {
        await using RunningProgram run = RunningProgram.Start("./run.sh", [option]);
        Assert.Equal(64, await run.EndedAsync());
        Assert.Contains("see ./run.sh --help", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_code_for_a_phone_holds_the_patients_link()
    {
        await using RunningProgram run = _instance.Start(("Demo__Qr", "Always"));
        string link = await Instance.ReadyAsync(run);
        await run.SaysAsync(text => text.Contains("Ruth Alvarez:", StringComparison.Ordinal) && TerminalCode.Find(text, "Ruth Alvarez:").Count > 0);
        Assert.Equal(link, await TerminalCode.DecodeAsync(TerminalCode.Find(run.Output, "Ruth Alvarez:")));
        Assert.NotEqual(link, await TerminalCode.DecodeAsync(TerminalCode.Find(run.Output, "Dr. Amara Osei:")));
    }

    [Fact]
    public async Task At_a_terminal_the_codes_are_drawn_in_fixed_colours_and_ctrl_c_ends_all()
    {
        // A host that phones could reach, as far as the server can tell. script(1) is the terminal.
        string command = $"./run.sh {string.Join(' ', _instance.Arguments())} --host 127.0.0.1";
        await using RunningProgram terminal = RunningProgram.Start("script", ["--quiet", "--flush", "--return", "--command", command, "/dev/null"]);
        string link = await Instance.ReadyAsync(terminal);
        Assert.StartsWith("https://127.0.0.1:", link, StringComparison.Ordinal);
        await terminal.SaysAsync(text => text.Contains("Ruth Alvarez:", StringComparison.Ordinal) && TerminalCode.Find(Plain(text), "Ruth Alvarez:").Count > 0);
        Assert.Contains("\u001b[97;40m", terminal.Output, StringComparison.Ordinal);
        Assert.Equal(link, await TerminalCode.DecodeAsync(TerminalCode.Find(Plain(terminal.Output), "Ruth Alvarez:")));

        terminal.Type("\u0003");
        Assert.Equal(130, await terminal.EndedAsync());
        Assert.True(SpinWait.SpinUntil(() => !UsesData(_instance.Data), TimeSpan.FromSeconds(10)), "nothing is left");
    }

    private static string Plain(string text) => Regex.Replace(text, "\u001b\\[[0-9;]*m", "");

    private static bool UsesData(string data) => Directory.EnumerateDirectories("/proc").Any(folder =>
    {
        try
        {
            return int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out _) && File.ReadAllText(Path.Combine(folder, "environ")).Contains(data, StringComparison.Ordinal);
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    });
}
