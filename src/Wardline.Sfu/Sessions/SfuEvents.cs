using Wardline.Rtc;
using Wardline.Sfu.Allocation;
using Wardline.Sfu.Forwarding;

namespace Wardline.Sfu.Sessions;

/// <summary>News that wait for the shell. Quality reports are the first to be dropped if it does not come.</summary>
internal sealed class SfuEvents
{
    private const int QualityLimit = 256;
    private static readonly string[] s_layerNames = ["q", "h", "f"];

    private readonly Queue<SfuEvent> _queue = new();

    public void Add(SfuEvent e) => _queue.Enqueue(e);

    public bool TryTake([System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out SfuEvent? e) => _queue.TryDequeue(out e);

    public void AddQuality(Participant participant, Instant now)
    {
        Downlink downlink = participant.Downlink;
        if (_queue.Count >= QualityLimit || downlink.Subscriptions.IsEmpty)
        {
            return;
        }

        List<ReceivedQuality> received = [];
        bool missing = false;
        bool reduced = false;
        foreach (Subscription subscription in downlink.Subscriptions)
        {
            if (subscription.Track is not { } track)
            {
                continue;
            }

            string? layer = null;
            if (subscription.IsVideo && subscription.Switcher.Current is { } current)
            {
                // A stream without layers is shown whole.
                layer = track.IsSimulcast ? s_layerNames[current.Index] : s_layerNames[^1];
            }

            SubscriptionDemand demand = subscription.Demand;
            missing |= subscription.IsVideo && demand.LastWanted >= 0 && demand.LastResult < 0;
            reduced |= subscription.IsVideo && demand.LastResult < demand.LastWanted;
            received.Add(new ReceivedQuality(subscription.Mid, layer, subscription.Rate.Rate(now).Kilobits));
        }

        double loss = downlink.Estimator.Loss * 100;
        double? roundTrip = downlink.Estimator.RoundTrip?.TotalMilliseconds;
        Add(new DownlinkQuality(
            participant.Id, received, downlink.Estimate.Kilobits, loss, roundTrip,
            QualityJudge.Judge(loss, roundTrip, missing, reduced)));
    }
}
