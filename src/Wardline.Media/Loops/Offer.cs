using Wardline.Sfu;

namespace Wardline.Media.Loops;

/// <summary>An offer with what its m-sections mean.</summary>
internal sealed record Offer(string Sdp, IReadOnlyList<PublishRequest> Publish, IReadOnlyList<SubscribeRequest> Subscribe);
