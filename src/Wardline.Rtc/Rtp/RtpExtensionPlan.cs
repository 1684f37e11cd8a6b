namespace Wardline.Rtc.Rtp;

/// <summary>
/// What happens to header extensions between one publisher's m-section and one receiver's: made once when both are
/// negotiated, read for every packet. Everything that is not named here is stripped (rid and repaired-rid always are:
/// the receiver sees one plain stream).
/// </summary>
public sealed class RtpExtensionPlan
{
    // Source id → id that the receiver negotiated; 0 strips the element.
    private readonly byte[] _kept = new byte[256];
    private readonly byte[] _mid;

    /// <param name="midId">The receiver's id of sdes:mid, 0 for none.</param>
    /// <param name="mid">The receiver's mid, 1 … 16 ASCII bytes (any length up to 255 when an id above 14 is in use).</param>
    /// <param name="transportCcId">The receiver's id of the transport-wide sequence number, 0 for none.</param>
    /// <param name="absSendTimeId">The receiver's id of abs-send-time, 0 for none.</param>
    /// <param name="kept">Elements to carry over: the publisher's id and the receiver's id, each 1 … 255.</param>
    /// <exception cref="ArgumentException">An id is used twice, or the mid does not fit the form.</exception>
    public RtpExtensionPlan(
        byte midId, ReadOnlySpan<byte> mid, byte transportCcId, byte absSendTimeId, params ReadOnlySpan<RtpExtensionMapping> kept)
    {
        MidId = mid.IsEmpty ? (byte)0 : midId;
        TransportCcId = transportCcId;
        AbsSendTimeId = absSendTimeId;
        _mid = mid.ToArray();

        Span<bool> used = stackalloc bool[256];
        used.Clear();
        Claim(used, MidId);
        Claim(used, transportCcId);
        Claim(used, absSendTimeId);
        foreach (RtpExtensionMapping mapping in kept)
        {
            if (mapping.From == 0 || mapping.To == 0 || _kept[mapping.From] != 0)
            {
                throw new ArgumentException("Each kept extension needs a distinct id on both sides.", nameof(kept));
            }

            Claim(used, mapping.To);
            _kept[mapping.From] = mapping.To;
        }

        // RFC 8285 §4.2: the one-byte form has ids 1 … 14 and values of 1 … 16 bytes.
        TwoByte = used[15..].Contains(true);
        if (MidId != 0 && _mid.Length > (TwoByte ? 255 : 16))
        {
            throw new ArgumentException("The mid is too long for the extension's form.", nameof(mid));
        }
    }

    public byte MidId { get; }

    public byte TransportCcId { get; }

    public byte AbsSendTimeId { get; }

    /// <summary>The receiver negotiated an id above 14, so the two-byte form is written.</summary>
    public bool TwoByte { get; }

    public ReadOnlySpan<byte> Mid => _mid;

    internal byte KeptAs(byte sourceId) => _kept[sourceId];

    private static void Claim(Span<bool> used, byte id)
    {
        if (id == 0)
        {
            return;
        }

        if (used[id])
        {
            throw new ArgumentException($"Extension id {id} is used twice.", nameof(id));
        }

        used[id] = true;
    }
}

/// <summary>An extension that is carried over unchanged: its id at the publisher and its id at the receiver.</summary>
public readonly record struct RtpExtensionMapping(byte From, byte To);
