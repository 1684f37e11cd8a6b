using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Wardline.Media;
using Wardline.Rtc.Sdp;
using Wardline.Sfu;

namespace Wardline.Bench.Load;

/// <summary>
/// The media engine as the server runs it, one worker, without identity, storage and HTTP around it: what is measured
/// is the media path. Sessions are made over a Unix socket.
/// </summary>
internal sealed class SfuHost(MediaEngine engine)
{
    private readonly Dictionary<int, MediaSession> _sessions = [];

    public static async Task<int> RunAsync(string address, int port, string control)
    {
        await using MediaEngine engine = MediaEngine.Start(
            new MediaOptions { BindAddress = IPAddress.Parse(address), AdvertisedAddresses = [IPAddress.Parse(address)], UdpPort = port },
            TimeProvider.System,
            NullLoggerFactory.Instance);
        using Socket listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(control));
        listener.Listen(1);
        Console.WriteLine("ready");
        using NetworkStream stream = new(await listener.AcceptAsync(), ownsSocket: true);
        using StreamReader reader = new(stream);
        await using StreamWriter writer = new(stream) { AutoFlush = true };
        SfuHost host = new(engine);
        while (await reader.ReadLineAsync() is { } line)
        {
            await writer.WriteLineAsync(JsonSerializer.Serialize(await host.AnswerAsync(line), LoadJson.Options));
        }

        return 0;
    }

    private async Task<HostAnswer> AnswerAsync(string line)
    {
        HostRequest request = JsonSerializer.Deserialize<HostRequest>(line, LoadJson.Options)!;
        switch (request.Verb)
        {
            case "open":
                MediaSession opened = engine.OpenSession(new SfuSessionOptions
                {
                    MaxParticipants = Math.Max(request.Participants, new SfuSessionOptions().MaxParticipants),
                    SdpLimits = new SdpLimits(),
                });
                _sessions[opened.Number] = opened;
                _ = ReadEventsAsync(opened);
                return new HostAnswer { Number = opened.Number };
            case "join":
                return new HostAnswer { Number = (await _sessions[request.Session].AddParticipantAsync(default)).Value };
            case "offer":
                return await NegotiateAsync(request);
            case "stats":
                return new HostAnswer { Counts = Counts() };
            default:
                return new HostAnswer { Error = $"There is no verb {request.Verb}." };
        }
    }

    private async Task<HostAnswer> NegotiateAsync(HostRequest request)
    {
        static TrackSource Source(HostSection section) => section.Video ? TrackSource.Camera : TrackSource.Microphone;
        MediaSession session = _sessions[request.Session];
        ParticipantId participant = new(request.Participant);
        NegotiationResult result = await session.NegotiateAsync(
            participant,
            request.Sdp,
            [.. request.Publish.Select(s => new PublishRequest(s.Mid, Source(s)))],
            [.. request.Subscribe.Select(s => new SubscribeRequest(s.Mid, new ParticipantId(s.Publisher), Source(s)))],
            default);
        if (result.Error is { } error)
        {
            return new HostAnswer { Error = $"{error.Code}: {error.Message}" };
        }

        session.SetView(participant, [.. request.Subscribe.Where(s => s.Video).Select(s => new ViewSlot(s.Mid, 1280, 720))]);
        return new HostAnswer { Sdp = result.Answer };
    }

    private Dictionary<string, long> Counts()
    {
        MediaCounters counters = engine.Snapshot();
        Dictionary<string, long> counts = new(StringComparer.Ordinal)
        {
            [LoadJson.AllocatedBytes] = GC.GetTotalAllocatedBytes(precise: true),
            ["refusedByKernel"] = counters.PacketsRefusedByKernel,
            ["collections"] = GC.CollectionCount(0),
        };
        for (int i = 0; i < DropCounts.Reasons; i++)
        {
            counts[$"dropped {(DropReason)i}"] = counters.SessionDrops[(DropReason)i];
        }

        return counts;
    }

    private static async Task ReadEventsAsync(MediaSession session)
    {
        await foreach (MediaEvent _ in session.Events.ReadAllAsync())
        {
            // The real server tells its clients; here they only have to be taken.
        }
    }
}
