using Wardline.Client;

namespace Wardline.Packages.Tests;

/// <summary>Who stands at the door.</summary>
internal static class Visitor
{
    /// <summary>Waits for somebody in the waiting room.</summary>
    /// <returns>The participant, as <see cref="Participant.AdmitAsync"/> wants it.</returns>
    public static async Task<string> WaitingAsync(Participant clinician, TimeSpan patience)
    {
        using CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        end.CancelAfter(patience);
        while (true)
        {
            if (clinician.Roster.FirstOrDefault(p => p.State == "waiting") is { } waiting)
            {
                return waiting.Participant;
            }

            await Task.Delay(20, end.Token);
        }
    }
}
