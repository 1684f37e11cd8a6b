using System.Text.Json;
using Wardline.Rtc.Sdp;
using Wardline.Sfu.Tests.Harness;

namespace Wardline.Sfu.Tests.Sessions;

/// <summary>
/// Offers of Chromium 156 as the client makes them (VP8 with RTX, Opus with RED, nothing else): a microphone, a camera in
/// three sizes, and what eleven others send. docs/protocol.md bounds the message that carries one at 64 KiB.
/// </summary>
public sealed class LargeOfferTests
{
    private const int MaxMessageBytes = 65_536;

    [Theory]
    [InlineData("chromium-156-twelve-people.sdp", 26_778, 2)]
    [InlineData("chromium-156-twelve-people-and-screens.sdp", 42_563, 3)]
    public void The_offer_of_one_among_twelve_fits_the_message_and_is_answered_whole(string file, int bytes, int sources)
    {
        string offer = Read(file);
        Assert.Equal(bytes, offer.Length);
        int count = 2 + 11 * sources;
        Assert.Equal(count, offer.Split("\r\nm=").Length - 1);
        List<PublishRequest> publish = [new("0", TrackSource.Microphone), new("1", TrackSource.Camera)];
        List<SubscribeRequest> subscribe = [];
        for (int mid = 2; mid < count; mid++)
        {
            subscribe.Add(new($"{mid}", new ParticipantId(2 + (mid - 2) / sources), (TrackSource)((mid - 2) % sources)));
        }

        string message = JsonSerializer.Serialize(new
        {
            type = "offer",
            sdp = offer,
            publish = publish.Select(p => new { mid = p.Mid, source = "microphone" }),
            subscribe = subscribe.Select(s => new { mid = s.Mid, participant = Guid.Empty, source = "microphone" }),
        });
        Assert.InRange(message.Length, offer.Length, MaxMessageBytes);

        using SfuKit kit = new();
        KitPeer[] people = [.. Enumerable.Range(0, 12).Select(_ => kit.Add())];
        foreach (KitPeer other in people.Skip(1))
        {
            other.Publish(TrackSource.Microphone).Publish(TrackSource.Camera, "q", "h", "f").Publish(TrackSource.Screen).Negotiate();
        }

        // Twice: a later offer is measured by the one before it.
        for (int round = 0; round < 2; round++)
        {
            Assert.True(kit.Session.TryNegotiate(people[0].Id, offer, publish, subscribe, [], kit.Now, out string answer, out SdpError error), error?.Code);
            Assert.DoesNotContain(" 0 UDP/TLS", answer, StringComparison.Ordinal);
            Assert.Equal(subscribe.Count, answer.Split("a=sendonly\r\n").Length - 1);
            Assert.Equal(publish.Count, answer.Split("a=recvonly\r\n").Length - 1);
            Assert.Contains("a=simulcast:recv q;h;f\r\n", answer, StringComparison.Ordinal);
            Assert.InRange(JsonSerializer.Serialize(answer).Length, 1, MaxMessageBytes);
        }
    }

    private static string Read(string file)
    {
        using Stream stream = typeof(LargeOfferTests).Assembly.GetManifestResourceStream(file)!;
        using StreamReader reader = new(stream);
        return reader.ReadToEnd().ReplaceLineEndings("\r\n");
    }
}
