// A participant in thirty lines: joins by a link, shows a recording, and says who is there and under which safety number.
//   dotnet run --project examples/Wardline.Bot LINK CERTIFICATE.PEM FOLDER_WITH_RECORDINGS
using Wardline.Client;
using Wardline.Client.Media;
using Wardline.Client.Signaling;

if (args is not [var link, var certificate, var folder])
{
    Console.Error.WriteLine("usage: Wardline.Bot LINK CERTIFICATE.PEM FOLDER_WITH_RECORDINGS");
    return 2;
}

byte[] Read(string name) => File.ReadAllBytes(Path.Combine(folder, name));
int frames = 0;
await using Participant bot = await Participant.JoinAsync(
    VisitLink.Parse(link),
    new ParticipantOptions
    {
        Trust = ServerTrust.PinnedTo(certificate),
        Publish = [RecordedMedia.Read(Read("voice.ivf")), RecordedMedia.Read(Read("q.ivf"), Read("h.ivf"), Read("f.ivf"))],
        OnFrame = (in ReceivedFrame _, ReadOnlySpan<byte> _) => frames++,
    },
    CancellationToken.None);
Console.WriteLine($"{bot.You.Name} is in the visit as {bot.You.Role}.");
await bot.InCallAsync(CancellationToken.None);
while (!bot.Ending.IsCompleted)
{
    Console.WriteLine($"{string.Join(", ", bot.Roster.Select(p => p.Name))}; safety number {bot.ShortCode}; {frames} frames opened");
    await Task.WhenAny(bot.Ending, Task.Delay(1000));
}

return 0;
