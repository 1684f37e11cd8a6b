namespace Wardline.Bench.Compare;

/// <summary>The least that Janus needs for its videoroom: HTTP on the server's address, full ICE, no admin interface.</summary>
internal static class JanusConfiguration
{
    public const int Port = 8088;

    /// <param name="eventLoop">One shared event loop instead of a thread for each connection.</param>
    public static void Write(string folder, string address, bool eventLoop)
    {
        string modules = Directory.EnumerateDirectories("/usr/lib", "janus", new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 1 }).FirstOrDefault() ?? "/usr/lib/janus";
        string Others(string kind, string wanted) => string.Join(',', Directory.EnumerateFiles(Path.Combine(modules, kind), "*.so").Select(Path.GetFileName).Where(f => f != wanted));
        File.WriteAllText(Path.Combine(folder, "janus.jcfg"), $$"""
            general: {
              configs_folder = "{{folder}}"
              plugins_folder = "{{modules}}/plugins"
              transports_folder = "{{modules}}/transports"
              debug_level = 3
              session_timeout = 0
              {{(eventLoop ? "event_loops = 1" : "")}}
            }
            media: { ipv6 = false }
            nat: { ice_lite = false  full_trickle = false  ice_enforce_list = "{{address}}" }
            plugins: { disable = "{{Others("plugins", "libjanus_videoroom.so")}}" }
            transports: { disable = "{{Others("transports", "libjanus_http.so")}}" }
            """);
        File.WriteAllText(Path.Combine(folder, "janus.transport.http.jcfg"), $$"""
            general: { json = "compact"  base_path = "/janus"  http = true  port = {{Port}}  https = false }
            admin: { admin_http = false  admin_https = false }
            """);
        File.WriteAllText(Path.Combine(folder, "janus.plugin.videoroom.jcfg"), "general: { }\n");
    }
}
