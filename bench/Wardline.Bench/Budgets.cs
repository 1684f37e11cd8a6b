using System.Globalization;
using System.Text.Json;

namespace Wardline.Bench;

/// <summary>Holds what was measured against bench/budgets.json.</summary>
internal static class Budgets
{
    public static string FindFile()
    {
        foreach (string start in (string[])[Environment.CurrentDirectory, AppContext.BaseDirectory])
        {
            for (DirectoryInfo? at = new(start); at is not null; at = at.Parent)
            {
                string file = Path.Combine(at.FullName, "bench", "budgets.json");
                if (File.Exists(file))
                {
                    return file;
                }
            }
        }

        throw new FileNotFoundException("bench/budgets.json is in no folder above this one.");
    }

    /// <summary>Measures everything that there is a budget for.</summary>
    public static IReadOnlyDictionary<string, IReadOnlyList<(string Name, double Value)>> Measured() => new Dictionary<string, IReadOnlyList<(string, double)>>(StringComparer.Ordinal)
    {
        ["allocatedBytesPerPacket"] = [.. RtcMeasures.All().Concat(SfuMeasures.All()).Select(m => (m.Name, m.BytesPerPacket))],
        ["kilobytesPerParticipant"] = [.. MemoryMeasures.All()],
        ["processorTimeAgainstC"] = [.. YardstickRatio.All()],
    };

    /// <returns>Whether every step has a budget, every budget a step, and none is exceeded.</returns>
    public static bool Check(string file, IReadOnlyDictionary<string, IReadOnlyList<(string Name, double Value)>> measured)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllText(file));
        bool kept = true;
        foreach ((string group, IReadOnlyList<(string Name, double Value)> measures) in measured)
        {
            Dictionary<string, double> budgets = document.RootElement.TryGetProperty(group, out JsonElement found)
                ? found.EnumerateObject().ToDictionary(b => b.Name, b => b.Value.GetDouble(), StringComparer.Ordinal)
                : [];
            Console.WriteLine($"{"measured",14} {"budget",8}  {group}");
            foreach ((string name, double value) in measures)
            {
                bool has = budgets.Remove(name, out double budget);
                bool good = has && value <= budget;
                kept &= good;
                string allowed = has ? budget.ToString("G4", CultureInfo.InvariantCulture) : "none";
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{value,14:F3} {allowed,8}  {name}{(good ? "" : "   ← over budget")}"));
            }

            foreach (string name in budgets.Keys)
            {
                kept = false;
                Console.WriteLine($"{"not measured",14} {"",8}  {name}");
            }
        }

        foreach (string group in document.RootElement.EnumerateObject().Select(g => g.Name).Where(g => !measured.ContainsKey(g)))
        {
            kept = false;
            Console.WriteLine($"{"not measured",14} {"",8}  {group}");
        }

        Console.WriteLine(kept ? "All budgets are kept." : "A budget is exceeded.");
        return kept;
    }
}
