using System.Buffers.Binary;
using System.Globalization;
using System.Net.Sockets;

namespace Wardline.Cli.Doctor;

/// <summary>Tickets, certificates and relay credentials are all good for a time: a wrong clock refuses everybody.</summary>
internal static class ClockCheck
{
    private static readonly TimeSpan Tolerated = TimeSpan.FromSeconds(5);

    public static async Task<IReadOnlyList<Finding>> RunAsync(Subject subject, TimeProvider time, CancellationToken cancel)
    {
        DateTimeOffset now = time.GetUtcNow();
        const string Remedy = "Let the machine follow a time server (systemd-timesyncd or chrony).";
        DateTime newest = NewestFile(subject.DataRoot);
        if (newest > now.UtcDateTime + Tolerated)
        {
            return [new("clock", Verdict.Failed, $"The clock ({now:u}) is before the newest file of the data root ({newest:u}).", Remedy)];
        }

        if (subject.NtpServer is not { } server)
        {
            return [new("clock", Verdict.Ok, $"The clock ({now:u}) agrees with the data root; --ntp SERVER compares it with a time server.")];
        }

        try
        {
            TimeSpan off = await OffsetAsync(server, time, cancel);
            string by = off.Duration().TotalSeconds.ToString("0.000", CultureInfo.InvariantCulture);
            return [off.Duration() > Tolerated
                ? new("clock", Verdict.Failed, $"The clock is {by} s off from {server}.", Remedy)
                : new("clock", Verdict.Ok, $"The clock is {by} s off from {server}.")];
        }
        catch (Exception failure) when (failure is SocketException or OperationCanceledException or InvalidDataException)
        {
            cancel.ThrowIfCancellationRequested();
            return [new("clock", Verdict.Warning, $"{server} does not tell the time ({failure.Message}).", "Name another time server with --ntp.")];
        }
    }

    private static DateTime NewestFile(string root) =>
        Directory.Exists(root)
            ? Directory.EnumerateFiles(root, "*", new EnumerationOptions { RecurseSubdirectories = true, IgnoreInaccessible = true })
                .Select(File.GetLastWriteTimeUtc).DefaultIfEmpty(DateTime.MinValue).Max()
            : DateTime.MinValue;

    // RFC 5905 §8: ((T2 - T1) + (T3 - T4)) / 2
    private static async Task<TimeSpan> OffsetAsync(string server, TimeProvider time, CancellationToken cancel)
    {
        string[] parts = server.Split(':');
        int port = parts.Length == 2 && int.TryParse(parts[1], out int given) ? given : 123;
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        using CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        patience.CancelAfter(TimeSpan.FromSeconds(3));
        await socket.ConnectAsync(parts[0], port, patience.Token);
        byte[] packet = new byte[48];
        packet[0] = 0x23; // version 4, client
        DateTimeOffset sent = time.GetUtcNow();
        await socket.SendAsync(packet, SocketFlags.None, patience.Token);
        int length = await socket.ReceiveAsync(packet, SocketFlags.None, patience.Token);
        DateTimeOffset received = time.GetUtcNow();
        if (length < 48 || (packet[0] & 7) != 4 || packet[1] is 0 or > 15)
        {
            throw new InvalidDataException("no usable answer");
        }

        return ((Read(packet.AsSpan(32)) - sent) + (Read(packet.AsSpan(40)) - received)) / 2;
    }

    private static DateTimeOffset Read(ReadOnlySpan<byte> stamp) =>
        new DateTimeOffset(1900, 1, 1, 0, 0, 0, TimeSpan.Zero)
            .AddSeconds(BinaryPrimitives.ReadUInt32BigEndian(stamp) + BinaryPrimitives.ReadUInt32BigEndian(stamp[4..]) / 4294967296.0);
}

/// <summary>Room to write, and secrets that only their owner can read.</summary>
internal static class DiskCheck
{
    public const long LeastBytes = 200L << 20;
    private const long ComfortableBytes = 1L << 30;

    public static IReadOnlyList<Finding> Run(Subject subject)
    {
        string root = Path.GetFullPath(subject.DataRoot);
        if (!Directory.Exists(root))
        {
            return [new("disk", Verdict.Failed, $"The data root {root} does not exist.", "Start the server once, or name the right one with --data.")];
        }

        List<Finding> findings = [];
        string probe = Path.Combine(root, $".doctor-{Environment.ProcessId}");
        try
        {
            File.WriteAllText(probe, "wardline");
            File.Delete(probe);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return [new("disk", Verdict.Failed, $"{root} cannot be written ({failure.Message}).", "Give it to the user that runs the server, or free the disk.")];
        }

        long free = new DriveInfo(root).AvailableFreeSpace;
        string has = $"{root} can be written; {free >> 20} MiB are free.";
        findings.Add(free < subject.LeastFreeBytes
            ? new("disk", Verdict.Failed, $"{root}: only {free >> 20} MiB are free, {subject.LeastFreeBytes >> 20} MiB are needed.", "Free some space on that disk, or move the data root to a larger one (Data__Root; ./run.sh --data).")
            : free < ComfortableBytes ? new("disk", Verdict.Warning, has, "Free some space soon.") : new("disk", Verdict.Ok, has));

        string[] open = OperatingSystem.IsWindows() ? [] :
        [
            .. new[] { "keys", "tls", "turn" }.Select(f => Path.Combine(root, f)).Where(Directory.Exists)
                .SelectMany(f => Directory.EnumerateFiles(f)).Where(f => Path.GetFileName(f) is not "certificate.pem" && !f.EndsWith(".log", StringComparison.Ordinal) && IsOpen(f) && IsOpen(Path.GetDirectoryName(f)!)),
        ];
        if (open.Length > 0)
        {
            findings.Add(new("disk", Verdict.Failed, $"Others can read {string.Join(", ", open)}.", "chmod 600 these files and 700 their folders; replace the keys."));
        }

        return findings;
    }

    private static bool IsOpen(string path) =>
        !OperatingSystem.IsWindows() && (File.GetUnixFileMode(path) & (UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute)) != UnixFileMode.None;
}
