using Wardline.Bench.Load;

namespace Wardline.Bench.Compare;

/// <summary>Two network namespaces joined by a veth pair, one for the server and one for the generator. Needs root.</summary>
internal sealed class NetworkPair : IDisposable
{
    public const string LoadAddress = "10.198.0.1";
    public const string ServerAddress = "10.198.0.2";

    private NetworkPair(string name)
    {
        Server = name + "s";
        Load = name + "l";
    }

    public string Server { get; }

    public string Load { get; }

    public static NetworkPair Create()
    {
        // The number keeps two runs apart; a namespace of the same name can only be what a killed run with that number left.
        NetworkPair pair = new($"wlb{Environment.ProcessId}");
        pair.Dispose();
        try
        {
            Command.Run("ip", "netns", "add", pair.Server);
            Command.Run("ip", "netns", "add", pair.Load);
            Command.Run("ip", "link", "add", "media", "netns", pair.Load, "type", "veth", "peer", "name", "media", "netns", pair.Server);
            foreach ((string space, string address) in (ReadOnlySpan<(string, string)>)[(pair.Load, LoadAddress), (pair.Server, ServerAddress)])
            {
                Command.Run("ip", "-n", space, "address", "add", $"{address}/24", "dev", "media");
                Command.Run("ip", "-n", space, "link", "set", "media", "up");
                Command.Run("ip", "-n", space, "link", "set", "lo", "up");
            }

            // A link is not running at once, and some servers look for addresses only when they start.
            for (int i = 0; i < 100 && !pair.IsUp(); i++)
            {
                Thread.Sleep(50);
            }

            return pair.IsUp() ? pair : throw new LoadException("The link between the two network namespaces does not come up.");
        }
        catch
        {
            pair.Dispose();
            throw;
        }
    }

    private bool IsUp() => Array.TrueForAll([Server, Load], s => Command.Run("ip", "-n", s, "link", "show", "media").Contains("state UP", StringComparison.Ordinal));

    public void Dispose()
    {
        foreach (string space in (string[])[Server, Load])
        {
            try
            {
                Command.Run("ip", "netns", "delete", space);
            }
            catch (LoadException)
            {
                // It was not there.
            }
        }
    }
}
