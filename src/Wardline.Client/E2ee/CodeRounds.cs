using System.Buffers.Binary;
using System.Security.Cryptography;
using Wardline.Rtc;

namespace Wardline.Client.E2ee;

/// <summary>One member of the call. <see cref="Commitment"/> is the one that its hello named.</summary>
internal sealed record CodeMember(string Participant, int Member, byte[] PublicKey, byte[] Commitment, bool IsYou)
{
    /// <summary>The public key as text: what an instance is known by.</summary>
    public string Instance { get; } = Bytes.ToBase64Url(PublicKey);
}

// A round, for one set of members, in the eyes of one of them:
//
//   begin: draw a nonce, send its commitment to everybody
//     -> [everybody's commitment is here] -> reveal the own nonce to everybody
//     -> [everybody's nonce is here and fits its commitment] -> six digits

/// <summary>
/// The six digits that people read to each other. A nonce belongs to one set of members for good, so a set that comes back
/// finds its digits again, and nobody reveals before the others are bound: docs/design/e2ee.md, "The short code".
/// </summary>
internal sealed class CodeRounds(string visit, byte[] firstNonce, IRandomSource random, Action<string, string> send, Instant now)
{
    /// <summary>Rounds that may begin in a row; one more is earned every <see cref="RoundEvery"/>. Bounds the tries of a malicious server.</summary>
    public const int FreeRounds = 16;
    public const int NonceBytes = 32;
    public static readonly TimeSpan RoundEvery = TimeSpan.FromSeconds(10);
    private const int MaxRounds = 64;

    private readonly Dictionary<string, Round> _rounds = [];
    private readonly Queue<string> _roundsInOrder = new();

    /// <summary>What the others have sent, by instance.</summary>
    private readonly Dictionary<string, Heard> _heard = [];
    private byte[]? _firstNonce = firstNonce;
    private CodeMember[] _members = [];
    private byte[] _set = [];
    private string _view = "";
    private Round? _round;
    private int _tokens = FreeRounds;
    private Instant _tokensAt = now;

    public string? Digits => _round?.Digits;

    private IEnumerable<CodeMember> Others => _members.Where(m => !m.IsYou);

    public static byte[] CommitmentOf(string visit, byte[] nonce) => SHA256.HashData(Bytes.Labelled("Wardline E2EE 1 commit", visit, nonce));

    /// <summary>The six digits over everything that everybody has put in; <paramref name="members"/> in ascending order of their numbers.</summary>
    public static string DigitsOf(string visit, IReadOnlyCollection<(int Member, byte[] PublicKey, byte[] Commitment, byte[] Nonce)> members)
    {
        List<byte> all = [(byte)members.Count];
        foreach ((int member, byte[] publicKey, byte[] commitment, byte[] nonce) in members)
        {
            all.Add((byte)member);
            all.AddRange(publicKey);
            all.AddRange(commitment);
            all.AddRange(nonce);
        }

        byte[] digest = SHA256.HashData(Bytes.Labelled("Wardline E2EE 1 code", visit, [.. all]));
        ulong digits = BinaryPrimitives.ReadUInt64BigEndian(digest) % 1_000_000;
        return $"{digits / 1000:D3} {digits % 1000:D3}";
    }

    /// <summary>Everybody in the call, this member included; nobody when this member is not in it.</summary>
    public void SetMembers(IEnumerable<CodeMember> members, Instant at)
    {
        _members = [.. members.OrderBy(m => m.Member)];
        _set = [.. _members.Select(m => (byte)m.Member)];
        HashSet<string> present = [.. _members.Select(m => m.Instance)];
        foreach (string gone in _heard.Keys.Where(instance => !present.Contains(instance)).ToArray())
        {
            _heard.Remove(gone);
        }

        foreach (CodeMember other in Others)
        {
            _heard.TryAdd(other.Instance, new Heard());
        }

        string view = string.Join(',', _members.Select(m => $"{m.Member}:{m.Instance}"));
        if (view != _view)
        {
            _round = null;
            _view = view;
        }

        Advance(at);
    }

    /// <summary>A commit or a reveal of <paramref name="from"/>.</summary>
    public void Receive(string from, E2eeMessage message, Instant at)
    {
        CodeMember? member = Others.FirstOrDefault(m => m.Participant == from);
        if (member is null || !_heard.TryGetValue(member.Instance, out Heard? heard))
        {
            return;
        }

        // The first word counts: nobody changes a commitment after seeing what it is bound to.
        bool isCommit = message.Type == E2eeMessageType.Commit;
        Dictionary<string, byte[]> store = isCommit ? heard.Commitments : heard.Nonces;
        if (store.Count < MaxRounds)
        {
            store.TryAdd(Convert.ToHexString(message.Members), message.Value);
        }

        if (isCommit && message.Again && message.Members.AsSpan().SequenceEqual(_set))
        {
            Say(from, again: false);
        }

        Advance(at);
    }

    /// <summary>Says everything again and asks the others to; for messages that a broken socket may have lost.</summary>
    public void Repeat()
    {
        if (_members.Length >= 2 && _round is { Digits: null })
        {
            SayToAll(again: true);
        }
    }

    /// <summary>Takes the current round as far as it goes.</summary>
    public void Advance(Instant at)
    {
        if (_members.Length < 2 || (_round ?? Begin(at)) is not { Digits: null } round)
        {
            return;
        }

        // 1. Fix: what is taken once is final.
        string set = Convert.ToHexString(_set);
        foreach (CodeMember other in Others)
        {
            if (_heard[other.Instance].Commitments.TryGetValue(set, out byte[]? commitment))
            {
                round.Commitments.TryAdd(other.Instance, commitment);
            }
        }

        if (round.Commitments.Count < _members.Length)
        {
            return;
        }

        // 2. Reveal, now that everybody is bound.
        if (!round.IsRevealed)
        {
            round.IsRevealed = true;
            foreach (CodeMember other in Others)
            {
                send(other.Participant, RevealOf(round));
            }
        }

        // 3. Take the nonces that fit their commitments, and no other.
        foreach (CodeMember other in Others)
        {
            if (!round.Nonces.ContainsKey(other.Instance) && _heard[other.Instance].Nonces.TryGetValue(set, out byte[]? nonce)
                && CryptographicOperations.FixedTimeEquals(CommitmentOf(visit, nonce), round.Commitments[other.Instance]))
            {
                round.Nonces.Add(other.Instance, nonce);
            }
        }

        // 4. The code.
        if (round.Nonces.Count == _members.Length)
        {
            round.Digits = DigitsOf(visit, [.. _members.Select(m => (m.Member, m.PublicKey, m.Commitment, round.Nonces[m.Instance]))]);
        }
    }

    private Round? Begin(Instant at)
    {
        if (!_rounds.TryGetValue(_view, out Round? round))
        {
            CodeMember? you = _members.FirstOrDefault(m => m.IsYou);
            if (you is null || !TakeToken(at))
            {
                return null;
            }

            round = new Round(TakeNonce());
            round.Commitment = CommitmentOf(visit, round.Nonce);
            round.Commitments.Add(you.Instance, round.Commitment);
            round.Nonces.Add(you.Instance, round.Nonce);
            if (_rounds.Count >= MaxRounds)
            {
                _rounds.Remove(_roundsInOrder.Dequeue());
            }

            _rounds.Add(_view, round);
            _roundsInOrder.Enqueue(_view);
        }

        _round = round;
        if (round.Digits is null)
        {
            SayToAll(again: false);
        }

        return round;
    }

    private byte[] TakeNonce()
    {
        byte[] nonce = _firstNonce ?? new byte[NonceBytes];
        if (_firstNonce is null)
        {
            random.Fill(nonce);
        }

        _firstNonce = null;
        return nonce;
    }

    private void SayToAll(bool again)
    {
        foreach (CodeMember other in Others)
        {
            Say(other.Participant, again);
        }
    }

    private void Say(string to, bool again)
    {
        if (_round is not { } round)
        {
            return;
        }

        send(to, E2eeMessage.Commit(_set, round.Commitment, again).Encode());
        if (round.IsRevealed)
        {
            send(to, RevealOf(round));
        }
    }

    private string RevealOf(Round round) => E2eeMessage.Reveal(_set, round.Nonce).Encode();

    private bool TakeToken(Instant at)
    {
        long earned = Math.Max(0, (at - _tokensAt).Ticks / RoundEvery.Ticks);
        _tokens = (int)Math.Min(FreeRounds, _tokens + earned);
        _tokensAt += earned * RoundEvery;
        if (_tokens < 1)
        {
            return false;
        }

        _tokens--;
        return true;
    }

    private sealed class Round(byte[] nonce)
    {
        public byte[] Nonce { get; } = nonce;

        public byte[] Commitment { get; set; } = [];

        /// <summary>By instance, as everything here.</summary>
        public Dictionary<string, byte[]> Commitments { get; } = [];

        public Dictionary<string, byte[]> Nonces { get; } = [];

        public bool IsRevealed { get; set; }

        public string? Digits { get; set; }
    }

    /// <summary>By set of members.</summary>
    private sealed class Heard
    {
        public Dictionary<string, byte[]> Commitments { get; } = [];

        public Dictionary<string, byte[]> Nonces { get; } = [];
    }
}
