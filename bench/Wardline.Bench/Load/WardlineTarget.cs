using System.Net.Sockets;
using System.Text.Json;
using Wardline.Rtc;

namespace Wardline.Bench.Load;

/// <summary>The product's media engine in its host, spoken to over the host's Unix socket: one JSON object a line each way.</summary>
internal sealed class WardlineTarget : LoadTarget
{
    private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly StreamReader _reader;
    private readonly StreamWriter _writer;

    public WardlineTarget(LoadPlan plan, LoadLoop loop)
        : base(plan, loop)
    {
        try
        {
            _socket.ReceiveTimeout = 15_000;
            _socket.Connect(new UnixDomainSocketEndPoint(plan.Control));
        }
        catch (SocketException error)
        {
            throw new LoadException($"The host does not answer at its socket: {error.Message}.");
        }

        NetworkStream stream = new(_socket);
        _reader = new StreamReader(stream);
        _writer = new StreamWriter(stream) { AutoFlush = true };
    }

    public override void JoinRoom(int room)
    {
        int session = Ask(new HostRequest("open") { Participants = Plan.RoomSize }).Number;
        List<Member> members = [];
        for (int i = 0; i < Plan.RoomSize; i++)
        {
            members.Add(new Member(this, session, room * Plan.RoomSize + i));
        }

        // Publishers first, then what everybody wants of the others: the second offer of a page that sees somebody come.
        foreach (Member member in members.Where(m => Sends(m.Participant)))
        {
            member.Offer([]);
        }

        foreach (Member member in members)
        {
            member.Offer([.. Senders(member.Participant).Select(p => members[p % Plan.RoomSize].Number)]);
        }
    }

    public override IReadOnlyDictionary<string, long>? Counts() => Ask(new HostRequest("stats")).Counts;

    public override void Dispose()
    {
        _reader.Dispose();
        _socket.Dispose();
        base.Dispose();
    }

    private HostAnswer Ask(HostRequest request)
    {
        try
        {
            _writer.WriteLine(JsonSerializer.Serialize(request, LoadJson.Options));
            HostAnswer answer = JsonSerializer.Deserialize<HostAnswer>(_reader.ReadLine() ?? throw new IOException("it closed the connection"), LoadJson.Options)!;
            return answer.Error is null ? answer : throw new LoadException($"The host refused to {request.Verb}: {answer.Error}");
        }
        catch (IOException error)
        {
            ServerProcess.MustLive(Plan.ServerPid);
            throw new LoadException($"The host does not answer: {error.Message}.");
        }
    }

    private sealed class Member
    {
        private readonly WardlineTarget _target;
        private readonly int _session;
        private readonly LoadPeer _peer;
        private readonly ClientTransport _rtc;
        private readonly Func<IReadOnlyList<LoadSection>, string> _describe;
        private readonly List<LoadSection> _sections = [];
        private bool _connected;

        public Member(WardlineTarget target, int session, int participant)
        {
            _target = target;
            _session = session;
            Participant = participant;
            Number = target.Ask(new HostRequest("join") { Session = session }).Number;
            (_peer, _rtc, _describe) = target.CreatePeer(participant);
            _peer.TransportCcId = LoadSdp.TransportCcId;
            _peer.Receives.UnionWith([LoadSdp.Vp8, LoadSdp.Opus]);
            if (target.Sends(participant))
            {
                (PacedMedia video, PacedMedia audio) = target.CreateMedia(participant, Numbers(LoadSdp.Vp8), Numbers(LoadSdp.Opus, 1));
                _peer.Media.AddRange([video, audio]);
                _sections.Add(new LoadSection(video.Numbers, Video: true, video.Ssrc.Value));
                _sections.Add(new LoadSection(audio.Numbers, Video: false, audio.Ssrc.Value));
            }
        }

        public int Participant { get; }

        /// <summary>What the server calls it.</summary>
        public int Number { get; }

        public void Offer(IReadOnlyList<int> others)
        {
            int sent = _sections.Count;
            Dictionary<string, int> wanted = new(StringComparer.Ordinal);
            foreach (int other in others)
            {
                foreach (byte type in (byte[])[LoadSdp.Vp8, LoadSdp.Opus])
                {
                    MediaNumbers numbers = Numbers(type);
                    _sections.Add(new LoadSection(numbers, type == LoadSdp.Vp8, null));
                    wanted[numbers.Mid] = other;
                }
            }

            if (_connected && others.Count == 0)
            {
                return;
            }

            string answer = _target.Ask(new HostRequest("offer")
            {
                Session = _session,
                Participant = Number,
                Sdp = _describe(_sections),
                Publish = [.. _sections.Where(s => s.Ssrc is not null).Select(s => new HostSection(s.Numbers.Mid, s.Video, 0))],
                Subscribe = [.. _sections.Skip(sent).Select(s => new HostSection(s.Numbers.Mid, s.Video, wanted[s.Numbers.Mid]))],
            }).Sdp!;
            if (!_connected)
            {
                _target.SetRemote(_rtc, LoadSdp.Read(answer));
                _target.Loop.Connect(_peer);
                _connected = true;
            }
        }

        private MediaNumbers Numbers(byte payloadType, int ahead = 0) =>
            new($"{_sections.Count + ahead}", payloadType, LoadSdp.MidId, LoadSdp.TransportCcId);
    }
}
