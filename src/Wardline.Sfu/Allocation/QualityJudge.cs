namespace Wardline.Sfu.Allocation;

/// <summary>One word for a downlink, from what its person would notice.</summary>
internal static class QualityJudge
{
    public const double FairLossPercent = 3;
    public const double PoorLossPercent = 10;
    public const double FairRoundTripMs = 300;
    public const double PoorRoundTripMs = 700;

    /// <param name="missing">Some shown video is paused for want of bandwidth.</param>
    /// <param name="reduced">Some shown video is a smaller layer than its view asks for.</param>
    public static QualityLevel Judge(double lossPercent, double? roundTripMs, bool missing, bool reduced)
    {
        if (missing || lossPercent >= PoorLossPercent || roundTripMs >= PoorRoundTripMs)
        {
            return QualityLevel.Poor;
        }

        return reduced || lossPercent >= FairLossPercent || roundTripMs >= FairRoundTripMs ? QualityLevel.Fair : QualityLevel.Good;
    }
}
