using System.CommandLine;
using System.Globalization;
using System.Reflection;
using Wardline.Client;
using Wardline.Client.Media;
using Wardline.Client.Signaling;

namespace Wardline.Cli.Patient;

/// <summary>
/// <c>wardline patient LINK</c>: a synthetic patient with a moving picture and a voice, so that one person can try a consult.
/// Exit code 0 when the visit went as it should, 1 when something kept the patient out.
/// </summary>
internal static class PatientCommand
{
    public static Command Create()
    {
        Argument<string> link = new("link") { Description = "The patient's link; - reads it from standard input, where other users of the machine do not see it." };
        Option<string?> pin = new("--pin") { Description = "PEM file of the server's certificate: nothing else is trusted." };
        Option<double> stay = new("--stay") { Description = "Seconds in the call before the patient leaves; 0: until the visit ends.", DefaultValueFactory = _ => 0 };
        Command command = new("patient", "Join a visit as a synthetic patient with a moving picture and a voice.") { link, pin, stay };
        command.SetAction(async (parsed, cancel) =>
        {
            TextWriter output = parsed.InvocationConfiguration.Output;
            try
            {
                string text = parsed.GetValue(link)!;
                text = text == "-" ? await Console.In.ReadLineAsync(cancel) ?? "" : text;
                return await RunAsync(VisitLink.Parse(text), Trust(parsed.GetValue(pin)), TimeSpan.FromSeconds(parsed.GetValue(stay)), output, cancel);
            }
            catch (WardlineException e)
            {
                await parsed.InvocationConfiguration.Error.WriteLineAsync($"{e.Code}: {e.Message}");
                return 1;
            }
            catch (OperationCanceledException)
            {
                return 130;
            }
        });
        return command;
    }

    public static ServerTrust Trust(string? pin) => pin is null ? ServerTrust.System : ServerTrust.PinnedTo(pin);

    /// <summary>The recorded patient: camera in three layers, and microphone.</summary>
    public static IReadOnlyList<IFrameSource> Recording() =>
        [RecordedMedia.Read(Resource("voice")), RecordedMedia.Read(Resource("q"), Resource("h"), Resource("f"))];

    private static async Task<int> RunAsync(VisitLink link, ServerTrust trust, TimeSpan stay, TextWriter output, CancellationToken cancel)
    {
        await using Participant patient = await Participant.JoinAsync(
            link,
            new ParticipantOptions
            {
                Trust = trust,
                Publish = Recording(),
                ViewSize = (640, 360),
                OnState = (who, state) => Say(output, $"The synthetic patient {Words(state)}."),
            },
            cancel);
        Say(output, $"{patient.You.Name} is here as the synthetic patient. Admit them from the clinician's page.");
        await patient.InCallAsync(cancel);
        Task<ParticipantEnding> over = patient.Ending;
        Task code = CodeAsync(patient, output, cancel);
        if (await Task.WhenAny(over, stay > TimeSpan.Zero ? Task.Delay(stay, cancel) : Task.Delay(Timeout.Infinite, cancel)) != over)
        {
            cancel.ThrowIfCancellationRequested();
        }

        await code;
        if (await patient.StatsAsync() is { } stats)
        {
            Say(output, string.Create(CultureInfo.InvariantCulture, $"Sent {stats.FramesSent} frames, opened {stats.FramesOpened}, {stats.FramesRefused} did not open."));
        }

        return over.IsCompleted && (await over).Error is { } error ? throw error : 0;
    }

    private static async Task CodeAsync(Participant patient, TextWriter output, CancellationToken cancel)
    {
        string? last = null;
        for (int i = 0; i < 50 && last is null && !patient.Ending.IsCompleted; i++)
        {
            last = patient.ShortCode;
            await Task.Delay(200, cancel);
        }

        if (last is not null)
        {
            Say(output, $"Safety number: {last}. It is the same on your page when nobody sits in between.");
        }
    }

    private static string Words(ParticipantState state) => state switch
    {
        ParticipantState.Waiting => "waits in the waiting room",
        ParticipantState.InCall => "is in the call",
        ParticipantState.Reconnecting => "has lost the connection and is coming back",
        ParticipantState.Ended => "has gone",
        _ => "is on the way",
    };

    private static void Say(TextWriter output, string text)
    {
        lock (output)
        {
            output.WriteLine(text);
            output.Flush();
        }
    }

    private static byte[] Resource(string name)
    {
        using Stream stream = Assembly.GetExecutingAssembly().GetManifestResourceStream($"patient-{name}.ivf")!;
        byte[] bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }
}
