using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Wardline.Netem.Relay;

internal static class RelayProgram
{
    public static int Run(string[] args)
    {
        if (!RelayOptions.TryParse(args, out RelayOptions? options, out string error))
        {
            Console.Error.WriteLine(error);
            Console.Error.WriteLine(RelayOptions.Usage);
            return 2;
        }

        using UdpRelay relay = new(options!);
        bool ended = false;
        using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);

        // Standard input blocks, so a thread of its own reads it; commands run on the relay's thread.
        ConcurrentQueue<string> lines = new();
        new Thread(() => ReadLines(lines)) { IsBackground = true, Name = "stdin" }.Start();

        Console.WriteLine($"listening on {relay.Listening}, relaying to {options!.To}");
        long start = Stopwatch.GetTimestamp();
        while (!Volatile.Read(ref ended) && !relay.Ended && Stopwatch.GetElapsedTime(start) < options.RunFor)
        {
            relay.Step();
            while (lines.TryDequeue(out string? line))
            {
                Console.WriteLine(relay.Command(line));
            }
        }

        Console.WriteLine(relay.Command("status"));
        return 0;

        void Stop(PosixSignalContext context)
        {
            context.Cancel = true;
            Volatile.Write(ref ended, true);
        }
    }

    private static void ReadLines(ConcurrentQueue<string> lines)
    {
        // The end of standard input does not end the relay: it often has none.
        while (lines.Count < 1000 && Console.ReadLine() is { } line)
        {
            if (!string.IsNullOrWhiteSpace(line))
            {
                lines.Enqueue(line.Trim());
            }
        }
    }
}
