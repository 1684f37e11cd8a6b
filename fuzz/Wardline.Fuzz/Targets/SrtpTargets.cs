using System.Security.Cryptography;
using Wardline.Fuzz.Running;
using Wardline.Rtc;
using Wardline.Rtc.Rtp;
using Wardline.Rtc.Srtp;

namespace Wardline.Fuzz.Targets;

/// <summary>SRTP and SRTCP from somebody without the key: nothing opens, whatever it is, and nothing is remembered of it.</summary>
internal sealed class SrtpTarget : IFuzzTarget
{
    private readonly SrtpReceiver[] _receivers;
    private readonly byte[] _copy = new byte[1500];
    private readonly List<byte[]> _seeds = [];

    public SrtpTarget()
    {
        SrtpProfile[] profiles = [SrtpProfile.AeadAes256Gcm, SrtpProfile.AeadAes128Gcm, SrtpProfile.Aes128CmSha1_80];
        _receivers = [.. profiles.Select(p => Keys(p, 1).CreateReceiver(fromClient: true, maxStreams: 16))];
        foreach (SrtpProfile profile in profiles)
        {
            // Sealed with another key: as right as a stranger can get it.
            using SrtpMasterKeys keys = Keys(profile, 2);
            using SrtpSender sender = keys.CreateSender(asClient: true);
            foreach (byte[] packet in Packets.All)
            {
                byte[] buffer = new byte[1500];
                packet.CopyTo(buffer, 0);
                if (sender.TryProtectRtp(buffer, packet.Length, out int length))
                {
                    _seeds.Add(buffer[..length]);
                }
            }

            byte[] reports = new byte[1500];
            byte[] plain = Compounds.Reports();
            plain.CopyTo(reports, 0);
            if (sender.TryProtectRtcp(reports, plain.Length, out int sealedLength))
            {
                _seeds.Add(reports[..sealedLength]);
            }
        }
    }

    public string Name => "srtp";

    public IEnumerable<byte[]> Seeds => _seeds;

    public void Run(ReadOnlySpan<byte> input)
    {
        foreach (SrtpReceiver receiver in _receivers)
        {
            Span<byte> copy = _copy.AsSpan(0, input.Length);
            input.CopyTo(copy);
            Promise.Hold(!receiver.TryUnprotectRtp(copy, out int length) && length == 0, "RTP without the key does not open.");
            input.CopyTo(copy);
            Promise.Hold(!receiver.TryUnprotectRtcp(copy, out length) && length == 0, "RTCP without the key does not open.");
            Promise.Hold(receiver.StreamCount == 0, "A forged packet makes no stream.");
        }
    }

    internal static SrtpMasterKeys Keys(SrtpProfile profile, byte fill)
    {
        byte[] exported = new byte[profile.ExportedBytes()];
        HKDF.Expand(HashAlgorithmName.SHA256, SHA256.HashData([fill, (byte)profile]), exported, default);
        return new SrtpMasterKeys(profile, exported);
    }
}

/// <summary>
/// A hostile participant with the key: the plain packet is the input. What is sealed opens to the same bytes, and never
/// a second time. Both ends start anew now and then, before their streams are used up.
/// </summary>
internal sealed class SrtpAuthenticatedTarget : IFuzzTarget
{
    private const int MaxStreams = 16;
    private readonly byte[] _sealed = new byte[2048];
    private readonly byte[] _copy = new byte[2048];
    private SrtpSender? _sender;
    private SrtpReceiver? _receiver;
    private int _runs;

    public string Name => "srtp-authenticated";

    // The two ends with their tables, when they start anew.
    public long AllocationBudget => 64 * 1024;

    public IEnumerable<byte[]> Seeds => [.. Packets.All, Compounds.Reports(), Compounds.Feedback()];

    public void Run(ReadOnlySpan<byte> input)
    {
        if (_sender is null || _receiver is null || ++_runs % 64 == 0)
        {
            _sender?.Dispose();
            _receiver?.Dispose();
            using SrtpMasterKeys keys = SrtpTarget.Keys((_runs & 64) == 0 ? SrtpProfile.AeadAes256Gcm : SrtpProfile.Aes128CmSha1_80, 3);
            _sender = keys.CreateSender(asClient: true, maxStreams: 64);
            _receiver = keys.CreateReceiver(fromClient: true, MaxStreams);
        }

        input.CopyTo(_sealed);
        bool rtcp = RtpHeader.LooksLikeRtcp(input);
        int length;
        if (rtcp ? !_sender.TryProtectRtcp(_sealed, input.Length, out length) : !_sender.TryProtectRtp(_sealed, input.Length, out length))
        {
            return;
        }

        Span<byte> copy = _copy.AsSpan(0, length);
        _sealed.AsSpan(0, length).CopyTo(copy);
        bool opened = rtcp ? _receiver.TryUnprotectRtcp(copy, out int plain) : _receiver.TryUnprotectRtp(copy, out plain);
        Promise.Hold(!opened || copy[..plain].SequenceEqual(input), "What opens is what was sealed.");
        Promise.Hold(_receiver.StreamCount <= MaxStreams, "Streams are bounded.");

        _sealed.AsSpan(0, length).CopyTo(copy);
        bool again = rtcp ? _receiver.TryUnprotectRtcp(copy, out plain) : _receiver.TryUnprotectRtp(copy, out plain);
        Promise.Hold(!again, "Nothing opens twice.");
    }
}
