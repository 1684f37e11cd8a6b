namespace Wardline.Rtc.Srtp;

/// <summary>Why a packet was not protected or not accepted.</summary>
public enum SrtpDrop : byte
{
    None,

    /// <summary>Not RTP or RTCP version 2, or a length inside does not fit.</summary>
    Malformed,

    /// <summary>This index has been received (or, when sending, used) before.</summary>
    Replayed,

    /// <summary>Further behind the newest than the replay window reaches.</summary>
    TooOld,

    /// <summary>The tag is wrong: forged, damaged, or under another key.</summary>
    Authentication,

    /// <summary>SRTCP without the E bit: authenticated but readable, which nobody here may send.</summary>
    NotEncrypted,

    /// <summary>One more SSRC than the bound.</summary>
    TooManyStreams,

    /// <summary>The index space of this key is used up (2⁴⁸ RTP or 2³¹ RTCP packets).</summary>
    Exhausted,

    /// <summary>The destination has no room for the tag.</summary>
    NoRoom,

    /// <summary>OpenSSL refused to work; an error of ours.</summary>
    Cipher,
}

/// <summary>Packets done and packets dropped, by reason; only ever rising.</summary>
public sealed class SrtpCounters
{
    private readonly long[] _drops = new long[(int)SrtpDrop.Cipher + 1];

    public long Rtp { get; internal set; }

    public long Rtcp { get; internal set; }

    public long this[SrtpDrop reason] => _drops[(int)reason];

    public long Dropped
    {
        get
        {
            long sum = 0;
            foreach (long count in _drops)
            {
                sum += count;
            }

            return sum;
        }
    }

    /// <summary>Counts, and is the <c>false</c> that the caller returns.</summary>
    internal bool Drop(SrtpDrop reason)
    {
        _drops[(int)reason]++;
        return false;
    }
}
