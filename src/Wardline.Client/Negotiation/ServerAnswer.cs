using System.Globalization;
using System.Net;
using Wardline.Rtc;
using Wardline.Rtc.Dtls;
using Wardline.Rtc.Ice;

namespace Wardline.Client.Negotiation;

/// <summary>What an answer says that this client must know; anything that it does not know is passed over.</summary>
internal sealed class ServerAnswer
{
    private const int MaxBytes = 256 * 1024;
    private const int MaxSections = 64;
    private const int MaxCandidates = 32;

    private readonly List<AnswerSection> _sections = [];
    private readonly List<AnswerCandidate> _candidates = [];

    private ServerAnswer()
    {
    }

    public IceCredentials Ice { get; private set; }

    public DtlsFingerprint Fingerprint { get; private set; }

    /// <summary>Host candidates of component 1, UDP and passive TCP, each once.</summary>
    public IReadOnlyList<AnswerCandidate> Candidates => _candidates;

    public IReadOnlyList<AnswerSection> Sections => _sections;

    /// <exception cref="WardlineException"><c>client.malformed</c>, also for an answer that would leave media unprotected.</exception>
    public static ServerAnswer Parse(string sdp)
    {
        if (sdp.Length > MaxBytes)
        {
            throw Malformed("it is too large");
        }

        ServerAnswer answer = new();
        string? ufrag = null, password = null;
        AnswerSection? section = null;
        bool passive = false;
        foreach (ReadOnlySpan<char> line in sdp.AsSpan().EnumerateLines())
        {
            if (line.StartsWith("m=", StringComparison.Ordinal))
            {
                section = answer.BeginSection(line);
            }
            else if (Value(line, "ice-ufrag:") is { Length: > 0 } u)
            {
                ufrag ??= u.ToString();
            }
            else if (Value(line, "ice-pwd:") is { Length: > 0 } p)
            {
                password ??= p.ToString();
            }
            else if (Value(line, "fingerprint:") is { Length: > 0 } fingerprint)
            {
                answer.TakeFingerprint(fingerprint);
            }
            else if (Value(line, "setup:") is { Length: > 0 } setup)
            {
                // RFC 5763 §5: we are the DTLS client, or there is no handshake.
                passive = setup is "passive" ? true : throw Malformed("the server wants to be the DTLS client");
            }
            else if (Value(line, "candidate:") is { Length: > 0 } candidate)
            {
                answer.TakeCandidate(candidate);
            }
            else
            {
                section?.Take(line);
            }
        }

        answer.Ice = new IceCredentials(ufrag ?? "", password ?? "");
        if (!answer.Ice.IsWellFormed || answer.Fingerprint == default || !passive)
        {
            throw Malformed("ICE credentials, a certificate's fingerprint or the setup role are missing");
        }

        return answer;
    }

    internal static WardlineException Malformed(string what) => new("client.malformed", $"The server's answer cannot be used: {what}.");

    /// <summary>What follows <c>a=name:</c>; empty for any other line.</summary>
    internal static ReadOnlySpan<char> Value(ReadOnlySpan<char> line, ReadOnlySpan<char> name) =>
        line.StartsWith("a=", StringComparison.Ordinal) && line[2..].StartsWith(name, StringComparison.Ordinal) ? line[(2 + name.Length)..] : [];

    private AnswerSection BeginSection(ReadOnlySpan<char> line)
    {
        // m=audio 9 UDP/TLS/RTP/SAVPF 111; port 0: refused (RFC 3264 §6).
        string[] words = line[2..].ToString().Split(' ');
        if (words.Length < 4 || _sections.Count == MaxSections)
        {
            throw Malformed("an m-line is broken, or there are too many");
        }

        bool refused = words[1] == "0";
        if (!refused && words[2] != "UDP/TLS/RTP/SAVPF")
        {
            throw Malformed("media without DTLS-SRTP");
        }

        AnswerSection section = new(refused);
        _sections.Add(section);
        return section;
    }

    private void TakeFingerprint(ReadOnlySpan<char> value)
    {
        int space = value.IndexOf(' ');
        if (space < 0 || !DtlsFingerprint.TryParse(value[..space].ToString(), value[(space + 1)..].ToString(), out DtlsFingerprint parsed))
        {
            throw Malformed("the fingerprint is none, or of a weak hash");
        }

        // One transport, one certificate (RFC 8843 §7.1.3).
        Fingerprint = Fingerprint == default || Fingerprint == parsed ? parsed : throw Malformed("two certificates for one transport");
    }

    private void TakeCandidate(ReadOnlySpan<char> value)
    {
        // foundation component transport priority address port typ host [tcptype passive]
        string[] words = value.ToString().Split(' ');
        if (words.Length < 8 || words[1] != "1" || words[7] != "host" || _candidates.Count == MaxCandidates ||
            !IPAddress.TryParse(words[4], out IPAddress? address) ||
            !ushort.TryParse(words[5], NumberStyles.None, CultureInfo.InvariantCulture, out ushort port) || port == 0)
        {
            return;
        }

        bool tcp = words[2].Equals("tcp", StringComparison.OrdinalIgnoreCase);
        AnswerCandidate candidate = new(new IPEndPoint(address, port), tcp ? TransportProtocol.Tcp : TransportProtocol.Udp);
        if ((!tcp || value.EndsWith("tcptype passive", StringComparison.Ordinal)) && !_candidates.Contains(candidate))
        {
            _candidates.Add(candidate);
        }
    }
}

internal readonly record struct AnswerCandidate(IPEndPoint EndPoint, TransportProtocol Protocol);

/// <summary>One m-section of an answer.</summary>
internal sealed class AnswerSection(bool refused)
{
    private uint? _repair;
    private readonly List<uint> _sources = [];

    public string Mid { get; private set; } = "";

    /// <summary>The server sends here; otherwise it receives, or nothing flows.</summary>
    public bool Sends { get; private set; }

    public bool Receives { get; private set; }

    /// <summary>Where the server will send: the first <c>a=ssrc</c>, as browsers take it.</summary>
    public Ssrc? Source => Sends && _sources.Count > 0 ? new Ssrc(_sources[0]) : null;

    /// <summary>Retransmissions of <see cref="Source"/> (RFC 4588).</summary>
    public Ssrc? Repair => Sends && _repair is { } repair ? new Ssrc(repair) : null;

    /// <summary>Layers that the server takes; empty: one plain stream.</summary>
    public IReadOnlyList<string> Rids { get; private set; } = [];

    internal void Take(ReadOnlySpan<char> line)
    {
        if (ServerAnswer.Value(line, "mid:") is { Length: > 0 } mid)
        {
            Mid = mid.ToString();
        }
        else if (line is "a=sendonly" or "a=recvonly" && !refused)
        {
            Sends = line is "a=sendonly";
            Receives = !Sends;
        }
        else if (ServerAnswer.Value(line, "simulcast:recv ") is { Length: > 0 } layers)
        {
            Rids = layers.ToString().Split(';');
        }
        else if (ServerAnswer.Value(line, "ssrc-group:FID ") is { Length: > 0 } group)
        {
            string[] pair = group.ToString().Split(' ');
            _repair = pair.Length == 2 ? Number(pair[1]) : throw ServerAnswer.Malformed("a group of sources is none");
        }
        else if (ServerAnswer.Value(line, "ssrc:") is { Length: > 0 } source)
        {
            int end = source.IndexOf(' ');
            uint number = Number(end < 0 ? source : source[..end]);
            if (!_sources.Contains(number) && _sources.Count < 8)
            {
                _sources.Add(number);
            }
        }
    }

    private static uint Number(ReadOnlySpan<char> text) =>
        uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out uint number)
            ? number
            : throw ServerAnswer.Malformed("a source's number is none");
}
