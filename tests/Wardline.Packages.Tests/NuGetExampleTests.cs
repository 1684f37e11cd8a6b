using System.Text.RegularExpressions;
using Wardline.Client;
using Wardline.Client.Signaling;
using Wardline.Client.Tests.Signaling;
using Wardline.Client.Tests.Visits;

namespace Wardline.Packages.Tests;

/// <summary>The first example of each README, compiled against the package and run.</summary>
public sealed partial class NuGetExampleTests(PackedPackages packed, RunningServer server) : IClassFixture<RunningServer>
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_example_of_the_transport_carries_a_sealed_packet_without_a_socket()
    {
        Consumer example = await Consumer.BuildAsync(packed, "Wardline.Rtc");
        await using Command run = example.Start();
        Assert.Equal(0, await run.EndAsync(s_patience));
        Assert.Contains("Connected by DTLSv1.2 ECDHE-ECDSA-AES256-GCM-SHA384, AeadAes256Gcm", run.Output, StringComparison.Ordinal);
        Assert.Matches(@"42 bytes came, and said: a sealed hello", run.Output); // header 12, text 14, tag 16
    }

    [Fact]
    public async Task The_example_of_the_client_takes_part_in_a_real_visit()
    {
        Consumer example = await Consumer.BuildAsync(packed, "Wardline.Client");
        await using (Command refused = example.Start("https://localhost/visit/"))
        {
            Assert.Equal(1, await refused.EndAsync(s_patience));
            Assert.Contains("client.link: ", refused.Output, StringComparison.Ordinal);
        }

        await using Participant clinician = await Participant.JoinAsync(
            VisitLink.Parse(server.Clinician),
            new ParticipantOptions
            {
                Trust = ServerTrust.PinnedTo(server.Certificate),
                Publish = [new TestSource(MediaSource.Microphone), new TestSource(MediaSource.Camera, layers: 3)],
            },
            Cancel);
        await clinician.InCallAsync(Cancel).WaitAsync(s_patience, Cancel);

        await using Command run = example.Start(server.Patient, server.Certificate);
        await run.SaysAsync(Waiting(), s_patience);
        await clinician.AdmitAsync(await Visitor.WaitingAsync(clinician, s_patience), Cancel);
        Match said = await run.SaysAsync(ManyFrames(), s_patience);
        Assert.Equal(clinician.ShortCode, said.Groups[1].Value);

        await clinician.EndVisitAsync(Cancel);
        Assert.Equal(0, await run.EndAsync(s_patience));
        Assert.Matches(@"The visit is over \(4\d{3}\)\.", run.Output);
    }

    [GeneratedRegex(@"waits to be admitted as patient\.$")]
    private static partial Regex Waiting();

    [GeneratedRegex(@"^safety number (\d{3} ?\d{3}); (\d{3,}) frames opened$")]
    private static partial Regex ManyFrames();
}
