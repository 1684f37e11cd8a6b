using Wardline.Rtc;
using Wardline.Rtc.Dtls;
using Wardline.Rtc.Ice;
using Wardline.Rtc.Srtp;

namespace Wardline.Sfu;

/// <summary>
/// What may be told of one participant's transport: where it stood when this was made, and its counters, which go on
/// rising. Nothing in it can change the transport.
/// </summary>
/// <param name="Selected">Where its media goes; null before a nomination.</param>
/// <param name="Dtls">Null until the first DTLS datagram from a proven address.</param>
/// <param name="Received">SRTP that came; null until keys are in place.</param>
/// <param name="Sent">SRTP that left; null until keys are in place.</param>
public sealed record TransportReport(
    TransportState State,
    TransportFailure Failure,
    TransportAddress? Selected,
    TransportCounters Counters,
    IceCounters Ice,
    DtlsCounters? Dtls,
    SrtpCounters? Received,
    SrtpCounters? Sent);
