using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Security.Cryptography;
using Wardline.Rtc.Dtls;
using Wardline.Rtc.Ice;
using Wardline.Rtc;
using Wardline.Sockets;

namespace Wardline.Bench.Load;

/// <summary>How the rooms of a run come about on one kind of server.</summary>
internal abstract class LoadTarget(LoadPlan plan, LoadLoop loop) : IDisposable
{
    private readonly OpenSslDtls _dtls = CreateDtls();
    private readonly SystemRandom _random = new();
    private readonly Random _phases = new(1);

    protected LoadPlan Plan => plan;

    protected LoadLoop Loop => loop;

    public static LoadTarget Create(LoadPlan plan, LoadLoop loop) => plan.Kind switch
    {
        "wardline" => new WardlineTarget(plan, loop),
        "yardstick" => new YardstickTarget(plan, loop),
        "janus" => new JanusTarget(plan, loop),
        "pion" => new PionTarget(plan, loop),
        _ => throw new LoadException($"There is no server of the kind {plan.Kind}."),
    };

    /// <summary>Joins everybody of a room; afterwards all of its connections have keys.</summary>
    public abstract void JoinRoom(int room);

    /// <summary>What the server itself has counted so far; null where it is not asked.</summary>
    public virtual IReadOnlyDictionary<string, long>? Counts() => null;

    public virtual void Dispose() => _dtls.Dispose();

    protected bool Sends(int participant) => !plan.Fan || participant % plan.RoomSize == 0;

    /// <summary>Who sends what this participant receives.</summary>
    protected IEnumerable<int> Senders(int participant) =>
        Enumerable.Range(participant / plan.RoomSize * plan.RoomSize, plan.RoomSize).Where(p => p != participant && Sends(p));

    protected (PacedMedia Video, PacedMedia Audio) CreateMedia(int participant, MediaNumbers video, MediaNumbers audio) =>
        (new PacedMedia(participant, video: true, plan, video, Ssrc(), _phases.NextDouble()), new PacedMedia(participant, video: false, plan, audio, Ssrc(), _phases.NextDouble()));

    /// <summary>A connection with its own half of an offer or answer.</summary>
    protected (LoadPeer Peer, ClientTransport Rtc, Func<IReadOnlyList<LoadSection>, string> Describe) CreatePeer(int participant)
    {
        IceCredentials ice = IceCredentials.Create(_random);
        ClientTransport rtc = new(new IceAgent(ice, new AlwaysControlling(_random)), _dtls, new RtcTransportOptions());
        return (new LoadPeer(plan, participant, new RtcLoadTransport(rtc)), rtc, sections => LoadSdp.Write(ice, _dtls.Fingerprint, sections));
    }

    protected void SetRemote(ClientTransport rtc, RemoteDescription remote)
    {
        rtc.SetRemote(remote.Ice, remote.Fingerprint);
        rtc.Ice.AddPath(remote.Candidate, priority: 2_130_706_431, loop.Now);
    }

    private uint Ssrc() => (uint)_phases.NextInt64(1, uint.MaxValue);

    private static OpenSslDtls CreateDtls()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using X509Certificate2 certificate = new CertificateRequest("CN=load", key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(200));
        return new OpenSslDtls(certificate.RawData, key.ExportECPrivateKey());
    }
}

/// <summary>The C program: everybody's address and keys are known beforehand.</summary>
internal sealed class YardstickTarget(LoadPlan plan, LoadLoop loop) : LoadTarget(plan, loop)
{
    public override void JoinRoom(int room)
    {
        TransportAddress server = TransportAddress.From(new IPEndPoint(IPAddress.Parse(Plan.Server), Plan.ServerPort));
        for (int participant = room * Plan.RoomSize; participant < (room + 1) * Plan.RoomSize; participant++)
        {
            LoadPeer peer = new(Plan, participant, new FixedKeyTransport(server, Plan.Keys, participant), Plan.FirstPort + participant);
            peer.Receives.UnionWith([LoadSdp.Vp8, LoadSdp.Opus]);
            if (Sends(participant))
            {
                (PacedMedia video, PacedMedia audio) = CreateMedia(participant, new MediaNumbers("1", LoadSdp.Vp8), new MediaNumbers("0", LoadSdp.Opus));
                peer.Media.AddRange([video, audio]);
            }

            Loop.Connect(peer);
        }
    }
}
