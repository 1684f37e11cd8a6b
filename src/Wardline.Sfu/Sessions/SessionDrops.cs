using Wardline.Rtc;
using Wardline.Rtc.Dtls;
using Wardline.Rtc.Ice;
using Wardline.Rtc.Srtp;

namespace Wardline.Sfu.Sessions;

/// <summary>
/// Gathers what the layers count for themselves. The packet path only ever raises a number of its own layer; the sum is
/// made when somebody asks. A number that is the total of another layer's (<see cref="TransportDrop.StunRefused"/>,
/// <see cref="TransportDrop.MediaRefused"/>, <see cref="SfuCounters.SendArenaFull"/>) is left out, so that no packet is
/// counted twice.
/// </summary>
internal static class SessionDrops
{
    public static void Add(RtcTransport transport, DropCounts to)
    {
        TransportCounters own = transport.Counters;
        to.Add(DropReason.UnknownKind, own[TransportDrop.UnknownKind]);
        to.Add(DropReason.AfterEnd, own[TransportDrop.AfterEnd]);
        to.Add(DropReason.DtlsFromUnprovenAddress, own[TransportDrop.DtlsFromUnprovenAddress]);
        to.Add(DropReason.DtlsBeforeOffer, own[TransportDrop.DtlsBeforeRemote]);
        to.Add(DropReason.MediaFromUnprovenAddress, own[TransportDrop.MediaFromUnprovenAddress]);
        to.Add(DropReason.MediaBeforeKeys, own[TransportDrop.MediaBeforeKeys]);
        to.Add(DropReason.OutputFull, own[TransportDrop.OutputFull]);
        to.Add(DropReason.SendRefused, own[TransportDrop.SendRefused]);
        Add(transport.Ice.Counters, to);
        if (transport.Dtls is { } dtls)
        {
            Add(dtls, to);
        }

        if (transport.Received is { } srtp)
        {
            Add(srtp, to);
        }
    }

    public static void Add(SfuCounters counters, DropCounts to)
    {
        to.Add(DropReason.RtpMalformed, counters.MalformedRtp);
        to.Add(DropReason.RtpMalformedPayload, counters.MalformedPayload);
        to.Add(DropReason.RtpUnknownSsrc, counters.UnknownSsrc);
        to.Add(DropReason.RtpTooManyStreams, counters.SsrcLimit);
        to.Add(DropReason.RtpUnknownPayloadType, counters.UnknownPayloadType);
        to.Add(DropReason.RtpDuplicate, counters.Duplicates);
        to.Add(DropReason.RtpOutsideWindow, counters.OutsideWindow);
        to.Add(DropReason.RtcpMalformed, counters.MalformedRtcp);
        to.Add(DropReason.NoPayloadType, counters.NoPayloadType);
        to.Add(DropReason.Oversized, counters.Oversized);
        to.Add(DropReason.PacedTooLate, counters.PacedTooLate);
        to.Add(DropReason.UnknownParticipant, counters.UnknownParticipant);
    }

    private static void Add(IceCounters ice, DropCounts to)
    {
        to.Add(DropReason.IceMalformed, ice.Malformed);
        to.Add(DropReason.IceWithoutFingerprint, ice.WithoutFingerprint);
        to.Add(DropReason.IceNotARequest, ice.NotARequest);
        to.Add(DropReason.IceBeforeOffer, ice.BeforeRemote);
        to.Add(DropReason.IceReplayed, ice.ReplayedChecks);
        to.Add(DropReason.IceWithoutCredentials, ice.WithoutCredentials);
        to.Add(DropReason.IceWrongUsername, ice.WrongUsername);
        to.Add(DropReason.IceBadIntegrity, ice.BadIntegrity);
        to.Add(DropReason.IceUnknownAttribute, ice.UnknownAttributes);
        to.Add(DropReason.IceRoleConflict, ice.RoleConflicts);
    }

    private static void Add(DtlsCounters dtls, DropCounts to)
    {
        to.Add(DropReason.DtlsMalformed, dtls.Malformed);
        to.Add(DropReason.DtlsRefused, dtls.Refused);
        to.Add(DropReason.DtlsDiscarded, dtls.Discarded);
    }

    private static void Add(SrtpCounters srtp, DropCounts to)
    {
        to.Add(DropReason.SrtpMalformed, srtp[SrtpDrop.Malformed]);
        to.Add(DropReason.SrtpReplayed, srtp[SrtpDrop.Replayed]);
        to.Add(DropReason.SrtpTooOld, srtp[SrtpDrop.TooOld]);
        to.Add(DropReason.SrtpAuthentication, srtp[SrtpDrop.Authentication]);
        to.Add(DropReason.SrtpNotEncrypted, srtp[SrtpDrop.NotEncrypted]);
        to.Add(DropReason.SrtpTooManyStreams, srtp[SrtpDrop.TooManyStreams]);
        to.Add(DropReason.SrtpExhausted, srtp[SrtpDrop.Exhausted]);
    }
}
