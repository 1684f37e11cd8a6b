using System.Buffers.Binary;
using System.Net;
using System.Text;
using Wardline.Fuzz.Running;
using Wardline.Rtc;
using Wardline.Rtc.Ice;
using Wardline.Rtc.Stun;

namespace Wardline.Fuzz.Targets;

/// <summary>Checks as a browser writes them, to start from.</summary>
internal static class Checks
{
    public static readonly IceCredentials Local = new("ABCDefgh", "0123456789abcdefghijklmnopqrstuv");
    public static readonly IceCredentials Remote = new("gcHZ", "vCRqq7EhZEpYn4auOEleAvSz");
    public static readonly byte[] Key = Encoding.ASCII.GetBytes(Local.Password);
    public static readonly TransportAddress Home = TransportAddress.From(new IPEndPoint(IPAddress.Parse("192.0.2.10"), 40000));

    public static byte[] Make(bool nominate, ReadOnlySpan<byte> key, StunClass messageClass = StunClass.Request, string username = "ABCDefgh:gcHZ")
    {
        byte[] buffer = new byte[200];
        StunWriter writer = new(buffer, messageClass, StunMethod.Binding, "transaction!"u8);
        writer.AddUsername(Encoding.ASCII.GetBytes(username));
        writer.AddIceControlling(77);
        if (nominate)
        {
            writer.AddUseCandidate();
        }

        writer.AddPriority(1853824767);
        writer.AddMessageIntegrity(key);
        writer.AddFingerprint();
        return buffer[..writer.Length];
    }

    public static byte[] Response()
    {
        byte[] buffer = new byte[200];
        StunWriter writer = new(buffer, StunClass.Error, StunMethod.Binding, "transaction!"u8);
        writer.AddSoftware("fuzz"u8);
        writer.AddXorMappedAddress(Home);
        writer.AddErrorCode(487, "Role Conflict"u8);
        writer.AddUnknownAttributes([0x7001, 0x7002]);
        writer.AddFingerprint();
        return buffer[..writer.Length];
    }

    /// <summary>Attributes of a check, without what is added behind them.</summary>
    public static byte[] Body(byte[] check) => check[StunMessage.HeaderBytes..^(24 + 8)];

    public static readonly byte[][] Words =
    [
        [0, 6, 0, 13], [0, 8, 0, 20], [0, 9, 0, 4], [0, 0x20, 0, 8, 0, 1], [0, 0x20, 0, 20, 0, 2], [0, 0x24, 0, 4],
        [0, 0x25, 0, 0], [0x80, 0x28, 0, 4], [0x80, 0x29, 0, 8], [0x80, 0x2A, 0, 8], [0, 0x1C, 0, 32], [0x21, 0x12, 0xA4, 0x42],
    ];
}

/// <summary>
/// The parser: whatever parses can be read to the last accessor. Each input is tried as it is and once more with its
/// cookie, length and fingerprint put right, since hardly anything else gets past them.
/// </summary>
internal sealed class StunTarget : IFuzzTarget
{
    private readonly ushort[] _types = new ushort[8];
    private readonly byte[] _repaired = new byte[StunMessage.MaxBytes + StunMessage.HeaderBytes];

    public string Name => "stun";

    public IEnumerable<byte[]> Seeds => [Checks.Make(true, Checks.Key), Checks.Make(false, Checks.Key), Checks.Response()];

    public IEnumerable<byte[]> Dictionary => Checks.Words;

    public void Run(ReadOnlySpan<byte> input)
    {
        Read(input);
        if (input.Length is > StunMessage.HeaderBytes and < StunMessage.MaxBytes - 8)
        {
            StunWriter writer = new(_repaired, (StunClass)(input[0] & 3), StunMethod.Binding, input.Slice(8, 12));
            writer.AddRaw(input[StunMessage.HeaderBytes..(input.Length & ~3)]);
            writer.AddFingerprint();
            Read(_repaired.AsSpan(0, writer.Length));
        }
    }

    private void Read(ReadOnlySpan<byte> input)
    {
        if (IceUfrag.TryReadLocal(input, out ulong packed))
        {
            Promise.Hold(packed != 0 || input.Length > StunMessage.HeaderBytes, "A user name lies in a message.");
        }

        if (StunMessage.TryParse(input, out StunMessage message) != StunParse.Ok)
        {
            return;
        }

        Promise.Hold(message.Length == input.Length && input.Length <= StunMessage.MaxBytes, "The message is the datagram.");
        Promise.Hold(message.Username.Length <= 508, "RFC 8489 §14.3 bounds USERNAME.");
        Promise.Hold(message.HasUsername || message.Username.IsEmpty, "No value without an attribute.");
        int named = message.CopyUnknownRequired(_types);
        Promise.Hold(named == Math.Min(message.UnknownRequiredCount, _types.Length), "As many are named as were counted.");
        _ = (message.Class, message.Method, message.Priority, message.ErrorCode, message.IceControlled, message.IceControlling);
        _ = message.TryGetXorMappedAddress(out _);
        Promise.Hold(message.HasIntegrity || !message.VerifyIntegrity(Checks.Key), "Nothing verifies that is not there.");
    }
}

/// <summary>The agent towards a stranger: whatever comes, no address is learnt, and no answer is longer than its cause.</summary>
internal sealed class IceTarget : IFuzzTarget
{
    private readonly IceLiteAgent _agent = new(Checks.Local, IceOptions.Default);
    private readonly byte[] _response = new byte[IceLiteAgent.MaxResponseBytes];

    public IceTarget() => _agent.SetRemote(Checks.Remote);

    public string Name => "ice";

    public IEnumerable<byte[]> Seeds => [Checks.Make(true, "not the password"u8), Checks.Make(false, "not the password"u8), Checks.Response()];

    public IEnumerable<byte[]> Dictionary => Checks.Words;

    public void Run(ReadOnlySpan<byte> input)
    {
        IceOutcome outcome = _agent.Handle(input, Checks.Home, new Instant(1), _response, out int length);
        Promise.Hold(outcome is IceOutcome.Dropped or IceOutcome.Refused, "Without the password nothing is accepted.");
        Promise.Hold(length <= input.Length, "No answer to a stranger is longer than its cause.");
        Promise.Hold(_agent.Selected is null && !_agent.IsValidated(Checks.Home, new Instant(1)), "No address is learnt.");
    }
}

/// <summary>
/// The agent towards a hostile participant, who knows the password: the input is the list of attributes, and integrity
/// and fingerprint are made properly behind it. The first byte chooses address, time, and whether the transaction is new.
/// </summary>
internal sealed class IceAuthenticatedTarget : IFuzzTarget
{
    private readonly IceLiteAgent _agent = new(Checks.Local, new IceOptions { MaxValidatedAddresses = 4 });
    private readonly byte[] _check = new byte[StunMessage.MaxBytes + 100];
    private readonly byte[] _response = new byte[IceLiteAgent.MaxResponseBytes];
    private readonly byte[] _transaction = "transaction!"u8.ToArray();
    private Instant _now = Instant.FromMilliseconds(1);

    public IceAuthenticatedTarget() => _agent.SetRemote(Checks.Remote);

    public string Name => "ice-authenticated";

    public int MaxBytes => 1400;

    public IEnumerable<byte[]> Seeds =>
    [
        [0, .. Checks.Body(Checks.Make(true, Checks.Key))],
        [200, .. Checks.Body(Checks.Make(false, Checks.Key))],
        [7, .. Checks.Body(Checks.Response())],
    ];

    public IEnumerable<byte[]> Dictionary => Checks.Words;

    public void Run(ReadOnlySpan<byte> input)
    {
        if (input.IsEmpty)
        {
            return;
        }

        byte head = input[0];
        input = input[1..];
        input = input[..(input.Length & ~3)];
        bool again = head >= 224;
        if (!again)
        {
            BinaryPrimitives.WriteInt64BigEndian(_transaction, BinaryPrimitives.ReadInt64BigEndian(_transaction) + 1);
        }

        StunWriter writer = new(_check, StunClass.Request, StunMethod.Binding, _transaction);
        writer.AddRaw(input);
        writer.AddMessageIntegrity(Checks.Key);
        writer.AddFingerprint();

        _now += TimeSpan.FromMilliseconds(head * 10);
        TransportAddress from = TransportAddress.Udp([192, 0, 2, (byte)(head & 15)], (ushort)(1000 + head));
        TransportAddress? before = _agent.Selected;
        IceOutcome outcome = _agent.Handle(_check.AsSpan(0, writer.Length), from, _now, _response, out int length);
        switch (outcome)
        {
            case IceOutcome.AnsweredAndSelected:
                Promise.Hold(_agent.Selected == from && before != from, "The selection moved to the sender.");
                goto case IceOutcome.Answered;
            case IceOutcome.Answered:
                Promise.Hold((again || _agent.IsValidated(from, _now)) && _agent.StateAt(_now) is not IceState.Waiting, "A proven address is known.");
                Promise.Hold(StunMessage.TryParse(_response.AsSpan(0, length), out StunMessage answer) == StunParse.Ok &&
                    answer.Class == StunClass.Success && answer.VerifyIntegrity(Checks.Key), "The answer is a success that verifies.");
                break;
            default:
                Promise.Hold(_agent.Selected == before, "A refused check moves nothing.");
                break;
        }
    }
}

/// <summary>ICE-TCP framing: every byte is part of a frame, waited for, or the end of the stream.</summary>
internal sealed class FramingTarget : IFuzzTarget
{
    public string Name => "framing";

    public IEnumerable<byte[]> Seeds => [[0, 3, 1, 2, 3, 0, 0, 0, 1, 9], [5, 0xDC, .. new byte[1500]], [0, 2, 1]];

    public void Run(ReadOnlySpan<byte> input)
    {
        while (true)
        {
            switch (StreamFraming.TryReadFrame(input, out int start, out int length, out int consumed))
            {
                case FrameRead.Frame:
                    Promise.Hold(consumed == start + length && consumed >= StreamFraming.HeaderBytes && consumed <= input.Length, "A frame lies inside and takes bytes away.");
                    Promise.Hold(length <= StreamFraming.MaxFrameBytes, "A frame fits a slot.");
                    _ = input.Slice(start, length);
                    input = input[consumed..];
                    continue;
                case FrameRead.Incomplete:
                    Promise.Hold(consumed == 0 && input.Length < StreamFraming.HeaderBytes + StreamFraming.MaxFrameBytes, "What is waited for is bounded.");
                    return;
                default:
                    Promise.Hold(consumed == 0 && length == 0, "A broken stream gives nothing.");
                    return;
            }
        }
    }
}
