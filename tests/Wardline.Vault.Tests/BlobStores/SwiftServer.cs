using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;
using Wardline.Vault.BlobStores.S3;

namespace Wardline.Vault.Tests.BlobStores;

[CollectionDefinition(Collection)]
public sealed class SwiftCollection : ICollectionFixture<SwiftServer>
{
    public const string Collection = "an object store";
}

/// <summary>
/// OpenStack Swift with its S3 interface, from the distribution's packages: a proxy, an account, a container and an object
/// server of its own, on ports and in a folder of its own.
/// </summary>
public sealed class SwiftServer : IAsyncLifetime
{
    public const string AccessKey = "media:svc";

    private static readonly string[] Kinds = ["account", "container", "object"];
    private readonly TemporaryFolder _folder = new();
    private readonly List<Process> _servers = [];
    private readonly int _memcached = Ports.Free();
    private readonly int _port = Ports.Free();
    private readonly ConcurrentQueue<string> _said = new();
    private Process? _proxy;

    public string SecretKey { get; } = Convert.ToHexString(RandomNumberGenerator.GetBytes(16));

    public string Bucket { get; } = "recordings";

    public Uri Endpoint => new($"http://127.0.0.1:{_port}");

    /// <summary>A client that does what no store of Wardline's does.</summary>
    public AmazonS3Client Administrator { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Directory.CreateDirectory(_folder.At("etc"));
        Directory.CreateDirectory(_folder.At("cache"));
        Directory.CreateDirectory(_folder.At("srv", "sda1"));
        File.Copy(Path.Combine(AppContext.BaseDirectory, "swift", "swift.conf"), _folder.At("etc", "swift.conf"));
        _servers.Add(Start("memcached", "-l", "127.0.0.1", "-p", $"{_memcached}", "-U", "0", "-u", Environment.UserName));
        List<int> ports = [_memcached];
        foreach (string kind in Kinds)
        {
            int port = Ports.Free();
            ports.Add(port);
            await RunAsync("swift-ring-builder", $"{kind}.builder", "create", "4", "1", "1");
            await RunAsync("swift-ring-builder", $"{kind}.builder", "add", "--region", "1", "--zone", "1", "--ip", "127.0.0.1", "--port", $"{port}", "--device", "sda1", "--weight", "1");
            await RunAsync("swift-ring-builder", $"{kind}.builder", "rebalance");
            _servers.Add(Start($"swift-{kind}-server", Configuration($"{kind}-server", port)));
        }

        foreach ((Process server, int port) in _servers.Zip(ports))
        {
            await AnswersAsync(server, port);
        }

        await StartProxyAsync();
        Administrator = new AmazonS3Client(new BasicAWSCredentials(AccessKey, SecretKey), new AmazonS3Config
        {
            ServiceURL = Endpoint.AbsoluteUri, ForcePathStyle = true, AuthenticationRegion = "us-east-1",
            RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED, ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED,
        });
        await Administrator.PutBucketAsync(Bucket);
    }

    public S3BlobOptions Options(string prefix, Func<HttpMessageHandler>? handler = null) => new()
    {
        Endpoint = Endpoint, Region = "us-east-1", Bucket = Bucket, AccessKey = AccessKey, SecretKey = SecretKey, Prefix = prefix, PartBytes = S3BlobOptions.LeastPartBytes, Handler = handler,
    };

    public async Task StartProxyAsync()
    {
        _proxy = Start("swift-proxy-server", Configuration("proxy-server", _port));
        await AnswersAsync(_proxy, _port);
    }

    public async Task StopProxyAsync()
    {
        await StopAsync(_proxy!);
        _proxy = null;
    }

    /// <summary>Says something of a container in Swift's own language: who may read it, how much it holds.</summary>
    public async Task SetAsync(string container, string header, string value)
    {
        using HttpClient http = new();
        using HttpRequestMessage login = new(HttpMethod.Get, new Uri(Endpoint, "auth/v1.0"));
        login.Headers.Add("X-Storage-User", AccessKey);
        login.Headers.Add("X-Storage-Pass", SecretKey);
        using HttpResponseMessage account = await http.SendAsync(login);
        account.EnsureSuccessStatusCode();
        using HttpRequestMessage post = new(HttpMethod.Post, $"{account.Headers.GetValues("X-Storage-Url").Single()}/{container}");
        post.Headers.Add("X-Auth-Token", account.Headers.GetValues("X-Auth-Token"));
        post.Headers.Add(header, value);
        using HttpResponseMessage done = await http.SendAsync(post);
        done.EnsureSuccessStatusCode();
    }

    /// <summary>Keys of all objects, and of the parts of all uploads that are not completed.</summary>
    public async Task<(IReadOnlyList<string> Objects, IReadOnlyList<string> Uploads)> ContentsAsync(string prefix)
    {
        ListObjectsV2Response objects = await Administrator.ListObjectsV2Async(new ListObjectsV2Request { BucketName = Bucket, Prefix = prefix });
        ListMultipartUploadsResponse uploads = await Administrator.ListMultipartUploadsAsync(new ListMultipartUploadsRequest { BucketName = Bucket, Prefix = prefix });
        return ([.. (objects.S3Objects ?? []).Select(o => o.Key)], [.. (uploads.MultipartUploads ?? []).Select(u => u.Key)]);
    }

    public async ValueTask DisposeAsync()
    {
        Administrator?.Dispose();
        foreach (Process server in _servers.Append(_proxy).OfType<Process>())
        {
            await StopAsync(server);
        }

        _folder.Dispose();
    }

    private static async Task StopAsync(Process server)
    {
        server.Kill(entireProcessTree: true);
        await server.WaitForExitAsync();
        server.Dispose();
    }

    private async Task AnswersAsync(Process server, int port)
    {
        using CancellationTokenSource patience = new(TimeSpan.FromSeconds(60));
        while (true)
        {
            using Socket socket = new(SocketType.Stream, ProtocolType.Tcp);
            try
            {
                await socket.ConnectAsync(IPAddress.Loopback, port, patience.Token);
                return;
            }
            catch (SocketException)
            {
                Assert.False(server.HasExited, string.Join(Environment.NewLine, _said));
                await Task.Delay(50, patience.Token);
            }
        }
    }

    private string Configuration(string name, int port)
    {
        string path = _folder.At("etc", $"{name}.conf");
        File.WriteAllText(
            path,
            File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "swift", $"{name}.conf"))
                .Replace("@ROOT@", _folder.Path, StringComparison.Ordinal)
                .Replace("@PORT@", $"{port}", StringComparison.Ordinal)
                .Replace("@MEMCACHED@", $"{_memcached}", StringComparison.Ordinal)
                .Replace("@USER@", Environment.UserName, StringComparison.Ordinal)
                .Replace("@SECRET@", SecretKey, StringComparison.Ordinal));
        return path;
    }

    private Process Start(string program, params string[] arguments)
    {
        Process process = Process.Start(new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = _folder.At("etc") })!;
        process.OutputDataReceived += (_, line) => _said.Enqueue($"{program}: {line.Data}");
        process.ErrorDataReceived += (_, line) => _said.Enqueue($"{program}: {line.Data}");
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }

    private async Task RunAsync(string program, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardOutput = true, WorkingDirectory = _folder.At("etc") })!;
        string said = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode <= 1, said); // 1: a warning
    }
}
