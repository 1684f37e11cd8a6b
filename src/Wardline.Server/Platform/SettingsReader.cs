using System.Globalization;
using System.Net;
using Wardline.Vault;
using Wardline.Vault.KeySources;

namespace Wardline.Server.Platform;

/// <summary>Every wrong setting, each with its value and the rule that it breaks.</summary>
internal sealed class InvalidSettingsException(IReadOnlyList<string> problems)
    : Exception($"Wardline does not start, {problems.Count} setting(s) are wrong:{string.Concat(problems.Select(p => $"{Environment.NewLine}  {p}"))}")
{
    public IReadOnlyList<string> Problems { get; } = problems;
}

/// <summary>
/// Reads settings by name and collects what is wrong, so that a start names all mistakes at once. A name under one of
/// our sections that nothing reads is a mistake too: a misspelt limit must not silently keep its default.
/// </summary>
internal sealed class SettingsReader(IConfiguration configuration)
{
    private const int LeastSecret = 16;

    private readonly List<string> _problems = [];
    private readonly HashSet<string> _known = new(StringComparer.OrdinalIgnoreCase);

    public string Text(string name, string fallback) => Raw(name) ?? fallback;

    public string? OptionalText(string name) => Raw(name);

    public bool Flag(string name, bool fallback) => Parse(name, fallback, "true or false", static (string text, out bool value) => bool.TryParse(text, out value));

    public int Whole(string name, int fallback, int min, int max) => Parse(
        name, fallback, $"a whole number from {min} to {max}",
        (string text, out int value) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value) && value >= min && value <= max);

    /// <summary>A duration: <c>90s</c>, <c>5m</c>, <c>1h</c>, <c>250ms</c> or <c>hh:mm:ss</c>.</summary>
    public TimeSpan Duration(string name, TimeSpan fallback, TimeSpan min, TimeSpan max) => Parse(
        name, fallback, $"a duration (such as 90s, 5m, 1h or 00:05:00) from {Say(min)} to {Say(max)}",
        (string text, out TimeSpan value) => TryDuration(text, out value) && value >= min && value <= max);

    public IPAddress Address(string name, IPAddress fallback) => Parse(
        name, fallback, "an IP address", static (string text, out IPAddress value) => IPAddress.TryParse(text, out value!));

    /// <summary>A list: one value with commas, or <c>Name:0</c>, <c>Name:1</c>, …</summary>
    public IReadOnlyList<string> List(string name)
    {
        _known.Add(name);
        IConfigurationSection section = configuration.GetSection(name);
        List<string> values = [];
        foreach (IConfigurationSection child in section.GetChildren())
        {
            _known.Add(child.Path);
            values.Add(child.Value ?? "");
        }

        return values.Count > 0
            ? values
            : (section.Value ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
    }

    public IReadOnlyList<IPAddress> Addresses(string name)
    {
        List<IPAddress> addresses = [];
        foreach (string text in List(name))
        {
            if (IPAddress.TryParse(text, out IPAddress? address))
            {
                addresses.Add(address);
            }
            else
            {
                Refuse(name, text, "IP addresses with commas between");
            }
        }

        return addresses;
    }

    /// <summary>Addresses and networks: <c>192.0.2.7</c>, <c>10.0.0.0/8</c>.</summary>
    public IReadOnlyList<IPNetwork> Networks(string name)
    {
        List<IPNetwork> networks = [];
        foreach (string text in List(name))
        {
            if (IPNetwork.TryParse(text, out IPNetwork network))
            {
                networks.Add(network);
            }
            else if (IPAddress.TryParse(text, out IPAddress? address))
            {
                networks.Add(new IPNetwork(address, 8 * address.GetAddressBytes().Length));
            }
            else
            {
                Refuse(name, text, "IP addresses or networks (10.0.0.0/8) with commas between");
            }
        }

        return networks;
    }

    public T OneOf<T>(string name, T fallback)
        where T : struct, Enum
    {
        string choices = string.Join(", ", Enum.GetNames<T>().Select(n => n.ToLowerInvariant()));
        return Parse(name, fallback, $"one of {choices}", static (string text, out T value) =>
            Enum.TryParse(text, ignoreCase: true, out value) && !int.TryParse(text, out _) && Enum.IsDefined(value));
    }

    /// <summary>A secret is never a setting itself, only where it stands: <c>file:path</c>, <c>env:NAME</c> or <c>pkcs11:…</c>.</summary>
    public string? Secret(string name)
    {
        if (Raw(name) is not { } reference)
        {
            return null;
        }

        try
        {
            return SecretReference.Resolve(reference, LeastSecret);
        }
        catch (VaultException refused)
        {
            // What stands there may be the secret itself: no message of the resolver repeats it.
            _problems.Add($"{name}: {refused.Message} ({refused.Code})");
            return null;
        }
    }

    public void Refuse(string name, string value, string rule) => _problems.Add($"{name} is '{value}': it must be {rule}.");

    /// <param name="sections">Sections that belong to Wardline alone.</param>
    public void RefuseUnknown(params ReadOnlySpan<string> sections)
    {
        foreach (string section in sections)
        {
            foreach ((string key, string? value) in configuration.GetSection(section).AsEnumerable())
            {
                if (value is not null && key.Contains(':', StringComparison.Ordinal) && !_known.Contains(key))
                {
                    _problems.Add($"{key} is set, but there is no such setting. There are: {string.Join(", ", _known.Where(k => k.StartsWith(section + ":", StringComparison.OrdinalIgnoreCase)).Order(StringComparer.Ordinal))}.");
                }
            }
        }
    }

    public void ThrowIfInvalid()
    {
        RefuseUnknown("Data", "Server", "Tls", "Web", "Telemetry", "Identity", "Demo", "Visits", "Turn", "Signaling", "Media");
        if (_problems.Count > 0)
        {
            throw new InvalidSettingsException(_problems);
        }
    }

    private string? Raw(string name)
    {
        _known.Add(name);
        string? value = configuration[name];
        return string.IsNullOrWhiteSpace(value) ? null : value.Trim();
    }

    private T Parse<T>(string name, T fallback, string rule, TryParse<T> parse)
    {
        string? text = Raw(name);
        if (text is null)
        {
            return fallback;
        }

        if (parse(text, out T value))
        {
            return value;
        }

        Refuse(name, text, rule);
        return fallback;
    }

    private static bool TryDuration(string text, out TimeSpan value)
    {
        (string Suffix, double Seconds)[] units = [("ms", 0.001), ("s", 1), ("m", 60), ("h", 3600), ("d", 86400)];
        foreach ((string suffix, double seconds) in units)
        {
            if (text.EndsWith(suffix, StringComparison.Ordinal) &&
                double.TryParse(text[..^suffix.Length], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double count) &&
                count * seconds < TimeSpan.MaxValue.TotalSeconds)
            {
                value = TimeSpan.FromSeconds(count * seconds);
                return true;
            }
        }

        return TimeSpan.TryParseExact(text, "c", CultureInfo.InvariantCulture, out value) && text.Contains(':', StringComparison.Ordinal);
    }

    private static string Say(TimeSpan span) =>
        span.TotalHours >= 1 ? $"{span.TotalHours:0.##}h" : span.TotalMinutes >= 1 ? $"{span.TotalMinutes:0.##}m" : span.TotalSeconds >= 1 ? $"{span.TotalSeconds:0.##}s" : $"{span.TotalMilliseconds:0.##}ms";

    private delegate bool TryParse<T>(string text, out T value);
}
