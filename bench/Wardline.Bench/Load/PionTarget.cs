using Wardline.Rtc;

namespace Wardline.Bench.Load;

/// <summary>The minimal SFU of bench/pion: an offer by HTTP for what is published, another for what is subscribed to.</summary>
internal sealed class PionTarget(LoadPlan plan, LoadLoop loop) : LoadTarget(plan, loop)
{
    private readonly HttpControl _http = new(plan);

    public override void JoinRoom(int room)
    {
        IEnumerable<int> members = Enumerable.Range(room * Plan.RoomSize, Plan.RoomSize);
        foreach (int participant in members.Where(Sends))
        {
            Connect("publish", room, participant, (peer, numbers) =>
            {
                (PacedMedia video, PacedMedia audio) = CreateMedia(participant, numbers(0, LoadSdp.Vp8), numbers(1, LoadSdp.Opus));
                peer.Media.AddRange([video, audio]);
                return [new LoadSection(video.Numbers, Video: true, video.Ssrc.Value), new LoadSection(audio.Numbers, Video: false, audio.Ssrc.Value)];
            });
        }

        foreach (int participant in members)
        {
            int senders = Senders(participant).Count();
            if (senders > 0)
            {
                Connect("subscribe", room, participant, (peer, numbers) =>
                {
                    peer.Receives.UnionWith([LoadSdp.Vp8, LoadSdp.Opus]);
                    return [.. Enumerable.Range(0, 2 * senders).Select(i => new LoadSection(numbers(i, i % 2 == 0 ? LoadSdp.Vp8 : LoadSdp.Opus), i % 2 == 0, null))];
                });
            }
        }
    }

    public override void Dispose()
    {
        _http.Dispose();
        base.Dispose();
    }

    private void Connect(string verb, int room, int participant, Func<LoadPeer, Func<int, byte, MediaNumbers>, IReadOnlyList<LoadSection>> sections)
    {
        (LoadPeer peer, ClientTransport rtc, Func<IReadOnlyList<LoadSection>, string> describe) = CreatePeer(participant);
        string offer = describe(sections(peer, (mid, type) => new MediaNumbers($"{mid}", type)));
        SetRemote(rtc, LoadSdp.Read(_http.Ask($"/{verb}?room={room}&participant={participant}", offer, "application/sdp")));
        Loop.Connect(peer);
    }
}
