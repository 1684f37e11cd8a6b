using Wardline.Rtc.Stun;

namespace Wardline.Rtc.Ice;

/// <summary>
/// The responses of a lite agent. An error is never longer than the request that caused it, since its sender has
/// proven nothing: a forged source address must gain nothing from us. 0 means that nothing is sent.
/// </summary>
internal static class StunAnswers
{
    private const int MaxListedAttributes = 8;

    /// <summary>RFC 8445 §7.3.1.2 with RFC 8489 §9.1.3: the mapped address, keyed as the request was.</summary>
    public static int Success(Span<byte> response, scoped in StunMessage request, in TransportAddress from, ReadOnlySpan<byte> key)
    {
        StunWriter writer = new(response, StunClass.Success, request.Method, request.TransactionId);
        writer.AddXorMappedAddress(from);
        writer.AddMessageIntegrity(key);
        writer.AddFingerprint();
        return writer.Length;
    }

    /// <param name="key">Empty for 400 and 401, which cannot be authenticated (RFC 8489 §9.1.3).</param>
    public static int Error(Span<byte> response, scoped in StunMessage request, int code, ReadOnlySpan<byte> reason, ReadOnlySpan<byte> key)
    {
        StunWriter writer = new(response, StunClass.Error, request.Method, request.TransactionId);
        writer.AddErrorCode(code, reason);
        return Finish(ref writer, request, key);
    }

    public static int UnknownAttributes(Span<byte> response, scoped in StunMessage request, ReadOnlySpan<byte> key)
    {
        Span<ushort> types = stackalloc ushort[MaxListedAttributes];
        int count = request.CopyUnknownRequired(types);
        StunWriter writer = new(response, StunClass.Error, request.Method, request.TransactionId);
        writer.AddErrorCode(StunErrors.UnknownAttribute, "Unknown Attribute"u8);
        writer.AddUnknownAttributes(types[..count]);
        return Finish(ref writer, request, key);
    }

    private static int Finish(scoped ref StunWriter writer, scoped in StunMessage request, ReadOnlySpan<byte> key)
    {
        if (!key.IsEmpty)
        {
            writer.AddMessageIntegrity(key);
        }

        writer.AddFingerprint();
        return writer.Length <= request.Length ? writer.Length : 0;
    }
}
