using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Wardline.Bench.Compare;
using Wardline.Bench.Load;

namespace Wardline.Bench.Soak;

/// <summary>The product's server as <c>./run.sh --visits N --no-turn</c> starts it, on free ports and with a data root that goes with it.</summary>
internal sealed class SoakServer : IDisposable
{
    private const string Program = "src/Wardline.Server/bin/Release/net10.0/Wardline.Server.dll";
    private const int TailLines = 20;
    private static readonly TimeSpan s_startWithin = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan s_endWithin = TimeSpan.FromSeconds(20);

    private readonly DirectoryInfo _data = Directory.CreateTempSubdirectory("wardline-soak-");
    private readonly Queue<string> _tail = new();
    private readonly Process _process;

    public SoakServer(SoakOptions options)
    {
        MediaPort = FreePort();
        string port = $"{MediaPort}";
        ProcessStartInfo start = new("dotnet", [Program]) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach ((string name, string value) in (ReadOnlySpan<(string, string)>)
        [
            ("Data__Root", _data.FullName), ("Server__Host", "localhost"), ("Server__Port", $"{FreePort()}"), ("Media__UdpPort", port), ("Media__TcpPort", port),
            ("Media__BindAddress", $"{IPAddress.Loopback}"), ("Media__AdvertisedAddresses", $"{LossyLine.Address}"),
            ("Demo__Enabled", "true"), ("Demo__Guests", $"{options.Participants - 2}"), ("Demo__Visits", $"{options.Sessions}"),
            ("Signaling__RotateInterval", $"{options.RotateSeconds}s"),
        ])
        {
            start.Environment[name] = value;
        }

        _process = Command.Start(start);
        _process.OutputDataReceived += (_, line) => Take(line.Data);
        _process.ErrorDataReceived += (_, line) => Take(line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public int Pid => _process.Id;

    /// <summary>At 127.0.0.1; people are told of the same at the line's address.</summary>
    public int MediaPort { get; }

    public string Links => Path.Combine(_data.FullName, "demo", "visits.json");

    /// <summary>Where files of this run may lie.</summary>
    public string Folder => _data.FullName;

    /// <exception cref="LoadException">It ended, or was not ready in time.</exception>
    public async Task ReadyAsync(CancellationToken cancel)
    {
        string note = Path.Combine(_data.FullName, "run", "instance.json");
        Stopwatch waited = Stopwatch.StartNew();
        while (!File.Exists(note))
        {
            if (_process.HasExited || waited.Elapsed > s_startWithin)
            {
                throw new LoadException($"The server did not start: {Tail()}");
            }

            await Task.Delay(100, cancel);
        }
    }

    /// <summary>Its last words.</summary>
    public string Tail()
    {
        lock (_tail)
        {
            return string.Join('\n', _tail);
        }
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            Command.Run("kill", "-TERM", $"{_process.Id}");
            if (!_process.WaitForExit(s_endWithin))
            {
                _process.Kill();
                _process.WaitForExit();
            }
        }

        _process.Dispose();
        _data.Delete(recursive: true);
    }

    private void Take(string? line)
    {
        // The demo's links are secrets, of a clinic that ends with this run: still they stay out of every log.
        if (line is null or "" || line.Contains("https://", StringComparison.Ordinal))
        {
            return;
        }

        lock (_tail)
        {
            _tail.Enqueue(line);
            if (_tail.Count > TailLines)
            {
                _tail.Dequeue();
            }
        }
    }

    /// <summary>For UDP and TCP.</summary>
    private static int FreePort()
    {
        while (true)
        {
            using Socket tcp = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            tcp.Bind(new IPEndPoint(IPAddress.Any, 0));
            int port = ((IPEndPoint)tcp.LocalEndPoint!).Port;
            using Socket udp = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            try
            {
                udp.Bind(new IPEndPoint(IPAddress.Any, port));
                return port;
            }
            catch (SocketException)
            {
                // taken for UDP: the next one
            }
        }
    }
}
