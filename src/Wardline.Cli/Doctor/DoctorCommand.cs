using System.CommandLine;
using System.Text.Json;

namespace Wardline.Cli.Doctor;

/// <summary><c>wardline doctor</c>: exit code 0 when calls can work, 1 when something keeps them from it.</summary>
internal static class DoctorCommand
{
    public static Command Create(TimeProvider time)
    {
        Option<string> data = new("--data") { Description = "Data root of the instance.", DefaultValueFactory = _ => Environment.GetEnvironmentVariable("Data__Root") ?? "data" };
        Option<string?> host = new("--host") { Description = "Name or address in links." };
        Option<int?> port = new("--port") { Description = "HTTPS port." };
        Option<int?> udpPort = new("--udp-port") { Description = "Media over UDP." };
        Option<int?> tcpPort = new("--tcp-port") { Description = "Media over TCP; 0 for none." };
        Option<string[]> addresses = new("--advertised") { Description = "Addresses that browsers are told.", AllowMultipleArgumentsPerToken = true };
        Option<string?> certificate = new("--certificate") { Description = "PEM file of the HTTPS certificate." };
        Option<string[]> turnUrls = new("--turn-url") { Description = "Relay, such as turns:relay.example.org:443?transport=tcp.", AllowMultipleArgumentsPerToken = true };
        Option<string?> turnSecret = new("--turn-secret") { Description = "Where the relay's secret stands: file:path, env:NAME or pkcs11:…." };
        Option<string?> ntp = new("--ntp") { Description = "Ask this time server how far the clock is off." };
        Option<long> leastFree = new("--least-free-mib") { Description = "Room on the disk that this instance needs.", DefaultValueFactory = _ => DiskCheck.LeastBytes >> 20 };
        Option<bool> json = new("--json") { Description = "Print the findings as JSON." };
        Command command = new("doctor", "Find what keeps calls from working, and say what to do about it.")
        {
            data, host, port, udpPort, tcpPort, addresses, certificate, turnUrls, turnSecret, ntp, leastFree, json,
        };
        command.SetAction(async (parsed, cancel) =>
        {
            string root = parsed.GetValue(data)!;
            InstanceNote note = Subject.ReadNote(root);
            Subject subject = new()
            {
                DataRoot = root,
                Instance = note with
                {
                    Host = parsed.GetValue(host) ?? note.Host,
                    Port = parsed.GetValue(port) ?? note.Port,
                    UdpPort = parsed.GetValue(udpPort) ?? note.UdpPort,
                    TcpPort = parsed.GetValue(tcpPort) ?? note.TcpPort,
                    AdvertisedAddresses = parsed.GetValue(addresses) is { Length: > 0 } given ? given : note.AdvertisedAddresses,
                    Certificate = parsed.GetValue(certificate) ?? note.Certificate,
                    TurnUrls = parsed.GetValue(turnUrls) is { Length: > 0 } urls ? urls : note.TurnUrls,
                    TurnSecret = parsed.GetValue(turnSecret) ?? note.TurnSecret,
                },
                NtpServer = parsed.GetValue(ntp),
                LeastFreeBytes = parsed.GetValue(leastFree) << 20,
            };
            Report report = await ExamineAsync(subject, time, cancel);
            TextWriter output = parsed.InvocationConfiguration.Output;
            if (parsed.GetValue(json))
            {
                await output.WriteLineAsync(JsonSerializer.Serialize(report, DoctorJson.Default.Report));
            }
            else
            {
                Print(report, output);
            }

            return report.Healthy ? 0 : 1;
        });
        return command;
    }

    public static async Task<Report> ExamineAsync(Subject subject, TimeProvider time, CancellationToken cancel)
    {
        List<Finding> findings = [];
        findings.AddRange(await UdpCheck.RunAsync(subject, cancel));
        findings.AddRange(await TcpCheck.RunAsync(subject, cancel));
        findings.AddRange(CertificateCheck.Run(subject, time));
        findings.AddRange(AddressCheck.Run(subject));
        findings.AddRange(await RelayCheck.RunAsync(subject, time, cancel));
        findings.AddRange(await ClockCheck.RunAsync(subject, time, cancel));
        findings.AddRange(DiskCheck.Run(subject));
        findings.AddRange(SecretCheck.Run(subject, Environment.GetEnvironmentVariables()));
        return new Report(findings.All(f => f.Verdict != Verdict.Failed), findings);
    }

    private static void Print(Report report, TextWriter output)
    {
        foreach (Finding finding in report.Findings)
        {
            string mark = finding.Verdict switch { Verdict.Ok => "ok     ", Verdict.Warning => "warning", _ => "FAILED " };
            output.WriteLine($"{mark}  {finding.Check,-11}  {finding.Found}");
            if (finding.Advice is { } advice)
            {
                output.WriteLine($"{"",22}→ {advice}");
            }
        }

        output.WriteLine(report.Healthy ? "Calls can work." : "Something keeps calls from working.");
    }
}
