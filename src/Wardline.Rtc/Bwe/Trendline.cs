namespace Wardline.Rtc.Bwe;

/// <summary>
/// Whether the queue grows: the slope of a straight line through the smoothed, accumulated delay of the last 10 … 20 groups,
/// in milliseconds of delay per millisecond (0: steady, 1: everything sent is queued).
/// </summary>
/// <remarks>
/// Replaces the Kalman filter of draft-ietf-rmcat-gcc-02 §5.3: least squares, as in Carlucci et al., "Congestion Control for
/// Web Real-Time Communication", IEEE/ACM ToN 25(5), 2017, and in the browsers since.
/// </remarks>
internal sealed class Trendline
{
    private const int Window = 20;
    private const int LeastPoints = 10;
    private const double Smoothing = 0.9;
    private const double PauseMs = 1000;

    private readonly double[] _x = new double[Window];
    private readonly double[] _y = new double[Window];
    private int _count;
    private int _next;
    private double _accumulated;
    private double _smoothed;

    /// <summary>Groups seen since the last pause.</summary>
    public int Groups { get; private set; }

    public double Slope { get; private set; }

    public void Add(in GroupVariation variation)
    {
        if (variation.SendGapMs > PauseMs)
        {
            // Nothing was sent for a while, whatever queue there was has drained.
            Restart();
            return;
        }

        Groups++;
        _accumulated += variation.DelayMs;
        _smoothed = Smoothing * _smoothed + (1 - Smoothing) * _accumulated;
        _x[_next] = variation.ArrivedMs;
        _y[_next] = _smoothed;
        _next = (_next + 1) % Window;
        _count = Math.Min(_count + 1, Window);
        if (_count >= LeastPoints)
        {
            Slope = Fit();
        }
    }

    /// <summary>Forgets all points, as after a pause or a probe.</summary>
    public void Restart()
    {
        _count = _next = 0;
        _accumulated = _smoothed = 0;
        Slope = 0;
        Groups = 0;
    }

    private double Fit()
    {
        double meanX = 0, meanY = 0;
        for (int i = 0; i < _count; i++)
        {
            meanX += _x[i] / _count;
            meanY += _y[i] / _count;
        }

        double covariance = 0, variance = 0;
        for (int i = 0; i < _count; i++)
        {
            double dx = _x[i] - meanX;
            covariance += dx * (_y[i] - meanY);
            variance += dx * dx;
        }

        return variance > 0 ? covariance / variance : Slope;
    }
}
