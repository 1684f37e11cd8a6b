using System.Globalization;
using System.Text;
using QRCoder;
using Wardline.Server.Features.Visits;
using Wardline.Server.Platform;

namespace Wardline.Server.Features.Demo;

/// <summary>
/// Makes the demo visit, or finds the one of the last start, and prints its links once the port is open. The links outlive
/// <c>End visit</c>: the visit begins anew when one of them is opened again.
/// </summary>
internal sealed class DemoClinic(
    DemoOptions options, VisitDirectory visits, DemoLinks links, ServerAddress address, IHostApplicationLifetime lifetime, ILogger<DemoClinic> log) : IHostedService
{
    public static readonly (Person Person, Role Role)[] Staff =
    [
        (new("demo-1", "Dr. Amara Osei"), Role.Clinician),
        (new("demo-2", "Ruth Alvarez"), Role.Patient),
        (new("demo-3", "Noor Haddad"), Role.Interpreter),
        (new("demo-4", "Daniel Alvarez"), Role.Family),
        (new("demo-5", "Elena Alvarez"), Role.Family),
        (new("demo-6", "Marco Alvarez"), Role.Family),
        (new("demo-7", "Lucia Alvarez"), Role.Family),
        (new("demo-8", "Tomas Alvarez"), Role.Family),
        (new("demo-9", "Ines Alvarez"), Role.Family),
        (new("demo-10", "Paula Alvarez"), Role.Family),
        (new("demo-11", "Oscar Alvarez"), Role.Family),
        (new("demo-12", "Celia Alvarez"), Role.Family),
    ];

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (!MediaProfile.RequiresE2ee(options.Profile))
        {
            log.EncryptionOptional();
        }

        Visit visit = await FindOrCreateAsync(cancellationToken);
        IReadOnlyList<Invitation> people = await visits.PeopleAsync(visit.Id, cancellationToken);
        lifetime.ApplicationStarted.Register(() => Print(people));
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private async Task<Visit> FindOrCreateAsync(CancellationToken cancel)
    {
        int wanted = 2 + options.Guests;
        if (await visits.LatestDemoAsync(cancel) is { } last && last.Profile == options.Profile && await links.IsValidAsync(last.Id, cancel))
        {
            IReadOnlyList<Invitation> invited = await visits.PeopleAsync(last.Id, cancel);
            if (invited.Count == wanted)
            {
                if (last.HasEnded || invited.Any(i => i.Admission == Admission.Removed))
                {
                    await visits.BeginAgainAsync(last.Id, cancel);
                }

                return last;
            }
        }

        (Person Person, Role Role)[] people = Staff[..wanted];
        Visit made = await visits.CreateAsync("consult", options.Profile, demo: true, people, cancel);
        foreach ((Person person, _) in people)
        {
            await links.AddAsync(made.Id, person.Id, cancel);
        }

        return made;
    }

    private void Print(IReadOnlyList<Invitation> people)
    {
        StringBuilder text = new();
        text.AppendLine();
        foreach (Invitation person in people)
        {
            text.Append(person.Role).Append(": ").AppendLine(links.Of(person));
        }

        bool phoneCanReach = !address.Origin.Contains("localhost", StringComparison.Ordinal);
        if (options.Qr != QrCodes.Never && !phoneCanReach && PlatformOptions.HostAddresses() is [var first, ..])
        {
            text.AppendLine().AppendLine(CultureInfo.InvariantCulture, $"For a phone on the same network, with codes to scan: ./run.sh --host {first}");
        }

        if (options.Qr == QrCodes.Always || (options.Qr == QrCodes.Auto && phoneCanReach && !Console.IsOutputRedirected))
        {
            foreach (Invitation person in people)
            {
                text.AppendLine().AppendLine($"{person.Person.Name}:").AppendLine(Qr(links.Of(person)));
            }
        }

        // Not a log line: links are secrets, and the terminal is where they were asked for.
        Console.Out.Write(text.ToString());
        Console.Out.Flush();
    }

    // A camera wants dark modules on a light ground, also where terminals are white on black and where they are not: drawn
    // are the light modules, and a terminal is told the colours.
    private static string Qr(string link)
    {
        using QRCodeGenerator generator = new();
        using QRCodeData code = generator.CreateQrCode(link, QRCodeGenerator.ECCLevel.L);
        using AsciiQRCode drawing = new(code);
        string drawn = drawing.GetGraphicSmall(drawQuietZones: true, invert: false);
        return Console.IsOutputRedirected
            ? drawn
            : string.Join(Environment.NewLine, drawn.Split('\n').Select(line => $"\u001b[97;40m{line.TrimEnd('\r')}\u001b[0m"));
    }
}
