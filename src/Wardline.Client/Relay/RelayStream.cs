using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Threading.Channels;
using Wardline.Client.Signaling;

namespace Wardline.Client.Relay;

/// <summary>The TCP or TLS connection to a relay: whole messages in and out. What does not fit into its queue is lost, as on any network.</summary>
internal sealed class RelayStream : IAsyncDisposable
{
    private const int MaxQueued = 512;

    private readonly Stream _stream;
    private readonly Channel<ReadOnlyMemory<byte>> _queue = Channel.CreateBounded<ReadOnlyMemory<byte>>(new BoundedChannelOptions(MaxQueued)
    {
        FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true,
    });
    private readonly CancellationTokenSource _closed = new();
    private Task _running = Task.CompletedTask;

    private RelayStream(Stream stream) => _stream = stream;

    /// <exception cref="WardlineException"><c>client.relay</c>, <c>client.pin</c> or <c>client.untrusted</c>.</exception>
    public static async Task<RelayStream> OpenAsync(RelayUri uri, ServerTrust trust, CancellationToken cancel)
    {
        Socket socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        Stream? stream = null;
        try
        {
            await socket.ConnectAsync(uri.Host, uri.Port, cancel);
            stream = new NetworkStream(socket, ownsSocket: true);
            if (uri.Tls)
            {
                SslStream secured = new(stream, leaveInnerStreamOpen: false, (_, certificate, _, errors) => trust.Accepts(certificate, errors));
                stream = secured;
                await secured.AuthenticateAsClientAsync(
                    new SslClientAuthenticationOptions { TargetHost = uri.Host, EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13 }, cancel);
            }

            return new RelayStream(stream);
        }
        catch (Exception e)
        {
            socket.Dispose();
            if (stream is not null)
            {
                await stream.DisposeAsync();
            }

            throw e switch
            {
                AuthenticationException => trust.Refusal(e),
                SocketException or IOException => new WardlineException("client.relay", $"The relay {uri.Host}:{uri.Port} does not answer: {e.Message}", e),
                _ => e,
            };
        }
    }

    public void Send(ReadOnlyMemory<byte> message) => _queue.Writer.TryWrite(message);

    /// <summary>Begins to read.</summary>
    /// <param name="take">Gets all whole messages of one read at once, one behind the other; they are lent until it completes.</param>
    /// <param name="ended">Told why, once, when the connection is over.</param>
    public void Start(Func<Memory<byte>, Task> take, Action<string> ended) => _running = Task.WhenAll(Task.Run(() => ReadAsync(take, ended)), Task.Run(WriteAsync));

    public async ValueTask DisposeAsync()
    {
        // What is queued, such as the allocation's return, still gets its chance.
        _queue.Writer.TryComplete();
        _closed.CancelAfter(TimeSpan.FromMilliseconds(200));
        await _running;
        await _stream.DisposeAsync();
        _closed.Dispose();
    }

    private async Task ReadAsync(Func<Memory<byte>, Task> take, Action<string> ended)
    {
        byte[] buffer = new byte[16 * TurnFraming.MaxMessageBytes];
        int filled = 0;
        string why = "it closed the connection";
        try
        {
            while (true)
            {
                int read = await _stream.ReadAsync(buffer.AsMemory(filled), _closed.Token);
                if (read == 0)
                {
                    break;
                }

                filled += read;
                int whole = 0;
                int next;
                while ((next = TurnFraming.Measure(buffer.AsSpan(whole, filled - whole))) > 0)
                {
                    whole += next;
                }

                if (whole > 0)
                {
                    await take(buffer.AsMemory(0, whole));
                    buffer.AsSpan(whole, filled - whole).CopyTo(buffer);
                    filled -= whole;
                }

                if (next < 0)
                {
                    why = "it does not speak TURN";
                    break;
                }
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException)
        {
            why = "the connection to it broke";
        }

        ended(why);
    }

    private async Task WriteAsync()
    {
        try
        {
            await foreach (ReadOnlyMemory<byte> message in _queue.Reader.ReadAllAsync(_closed.Token))
            {
                await _stream.WriteAsync(message, _closed.Token);
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // The reader has noticed, or will.
        }
    }
}
