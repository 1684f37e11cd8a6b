using System.Collections.Frozen;
using System.Globalization;
using System.Text;

namespace Wardline.Vault.Fields;

/// <summary>
/// Unicode Normalization Form C (UAX #15), so that é is one letter whether it was typed as one or as two. The runtime has it
/// only with a culture library, which the product does without (InvariantGlobalization). Of Unicode 15.0.0 for ever: an index that is
/// kept has to stay what it is, and of characters that Unicode has assigned the form never changes (UAX #15 §3).
/// </summary>
internal static class CanonicalForm
{
    // UAX #15 does this for Hangul by arithmetic (Unicode §3.12).
    private const int SyllableBase = 0xAC00, LeadBase = 0x1100, VowelBase = 0x1161, TrailBase = 0x11A7;
    private const int Leads = 19, Vowels = 21, Trails = 28, Syllables = Leads * Vowels * Trails;

    // Below are neither marks nor anything that composes with what is before it.
    private const char FirstMark = '\u0300';

    private static readonly Lazy<Data> Known = new(Read);

    public static string Of(ReadOnlySpan<char> text)
    {
        if (!text.ContainsAnyInRange(FirstMark, char.MaxValue))
        {
            return text.ToString();
        }

        List<Rune> runes = new(text.Length);
        foreach (Rune rune in text.EnumerateRunes())
        {
            Decompose(Known.Value, rune, runes);
        }

        Order(Known.Value, runes);
        return Compose(Known.Value, runes);
    }

    private static void Decompose(Data data, Rune rune, List<Rune> into)
    {
        int syllable = rune.Value - SyllableBase;
        if (syllable is >= 0 and < Syllables)
        {
            into.Add(new Rune(LeadBase + (syllable / (Vowels * Trails))));
            into.Add(new Rune(VowelBase + (syllable % (Vowels * Trails) / Trails)));
            if (syllable % Trails != 0)
            {
                into.Add(new Rune(TrailBase + (syllable % Trails)));
            }
        }
        else if (data.Decompositions.TryGetValue(rune.Value, out (int One, int Two) parts))
        {
            Decompose(data, new Rune(parts.One), into);
            if (parts.Two != 0)
            {
                Decompose(data, new Rune(parts.Two), into);
            }
        }
        else
        {
            into.Add(rune);
        }
    }

    // Marks behind one letter by their classes, those of one class as they were. (Unicode D109)
    private static void Order(Data data, List<Rune> runes)
    {
        for (int start = 0; start < runes.Count;)
        {
            int end = start;
            while (end < runes.Count && data.ClassOf(runes[end]) != 0)
            {
                end++;
            }

            if (end - start > 1)
            {
                Rune[] ordered = [.. runes[start..end].OrderBy(data.ClassOf)]; // a stable order
                for (int i = 0; i < ordered.Length; i++)
                {
                    runes[start + i] = ordered[i];
                }
            }

            start = end + 1;
        }
    }

    // Each character goes into the last starter, unless something of its class or a higher one stands between. (Unicode D117)
    private static string Compose(Data data, List<Rune> runes)
    {
        List<Rune> composed = new(runes.Count);
        int starter = -1;
        int lastClass = -1;
        foreach (Rune rune in runes)
        {
            int each = data.ClassOf(rune);
            if (starter >= 0 && lastClass < each && TryPair(data, composed[starter], rune, out Rune one))
            {
                composed[starter] = one;
                continue;
            }

            if (each == 0)
            {
                starter = composed.Count;
                lastClass = -1;
            }
            else
            {
                lastClass = each;
            }

            composed.Add(rune);
        }

        StringBuilder text = new(composed.Count);
        foreach (Rune rune in composed)
        {
            text.Append(rune.ToString());
        }

        return text.ToString();
    }

    private static bool TryPair(Data data, Rune first, Rune second, out Rune one)
    {
        int lead = first.Value - LeadBase, vowel = second.Value - VowelBase;
        if (lead is >= 0 and < Leads && vowel is >= 0 and < Vowels)
        {
            one = new Rune(SyllableBase + (((lead * Vowels) + vowel) * Trails));
            return true;
        }

        int syllable = first.Value - SyllableBase, trail = second.Value - TrailBase;
        if (syllable is >= 0 and < Syllables && syllable % Trails == 0 && trail is > 0 and < Trails)
        {
            one = new Rune(first.Value + trail);
            return true;
        }

        bool known = data.Compositions.TryGetValue((first.Value, second.Value), out int code);
        one = known ? new Rune(code) : default;
        return known;
    }

    private static Data Read()
    {
        using Stream stream = typeof(CanonicalForm).Assembly.GetManifestResourceStream("canonical-forms")!;
        using StreamReader reader = new(stream);
        Dictionary<int, byte> classes = [];
        Dictionary<int, (int One, int Two)> decompositions = [];
        Dictionary<(int One, int Two), int> compositions = [];
        reader.ReadLine(); // whose data this is
        while (reader.ReadLine() is { } line)
        {
            string[] words = line.Split(' ');
            if (words.Length == 2)
            {
                string[] range = words[1].Split("..");
                for (int code = Hex(range[0]); code <= Hex(range[1]); code++)
                {
                    classes.Add(code, byte.Parse(words[0], CultureInfo.InvariantCulture));
                }
            }
            else
            {
                (int One, int Two) parts = (Hex(words[2]), words.Length > 3 ? Hex(words[3]) : 0);
                decompositions.Add(Hex(words[0]), parts);
                if (words[1] == "=" && parts.Two != 0)
                {
                    compositions.Add(parts, Hex(words[0]));
                }
            }
        }

        return new(classes.ToFrozenDictionary(), decompositions.ToFrozenDictionary(), compositions.ToFrozenDictionary());

        static int Hex(string text) => int.Parse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
    }

    private sealed record Data(FrozenDictionary<int, byte> Classes, FrozenDictionary<int, (int One, int Two)> Decompositions, FrozenDictionary<(int One, int Two), int> Compositions)
    {
        public int ClassOf(Rune rune) => rune.Value < FirstMark ? 0 : Classes.GetValueOrDefault(rune.Value);
    }
}
