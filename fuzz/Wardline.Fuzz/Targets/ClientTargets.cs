using System.Text;
using Wardline.Client;
using Wardline.Client.E2ee;
using Wardline.Client.Signaling;
using Wardline.Fuzz.Running;
using Wardline.Rtc;

namespace Wardline.Fuzz.Targets;

/// <summary>Bodies of <c>e2ee</c> messages, as text and as bytes: refused, or read in one way only.</summary>
internal sealed class E2eeBodyTarget : IFuzzTarget
{
    public string Name => "e2ee-body";

    public int MaxBytes => 8_300;

    // The text, its bytes and what is written again.
    public long AllocationBudget => 128 * 1024;

    public IEnumerable<byte[]> Seeds => E2eeSeeds.Messages.SelectMany(m => new[] { Encoding.ASCII.GetBytes(m.Encode()), Bytes.FromBase64Url(m.Encode())! });

    public IEnumerable<byte[]> Dictionary => ["="u8.ToArray(), "-_"u8.ToArray(), "AQ"u8.ToArray(), [1, 1], [1, 3, 1, 2, 0, 1], [1, 4, 32]];

    public void Run(ReadOnlySpan<byte> input)
    {
        Check(Encoding.Latin1.GetString(input));
        Check(Bytes.ToBase64Url(input));
    }

    private static void Check(string body)
    {
        if (E2eeMessage.Decode(body) is not { } message)
        {
            return;
        }

        byte[] came = Bytes.FromBase64Url(body)!;
        if (message.Type == E2eeMessageType.Commit)
        {
            came[2] &= 1; // flags that mean nothing yet
        }

        Promise.Hold(Bytes.FromBase64Url(message.Encode())!.AsSpan().SequenceEqual(came), "What is taken has one reading.");
        Promise.Hold(message.Members.Zip(message.Members.Skip(1)).All(pair => pair.First < pair.Second), "A set is in order.");
    }
}

/// <summary>Sealed frames: only what the sender made opens, and nothing of what is refused moves anything.</summary>
internal sealed class SealedFrameTarget : IFuzzTarget
{
    private const int Member = 2;
    private const uint Epoch = 259;
    private static readonly byte[] BaseKey = [.. Enumerable.Range(0, 32).Select(i => (byte)i)];
    private static readonly (MediaSource Source, byte[] Frame)[] Genuine =
    [
        (MediaSource.Camera, Make(MediaSource.Camera, 300, [0x10, 2, 0, 0x9d, 1, 0x2a, 0x80, 2, 0x68, 1, .. "a key frame"u8])),
        (MediaSource.Camera, Make(MediaSource.Camera, 301, [0x31, 2, 0, .. "a delta frame"u8])),
        (MediaSource.Microphone, Make(MediaSource.Microphone, 5, [.. "sound"u8])),
    ];

    private readonly byte[] _opened = new byte[1500];

    public string Name => "sealed-frame";

    // Keys of a receiver, three replay windows, and the exceptions that a wrong tag costs.
    public long AllocationBudget => 64 * 1024;

    public IEnumerable<byte[]> Seeds => Genuine.Select(g => g.Frame);

    public IEnumerable<byte[]> Dictionary => [[0x99, 2, 3, 1, 0x2c], [0xff], [0x9f, 2, 3, 255, 255, 255, 255, 255, 255, 255, 255], [0x31, 2, 0], [0x10]];

    public void Run(ReadOnlySpan<byte> input)
    {
        using ReceiverKeys keys = new(Member);
        keys.Install(Epoch, BaseKey, default);
        foreach (MediaSource source in (ReadOnlySpan<MediaSource>)[MediaSource.Microphone, MediaSource.Camera, MediaSource.Screen])
        {
            bool isGenuine = false;
            foreach ((MediaSource of, byte[] frame) in Genuine)
            {
                isGenuine |= of == source && input.SequenceEqual(frame);
            }

            keys.Awaits(source, input);
            OpenResult result = keys.Open(source, input, _opened, out int length, default);
            Promise.Hold(result != OpenResult.Held && (result == OpenResult.Opened) == isGenuine, "Exactly what was sealed opens.");
            Promise.Hold(isGenuine ? length is > 0 and < 64 : length == 0, "A length of what was opened only.");
        }

        // Each genuine frame opens once, whatever came before it.
        foreach ((MediaSource source, byte[] frame) in Genuine)
        {
            OpenResult expected = input.SequenceEqual(frame) ? OpenResult.Replayed : OpenResult.Opened;
            Promise.Hold(keys.Open(source, frame, _opened, out _, default) == expected, "What was refused blocks nothing.");
        }
    }

    private static byte[] Make(MediaSource source, ulong counter, byte[] frame)
    {
        using SFrameKey key = new(FrameLayout.KeyId(Member, Epoch), BaseKey);
        int clear = FrameLayout.ClearBytes(source, frame);
        byte[] made = new byte[frame.Length + MemberSession.MaxOverheadBytes], metadata = new byte[FrameLayout.MaxMetadataBytes];
        int length = key.Seal(counter, metadata.AsSpan(0, FrameLayout.WriteMetadata(source, frame.AsSpan(0, clear), metadata)), frame.AsSpan(clear), made.AsSpan(clear));
        frame.AsSpan(0, clear).CopyTo(made);
        return made[..(clear + length)];
    }
}

/// <summary>
/// A hostile member: the input is what it says, sealed properly where it has to be, and when. Nothing throws, each word is
/// answered with few, its epochs only rise, and nobody else becomes secure by it.
/// </summary>
internal sealed class HostileMemberTarget : IFuzzTarget
{
    private static readonly OwnKeys Hostile = new();
    private static readonly RosterKeys HostileLine = new(1, Bytes.ToBase64Url(Hostile.PublicKey), Bytes.ToBase64Url(new byte[32]));
    private readonly byte[] _frame = new byte[HeldFrames.MaxBytes];

    public string Name => "e2ee-member-authenticated";

    public int MaxBytes => 400;

    // A session and its keys, and what some dozens of messages cost.
    public long AllocationBudget => 2 * 1024 * 1024;

    public IEnumerable<byte[]> Seeds =>
    [
        [0, 5, 9, 0, 6, 9, 1, 5, 0, 2, 1, 7, 3, 0, 4, 3, 5, 0],
        [0, 1, 1, 4, 1, 1, 5, 9, 0, 9, 9, 4, 2, 2, 6, 0],
    ];

    public void Run(ReadOnlySpan<byte> input)
    {
        FixedRandom random = new();
        using MemberSession session = new("visit", random, default);
        session.OnWelcome(new SignalEvent("welcome") { You = new WelcomeYou("ana", "Ana", "patient"), E2ee = new WelcomeE2ee(false, 30) }, default);
        Instant now = default;
        RosterEntry ana = Line("ana", new RosterKeys(0, session.Hello.PublicKey, session.Hello.Commitment)), ben = Line("ben", HostileLine);
        session.OnRoster([ana, ben], now);
        using PairKeys pair = PairKeys.Agree("visit", Hostile, Bytes.FromBase64Url(session.Hello.PublicKey)!)!;
        Drain(session, now, 8);

        // By epoch: the base key that was acknowledged first.
        Dictionary<uint, byte> acknowledged = [];
        bool isPresent = true;
        Span<byte> sealedFrame = stackalloc byte[64];
        for (int at = 0; at + 2 < input.Length; at += 3)
        {
            byte kind = input[at], a = input[at + 1], b = input[at + 2];
            switch (kind % 8)
            {
                case 0 or 1 when isPresent:
                    byte[] baseKey = new byte[32];
                    baseKey[0] = b;
                    session.OnBody("ben", E2eeMessage.Key(a, pair.Seal(EnvelopePurpose.SenderKey, a, baseKey, random)).Encode(), now);
                    if (Drain(session, now, 4).Exists(m => m.Type == E2eeMessageType.Ack && m.Epoch == a))
                    {
                        bool isNew = acknowledged.TryAdd(a, b);
                        Promise.Hold(isNew ? acknowledged.Keys.Max() == a : acknowledged[a] == b, "Acknowledged is a newer epoch, or the very key that is in place.");
                    }

                    break;
                case 2 when isPresent:
                    session.OnBody("ben", E2eeMessage.Ack(a, pair.Seal(EnvelopePurpose.Acknowledgement, a, [], random)).Encode(), now);
                    break;
                case 3 when isPresent:
                    byte[] value = new byte[32];
                    value[0] = a;
                    session.OnBody("ben", E2eeMessage.Commit([0, 1], CodeRounds.CommitmentOf("visit", value), (b & 1) == 1).Encode(), now);
                    session.OnBody("ben", E2eeMessage.Reveal([0, 1], value).Encode(), now);
                    break;
                case 4:
                    now += TimeSpan.FromMilliseconds(a * 20);
                    session.HandleTimeout(now);
                    Promise.Hold(session.NextTimeout > now, "A timeout that was handled is over.");
                    break;
                case 5:
                    isPresent = (b & 1) == 1 && a != 0; // 0 is ana's number
                    session.OnRoster(!isPresent ? [ana] : [ana, ben with { E2ee = HostileLine with { Member = a } }], now);
                    break;
                case 6:
                    using (SFrameKey key = new(FrameLayout.KeyId(1, a), new byte[32]))
                    {
                        session.Open("ben", MediaSource.Microphone, sealedFrame[..key.Seal(b, [1], "sound"u8, sealedFrame)], _frame, out _, now);
                    }

                    break;
                default:
                    session.OnBody("eve", Bytes.ToBase64Url(input[at..]), now);
                    session.OnBody("ben", Bytes.ToBase64Url(input[at..]), now);
                    break;
            }

            Drain(session, now, 16);
            Promise.Hold(!session.IsSecure("eve") && !session.IsSecure("ana"), "Only who is on the roster is secure.");
        }
    }

    private List<E2eeMessage> Drain(MemberSession session, Instant now, int most)
    {
        List<E2eeMessage> said = [];
        while (session.TryTakeMessage(out string to, out string body))
        {
            Promise.Hold(to == "ben" && E2eeMessage.Decode(body) is not null, "Only members are spoken to, in messages.");
            said.Add(E2eeMessage.Decode(body)!);
        }

        Promise.Hold(said.Count <= most, "A word is answered with few.");
        while (session.TryTakeHeld(_frame, now, out HeldFrame frame))
        {
            Promise.Hold(frame.Result != OpenResult.Held, "What waited waits no longer.");
        }

        return said;
    }

    private static RosterEntry Line(string name, RosterKeys keys) => new(name, name, "patient", "in-call", 1, keys, []);

    /// <summary>Bytes that differ each time and are the same in each run: the target must not depend on more than its input.</summary>
    private sealed class FixedRandom : IRandomSource
    {
        private byte _next;

        public void Fill(Span<byte> destination)
        {
            destination.Clear();
            destination[0] = _next++;
        }
    }
}

internal static class E2eeSeeds
{
    public static IEnumerable<E2eeMessage> Messages =>
    [
        E2eeMessage.Key(7, new byte[60]), E2eeMessage.Ack(7, new byte[28]),
        E2eeMessage.Commit([0, 1, 200], new byte[32], again: true), E2eeMessage.Reveal([0, 1], new byte[32]),
    ];
}
