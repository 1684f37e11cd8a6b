using System.Diagnostics.CodeAnalysis;

namespace Wardline.Rtc.Sdp;

/// <summary>What a later offer of the same connection may change of the one before it (RFC 3264 §8, RFC 8829 §5.2.2).</summary>
public static class SdpReoffer
{
    /// <summary>
    /// False with <see cref="SdpCodes.IceMismatch"/> when the offer names another certificate or only half of new ICE
    /// credentials, and with <see cref="SdpCodes.Malformed"/> when sections went missing or changed their meaning.
    /// </summary>
    /// <param name="iceRestart">Both halves of the ICE credentials are new (RFC 8839 §4.4.1.1.1).</param>
    public static bool TryCheck(SdpOffer previous, SdpOffer next, out bool iceRestart, [NotNullWhen(false)] out SdpError? error)
    {
        bool newUfrag = previous.Ice.Ufrag != next.Ice.Ufrag;
        bool newPassword = previous.Ice.Password != next.Ice.Password;
        iceRestart = newUfrag && newPassword;
        error = null;
        if (newUfrag != newPassword)
        {
            error = new(SdpCodes.IceMismatch, "An ICE restart changes user name fragment and password together.", 0);
        }
        else if (previous.Fingerprint != next.Fingerprint)
        {
            error = new(SdpCodes.IceMismatch, "The certificate of a connection does not change; make a new connection.", 0);
        }
        else if (next.Sections.Count < previous.Sections.Count)
        {
            error = new(SdpCodes.Malformed, "A section does not go away; it is offered with port 0.", 0);
        }

        for (int i = 0; error is null && i < previous.Sections.Count; i++)
        {
            error = CheckSection(previous.Sections[i], next.Sections[i]);
        }

        return error is null;
    }

    // RFC 8829 §5.2.2: the place of a rejected section may be used again, by another mid and even another kind.
    private static SdpError? CheckSection(SdpSection previous, SdpSection next) =>
        previous.Rejected || (previous.Mid == next.Mid && previous.Kind == next.Kind)
            ? null
            : new(SdpCodes.Malformed, $"The section of mid {previous.Mid} became another one.", 0);
}
