using Wardline.Fuzz.Running;

namespace Wardline.Fuzz.Targets;

/// <summary>Every target, in the order in which bytes travel.</summary>
public static class FuzzTargets
{
    public static IReadOnlyList<IFuzzTarget> All() => [.. Rtc(), .. Above()];

    /// <summary>Those of Wardline.Rtc alone.</summary>
    public static IReadOnlyList<IFuzzTarget> Rtc() =>
    [
        new StunTarget(),
        new IceTarget(),
        new IceAuthenticatedTarget(),
        new FramingTarget(),
        new DtlsTarget(),
        new SrtpTarget(),
        new SrtpAuthenticatedTarget(),
        new RtpTarget(),
        new Vp8Target(),
        new RedTarget(),
        new RtcpTarget(),
        new TransportCcTarget(),
        new TransportTarget(),
        new TransportAuthenticatedTarget(),
        new SdpTarget(),
    ];

    // The server runs on Linux only.
    private static IFuzzTarget[] Above() =>
    [
        new SfuTarget(), new E2eeBodyTarget(), new SealedFrameTarget(), new HostileMemberTarget(), new SignedUrlTarget(), new ObjectRequestTarget(), new SealedBlobTarget(),
        new CheckpointTarget(), new ProofTarget(), new EntryTarget(),
        .. OperatingSystem.IsLinux() ? [new SignalingTarget(), new TicketTarget(), new ApiJsonTarget()] : Array.Empty<IFuzzTarget>(),
    ];
}
