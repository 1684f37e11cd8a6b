using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using Wardline.Client.Signaling;
using Wardline.Rtc;

namespace Wardline.Client.Tests.E2ee;

/// <summary>
/// One member whose encryption is the browser's own code, in node. Needs the packages of <c>web</c>
/// (<c>npm ci --prefix web</c>): without them it fails, since nothing else proves that the two sides understand each other.
/// </summary>
internal sealed class BrowserSession : IAsyncDisposable
{
    private readonly Process _node;
    private readonly string _bundle;

    private BrowserSession(string name, Process node, string bundle)
    {
        Name = name;
        _node = node;
        _bundle = bundle;
    }

    public string Name { get; }

    public RosterEntry Line { get; set; } = null!;

    public string? Digits { get; private set; }

    public uint Epoch { get; private set; }

    public IReadOnlyList<string> Secure { get; private set; } = [];

    /// <summary>What it wants to send, in order.</summary>
    public Queue<(string To, string Body)> Outbox { get; } = new();

    public static async Task<BrowserSession> StartAsync(string name, int number, string visit)
    {
        string root = FindRoot();
        string bundle = Directory.CreateTempSubdirectory("wardline-e2ee-").FullName;
        ProcessStartInfo start = new("node", [Path.Combine(root, "tests/Wardline.Client.Tests/E2ee/browser-session.mjs"), root, bundle])
        {
            UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        BrowserSession session = new(name, Process.Start(start)!, bundle);
        await session.ReadAsync();
        JsonObject keys = await session.AskAsync("create", new() { ["visit"] = visit });
        session.Line = new RosterEntry(
            name, name, "patient", "in-call", 1, new RosterKeys(number, (string)keys["publicKey"]!, (string)keys["commitment"]!), []);
        return session;
    }

    public Task TellRosterAsync(IEnumerable<RosterEntry> lines) => AskAsync("roster", new()
    {
        ["you"] = Name,
        ["members"] = new JsonArray([.. lines.Select(l => new JsonObject
        {
            ["participant"] = l.Participant, ["member"] = l.E2ee!.Member, ["publicKey"] = l.E2ee.PublicKey, ["commitment"] = l.E2ee.Commitment,
        })]),
    });

    public Task TellAsync(string from, string body) => AskAsync("message", new() { ["from"] = from, ["body"] = body });

    public Task RotateEveryAsync(double seconds) => AskAsync("rotation", new() { ["seconds"] = seconds });

    public Task AdvanceToAsync(Instant now) => AskAsync("advance", new() { ["to"] = now.Milliseconds });

    public async Task<byte[]?> SealAsync(MediaSource source, byte[] frame)
    {
        JsonObject answer = await AskAsync("seal", new() { ["source"] = NameOf(source), ["frame"] = Convert.ToBase64String(frame) });
        return answer["frame"] is { } text ? Convert.FromBase64String((string)text!) : null;
    }

    public async Task<(byte[]? Frame, string? Failure)> OpenAsync(string from, MediaSource source, byte[] sealedFrame)
    {
        JsonObject answer = await AskAsync("open", new() { ["from"] = from, ["source"] = NameOf(source), ["frame"] = Convert.ToBase64String(sealedFrame) });
        return (answer["frame"] is { } text ? Convert.FromBase64String((string)text!) : null, (string?)answer["failure"]);
    }

    public async ValueTask DisposeAsync()
    {
        _node.StandardInput.Close();
        using CancellationTokenSource late = new(TimeSpan.FromSeconds(10));
        try
        {
            await _node.WaitForExitAsync(late.Token);
        }
        catch (OperationCanceledException)
        {
            _node.Kill();
        }

        _node.Dispose();
        Directory.Delete(_bundle, recursive: true);
    }

    private static string NameOf(MediaSource source) => source switch
    {
        MediaSource.Microphone => "microphone",
        MediaSource.Camera => "camera",
        _ => "screen",
    };

    private async Task<JsonObject> AskAsync(string operation, JsonObject question)
    {
        question["op"] = operation;
        await _node.StandardInput.WriteLineAsync(question.ToJsonString());
        await _node.StandardInput.FlushAsync();
        JsonObject answer = await ReadAsync();
        Digits = (string?)answer["digits"];
        Epoch = (uint)answer["epoch"]!;
        Secure = answer["secure"].Deserialize<string[]>()!;
        foreach (JsonNode? message in answer["sent"]!.AsArray())
        {
            Outbox.Enqueue(((string)message!["to"]!, (string)message["body"]!));
        }

        return answer;
    }

    private async Task<JsonObject> ReadAsync()
    {
        using CancellationTokenSource late = new(TimeSpan.FromSeconds(60));
        string? line = await _node.StandardOutput.ReadLineAsync(late.Token);
        if (line is null)
        {
            throw new InvalidOperationException($"node ended; are the packages of web installed (npm ci --prefix web)?\n{await _node.StandardError.ReadToEndAsync(late.Token)}");
        }

        return JsonNode.Parse(line)!.AsObject();
    }

    private static string FindRoot()
    {
        string directory = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(directory, "Wardline.slnx")))
        {
            directory = Path.GetDirectoryName(directory) ?? throw new InvalidOperationException("not inside the repository");
        }

        return directory;
    }
}
