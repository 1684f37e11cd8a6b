using System.CommandLine;
using Wardline.Ledger;
using Wardline.Ledger.Copies;

namespace Wardline.Cli.Keep;

/// <summary>
/// <c>wardline keep</c>: takes the copy of a log over from a server that may only create (docs/how-to/verify.md). Exit codes: 0 all was
/// taken, 1 something was refused, 2 it could not be tried, 130 stopped.
/// </summary>
internal static class KeepCommand
{
    private static readonly TimeSpan s_every = TimeSpan.FromSeconds(1);

    public static Command Create(TimeProvider time)
    {
        Argument<string> inbox = new("INBOX") { Description = "A folder of this user, mode 1733, into which a server puts the copy of its log." };
        Argument<string> folder = new("DIR") { Description = "A folder of this user, in which nobody else may write: the copy." };
        Option<bool> once = new("--once") { Description = "Take what is there, and end." };
        Command command = new("keep", "Keep the copy of a log where its server can neither change nor delete it.") { inbox, folder, once };
        command.SetAction((parsed, cancel) => RunAsync(
            parsed.GetValue(inbox)!, parsed.GetValue(folder)!, parsed.GetValue(once), time, parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error, cancel));
        return command;
    }

    private static async Task<int> RunAsync(string inbox, string folder, bool once, TimeProvider time, TextWriter output, TextWriter error, CancellationToken cancel)
    {
        if (!Directory.Exists(inbox))
        {
            await error.WriteLineAsync($"keep.no-inbox: {inbox} is no folder.");
            return 2;
        }

        CopyKeeper keeper = new(inbox, folder);
        HashSet<string> told = new(StringComparer.Ordinal);
        using PeriodicTimer timer = new(s_every, time);
        try
        {
            while (true)
            {
                bool tried = Take(keeper, told, output, error, out int refused);
                if (once)
                {
                    return !tried ? 2 : refused > 0 ? 1 : 0;
                }

                await timer.WaitForNextTickAsync(cancel);
            }
        }
        catch (OperationCanceledException)
        {
            await error.WriteLineAsync("Stopped.");
            return 130;
        }
    }

    /// <summary>Says each thing once, however long it lasts.</summary>
    private static bool Take(CopyKeeper keeper, HashSet<string> told, TextWriter output, TextWriter error, out int refused)
    {
        refused = 0;
        try
        {
            (_, IReadOnlyList<LedgerAlert> all) = keeper.TakeOnce();
            refused = all.Count;
            foreach (LedgerAlert alert in all.Where(a => told.Add(a.What)))
            {
                output.WriteLine($"{alert.Code}: {alert.What}");
            }

            told.RemoveWhere(what => all.All(a => a.What != what));
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            if (told.Add(e.Message))
            {
                error.WriteLine($"keep.unwritable: {e.Message}");
            }

            return false;
        }
    }
}
