using Wardline.Client.E2ee;
using Wardline.Client.Signaling;
using Wardline.Netem;
using Wardline.Rtc;

namespace Wardline.Client.Tests.E2ee;

internal sealed record Passing(string From, string To, string Body);

/// <summary>One participant of a <see cref="Call"/>, with the roster line that the server has for it.</summary>
internal sealed class CallMember(string name, MemberSession session, int number) : IDisposable
{
    public string Name => name;

    public MemberSession Session => session;

    public bool IsOnline { get; set; } = true;

    public RosterEntry Line { get; set; } = new(
        name, name, "patient", "in-call", 1, new RosterKeys(number, session.Hello.PublicKey, session.Hello.Commitment), []);

    public void Dispose() => session.Dispose();
}

/// <summary>A signaling server for sessions in one process and in virtual time; what it does to what it passes on is a test's choice.</summary>
internal sealed class Call(ulong seed = 1) : IDisposable
{
    private readonly SeededRandom _random = new(seed);
    private readonly Queue<Passing> _queue = new();
    private readonly List<CallMember> _all = [];
    private readonly byte[] _buffer = new byte[HeldFrames.MaxBytes];
    private int _nextNumber;

    public Instant Now { get; private set; } = Instant.FromMilliseconds(1_000);

    public Dictionary<string, CallMember> Members { get; } = [];

    public List<Passing> Passed { get; } = [];

    /// <summary>Null: not passed on.</summary>
    public Func<Passing, Passing?> Tamper { get; set; } = message => message;

    /// <summary>What a viewer is told of the roster.</summary>
    public Func<string, RosterEntry, RosterEntry> Shown { get; set; } = (_, line) => line;

    /// <summary>What the sessions handed on after a wait, in order.</summary>
    public List<(string To, HeldFrame Frame, byte[] Bytes)> Held { get; } = [];

    public CallMember Create(string name, string visit = "visit-1")
    {
        MemberSession session = new(visit, _random, Now);
        CallMember member = new(name, session, _nextNumber++);
        _all.Add(member);
        session.OnWelcome(Welcome(name, 1_800), Now);
        return member;
    }

    public static SignalEvent Welcome(string name, double rotateSeconds) => new("welcome")
    {
        You = new WelcomeYou(name, name, "patient"), E2ee = new WelcomeE2ee(true, rotateSeconds),
    };

    public CallMember[] Join(params string[] names)
    {
        List<CallMember> joined = [];
        foreach (string name in names)
        {
            joined.Add(Members[name] = Create(name));
            TellRoster();
        }

        return [.. joined];
    }

    public void Leave(string name)
    {
        Members.Remove(name);
        TellRoster();
    }

    public void Rotate(CallMember member, double seconds) => member.Session.OnWelcome(Welcome(member.Name, seconds), Now);

    public void TellRoster()
    {
        foreach (CallMember member in Members.Values.Where(m => m.IsOnline))
        {
            Tell(member, [.. Members.Values.Select(m => m.Line)]);
        }

        Settle();
    }

    public void Tell(CallMember member, params RosterEntry[] lines) =>
        member.Session.OnRoster([.. lines.Select(l => Shown(member.Name, l))], Now);

    /// <summary>Until nobody has anything to say.</summary>
    public void Settle()
    {
        do
        {
            while (_queue.TryDequeue(out Passing? message))
            {
                if (Tamper(message) is not { } passing)
                {
                    continue;
                }

                Passed.Add(passing);
                if (Members.TryGetValue(passing.To, out CallMember? to) && to.IsOnline)
                {
                    to.Session.OnBody(passing.From, passing.Body, Now);
                    TakeHeld(to);
                }
            }

            foreach (CallMember member in _all)
            {
                TakeHeld(member);
                while (member.Session.TryTakeMessage(out string to, out string body))
                {
                    if (Members.GetValueOrDefault(member.Name) == member && member.IsOnline)
                    {
                        _queue.Enqueue(new Passing(member.Name, to, body));
                    }
                }
            }
        }
        while (_queue.Count > 0);
    }

    /// <summary>Moves time, from timeout to timeout of whoever has the next one.</summary>
    public void Advance(double milliseconds)
    {
        Instant end = Now + TimeSpan.FromMilliseconds(milliseconds);
        while (_all.Min(m => m.Session.NextTimeout) is var next && next <= end)
        {
            Now = next;
            foreach (CallMember member in _all.Where(m => m.Session.NextTimeout <= Now))
            {
                member.Session.HandleTimeout(Now);
                Assert.True(member.Session.NextTimeout > Now, "a timeout that was handled is over");
            }

            Settle();
        }

        Now = end;
        Settle();
    }

    public static byte[] Seal(CallMember from, MediaSource source, byte[] frame)
    {
        byte[] destination = new byte[frame.Length + MemberSession.MaxOverheadBytes];
        Assert.True(from.Session.TrySeal(source, frame, destination, out int length));
        return destination[..length];
    }

    public (OpenResult Result, byte[] Frame) Open(CallMember to, string from, MediaSource source, byte[] sealedFrame, long tag = 0)
    {
        OpenResult result = to.Session.Open(from, source, sealedFrame, _buffer, out int length, Now, tag);
        return (result, _buffer[..length]);
    }

    /// <summary>Seals a picture of one and opens it with the other.</summary>
    public OpenResult Opens(CallMember to, CallMember from) => Open(to, from.Name, MediaSource.Camera, Seal(from, MediaSource.Camera, Vp8(true))).Result;

    /// <summary>A VP8 frame as an encoder makes it: key frames begin with tag, start code and size.</summary>
    public static byte[] Vp8(bool isKey, int length = 200, int seed = 7)
    {
        byte[] frame = new byte[length];
        for (int i = 0; i < length; i++)
        {
            frame[i] = (byte)(i * 31 + seed);
        }

        (isKey ? [0x10, 0x02, 0x00, 0x9d, 0x01, 0x2a, 0x80, 0x02, 0x68, 0x01] : new byte[] { 0x31, 0x02, 0x00 }).CopyTo(frame, 0);
        return frame;
    }

    public void Dispose()
    {
        foreach (CallMember member in _all)
        {
            member.Dispose();
        }
    }

    private void TakeHeld(CallMember member)
    {
        while (member.Session.TryTakeHeld(_buffer, Now, out HeldFrame frame))
        {
            Held.Add((member.Name, frame, _buffer[..frame.Length]));
        }
    }
}
