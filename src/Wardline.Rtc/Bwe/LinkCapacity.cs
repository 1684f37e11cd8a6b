namespace Wardline.Rtc.Bwe;

/// <summary>Where the link broke the last times: mean and spread of the rate that passed while the queue grew.</summary>
/// <remarks>draft-ietf-rmcat-gcc-02 §5.5: R_hat within three deviations of this mean is "near convergence".</remarks>
internal struct LinkCapacity
{
    private const double Weight = 0.05;
    private double _meanKbps;
    private double _relativeVariance;

    public readonly bool IsKnown => _meanKbps > 0;

    public readonly Bitrate Mean => Bitrate.FromKilobits(_meanKbps);

    private readonly double Deviation => Math.Sqrt(_relativeVariance * _meanKbps);

    public readonly bool IsAbove(Bitrate rate) => rate.Kilobits > _meanKbps + 3 * Deviation;

    public readonly bool IsBelow(Bitrate rate) => rate.Kilobits < _meanKbps - 3 * Deviation;

    public void Forget() => this = default;

    public void Add(Bitrate passed)
    {
        double kbps = passed.Kilobits;
        if (!IsKnown)
        {
            _meanKbps = kbps;
            _relativeVariance = 0.4;
            return;
        }

        _meanKbps += Weight * (kbps - _meanKbps);
        double error = kbps - _meanKbps;
        double relative = error * error / Math.Max(_meanKbps, 1);
        _relativeVariance = Math.Clamp((1 - Weight) * _relativeVariance + Weight * relative, 0.4, 2.5);
    }
}
