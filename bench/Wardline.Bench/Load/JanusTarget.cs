using System.Text.Json.Nodes;
using Wardline.Rtc;

namespace Wardline.Bench.Load;

/// <summary>
/// Janus' videoroom over its HTTP API: a connection for what a participant publishes, which it offers, and one for
/// what it subscribes to, which Janus offers.
/// </summary>
internal sealed class JanusTarget : LoadTarget
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);
    private readonly HttpControl _http;
    private readonly string _session;
    private readonly Dictionary<int, ulong> _feeds = [];
    private int _transactions;

    public JanusTarget(LoadPlan plan, LoadLoop loop)
        : base(plan, loop)
    {
        _http = new HttpControl(plan);
        string create = new JsonObject { ["janus"] = "create", ["transaction"] = NextTransaction() }.ToJsonString();
        _session = $"/{Succeed(JanusMessage.Parse(_http.AskPatiently("", create, Patience)), "create a session").Id}";
    }

    public override void JoinRoom(int room)
    {
        int number = 1000 + room;
        string steward = Attach();
        Send(steward, new JsonObject
        {
            ["request"] = "create",
            ["room"] = number,
            ["publishers"] = Plan.RoomSize,
            ["videocodec"] = "vp8",
            ["audiocodec"] = "opus",
            ["bitrate"] = 0,
        });
        IEnumerable<int> members = Enumerable.Range(room * Plan.RoomSize, Plan.RoomSize);
        foreach (int participant in members.Where(Sends))
        {
            Publish(number, participant);
        }

        foreach (int participant in members)
        {
            if (Senders(participant).ToArray() is { Length: > 0 } senders)
            {
                Subscribe(number, participant, senders);
            }
        }
    }

    public override void Dispose()
    {
        _http.Dispose();
        base.Dispose();
    }

    private void Publish(int room, int participant)
    {
        string handle = Attach();
        JanusMessage joined = Send(handle, new JsonObject { ["request"] = "join", ["ptype"] = "publisher", ["room"] = room, ["display"] = $"{participant}" });
        _feeds[participant] = joined.PublisherId;
        (LoadPeer peer, ClientTransport rtc, Func<IReadOnlyList<LoadSection>, string> describe) = CreatePeer(participant);
        (PacedMedia video, PacedMedia audio) = CreateMedia(participant, new MediaNumbers("0", LoadSdp.Vp8), new MediaNumbers("1", LoadSdp.Opus));
        peer.Media.AddRange([video, audio]);
        string offer = describe([new LoadSection(video.Numbers, Video: true, video.Ssrc.Value), new LoadSection(audio.Numbers, Video: false, audio.Ssrc.Value)]);
        JanusMessage answered = Send(handle, new JsonObject { ["request"] = "publish" }, ("offer", offer));
        SetRemote(rtc, LoadSdp.Read(answered.Sdp ?? throw new LoadException("Janus gave no answer to an offer.")));
        Loop.Connect(peer);
    }

    private void Subscribe(int room, int participant, int[] senders)
    {
        string handle = Attach();
        JsonArray streams = [.. senders.Select(s => new JsonObject { ["feed"] = _feeds[s] })];
        JanusMessage attached = Send(handle, new JsonObject { ["request"] = "join", ["ptype"] = "subscriber", ["room"] = room, ["streams"] = streams });
        RemoteDescription offer = LoadSdp.Read(attached.Sdp ?? throw new LoadException("Janus made no offer to a subscriber."));
        (LoadPeer peer, ClientTransport rtc, Func<IReadOnlyList<LoadSection>, string> describe) = CreatePeer(participant);
        peer.Receives.UnionWith(offer.PayloadTypes.Values.Select(t => t.PayloadType));
        string answer = describe([.. offer.PayloadTypes.Select(s => new LoadSection(new MediaNumbers(s.Key, s.Value.PayloadType), s.Value.Video, null))]);
        Send(handle, new JsonObject { ["request"] = "start" }, ("answer", answer));
        SetRemote(rtc, offer);
        Loop.Connect(peer);
    }

    private string Attach()
    {
        string request = new JsonObject { ["janus"] = "attach", ["plugin"] = "janus.plugin.videoroom", ["transaction"] = NextTransaction() }.ToJsonString();
        return $"{_session}/{Succeed(JanusMessage.Parse(_http.Ask(_session, request)), "attach").Id}";
    }

    /// <summary>Sends a message to the plugin and returns its answer, whether that comes at once or as an event.</summary>
    private JanusMessage Send(string handle, JsonObject body, (string Type, string Sdp)? description = null)
    {
        string what = (string)body["request"]!;
        string transaction = NextTransaction();
        JsonObject request = new() { ["janus"] = "message", ["transaction"] = transaction, ["body"] = body };
        if (description is { } jsep)
        {
            request["jsep"] = new JsonObject { ["type"] = jsep.Type, ["sdp"] = jsep.Sdp };
        }

        JanusMessage answer = Succeed(JanusMessage.Parse(_http.Ask(handle, request.ToJsonString())), what);
        if (answer.Kind != "ack")
        {
            return answer;
        }

        for (long start = Environment.TickCount64; Environment.TickCount64 - start < Patience.TotalMilliseconds;)
        {
            foreach (JanusMessage message in JanusMessage.ParseEvents(_http.Ask($"{_session}?maxev=20")))
            {
                // Others are news (webrtcup, media, who is publishing) that nobody here waits for.
                if (message.Transaction == transaction)
                {
                    return Succeed(message, what);
                }
            }
        }

        throw new LoadException($"Janus did not answer the request to {what} within {Patience.TotalSeconds:F0} s.");
    }

    private string NextTransaction() => $"t{++_transactions}";

    private static JanusMessage Succeed(JanusMessage message, string what) =>
        message.Error is null ? message : throw new LoadException($"Janus refused to {what}: {message.Error}.");
}
