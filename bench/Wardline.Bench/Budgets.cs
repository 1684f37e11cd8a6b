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

    /// <returns>Whether every step has a budget, every budget a step, and none is exceeded.</returns>
    public static bool Check(string file, IReadOnlyList<Measure> measures)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllText(file));
        Dictionary<string, double> budgets = document.RootElement.GetProperty("allocatedBytesPerPacket")
            .EnumerateObject().ToDictionary(b => b.Name, b => b.Value.GetDouble(), StringComparer.Ordinal);
        bool kept = true;
        Console.WriteLine($"{"bytes/packet",14} {"budget",8}  step");
        foreach (Measure measure in measures)
        {
            bool has = budgets.Remove(measure.Name, out double budget);
            bool good = has && measure.BytesPerPacket <= budget;
            kept &= good;
            Console.WriteLine($"{measure.BytesPerPacket,14:F3} {(has ? $"{budget:F0}" : "none"),8}  {measure.Name}{(good ? "" : "   ← over budget")}");
        }

        foreach (string name in budgets.Keys)
        {
            kept = false;
            Console.WriteLine($"{"not measured",14} {"",8}  {name}");
        }

        Console.WriteLine(kept ? "All budgets are kept." : "A budget is exceeded.");
        return kept;
    }
}
