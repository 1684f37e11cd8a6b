using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Wardline.Ledger.Entries;

/// <summary>
/// The one form of an entry: a JSON object without spaces, its members in this order, absent ones left out.
/// <code>
/// {"v":1,"index":7,"time":"2026-11-23T10:00:00.123Z","previous":"…","tenant":"…","action":"…","actor":"…","actorKind":"…",
///  "patient":"…","visit":"…","person":"…","where":"…","why":"…","outcome":"…","rule":"…","policy":"…","facts":{"name":"value"},"sealed":"base64url"}
/// </code>
/// All of it printable ASCII, in which only <c>"</c> and <c>\</c> are escaped: so every JSON library writes it back as it
/// was, and there is one byte string for one entry.
/// </summary>
public static class EntryForm
{
    /// <summary>Of a whole entry, in bytes: what a bundle's length can say, and some.</summary>
    public const int MaxBytes = 60_000;

    public const int MaxTextChars = 512;
    public const int MaxFactChars = 2_048;
    public const int MaxFacts = 32;
    public const int MaxSealedBytes = 32 * 1024;

    /// <summary>No log has as many.</summary>
    private const long MostEntries = 1_000_000_000_000_000_000;

    private const string TimeForm = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";

    private static readonly SearchValues<char> s_actionChars = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789.-");

    /// <exception cref="LedgerException"><c>ledger.bad-entry</c>: names the member that cannot stand in a log.</exception>
    public static void Check(EntryDraft draft)
    {
        Text(draft.Tenant, "tenant");
        Text(draft.Actor, "actor");
        OneOf(draft.ActorKind, "actorKind", "patient", "clinician", "staff", "system", "anonymous");
        OneOf(draft.Outcome, "outcome", "success", "denied", "failed");
        if (Text(draft.Action, "action").AsSpan().ContainsAnyExcept(s_actionChars))
        {
            throw Bad("action");
        }

        foreach ((string name, string? value) in Optional(draft))
        {
            if (value is not null)
            {
                Text(value, name);
            }
        }

        if (draft.Facts.Count > MaxFacts || draft.Sealed.Length > MaxSealedBytes)
        {
            throw Bad(draft.Facts.Count > MaxFacts ? "facts" : "sealed");
        }

        HashSet<string> names = new(StringComparer.Ordinal);
        foreach ((string name, string value) in draft.Facts)
        {
            // A name that looks like a number would change its place in JavaScript.
            if (name.Length is 0 or > 64 || !char.IsAsciiLetter(name[0]) || !name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_') || !names.Add(name) || !IsPrintable(value, MaxFactChars))
            {
                throw Bad("facts");
            }
        }
    }

    /// <exception cref="LedgerException"><c>ledger.bad-entry</c>.</exception>
    public static byte[] Write(LedgerEntry entry)
    {
        EntryDraft said = entry.Said;
        StringBuilder json = new(512);
        json.Append("{\"v\":1,\"index\":").Append(CultureInfo.InvariantCulture, $"{entry.Index}");
        Member(json, "time", entry.Time.UtcDateTime.ToString(TimeForm, CultureInfo.InvariantCulture));
        Member(json, "previous", entry.Previous);
        Member(json, "tenant", said.Tenant);
        Member(json, "action", said.Action);
        Member(json, "actor", said.Actor);
        Member(json, "actorKind", said.ActorKind);
        Member(json, "patient", said.Patient);
        Member(json, "visit", said.Visit);
        Member(json, "person", said.Person);
        Member(json, "where", said.Where);
        Member(json, "why", said.Why);
        Member(json, "outcome", said.Outcome);
        Member(json, "rule", said.Rule);
        Member(json, "policy", said.PolicyVersion);
        if (said.Facts.Count > 0)
        {
            json.Append(",\"facts\":{");
            for (int i = 0; i < said.Facts.Count; i++)
            {
                json.Append(i == 0 ? "\"" : ",\"").Append(said.Facts[i].Key).Append("\":");
                Quote(json, said.Facts[i].Value);
            }

            json.Append('}');
        }

        if (!said.Sealed.IsEmpty)
        {
            Member(json, "sealed", Base64Url.EncodeToString(said.Sealed.Span));
        }

        byte[] bytes = Encoding.ASCII.GetBytes(json.Append('}').ToString());
        return bytes.Length <= MaxBytes ? bytes : throw new LedgerException("ledger.bad-entry", $"The entry has {bytes.Length} bytes; {MaxBytes} are the most.");
    }

    /// <summary>False for any bytes that are not exactly what <see cref="Write"/> makes of some entry. Never throws.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out LedgerEntry? entry)
    {
        entry = null;
        if (bytes.Length > MaxBytes)
        {
            return false;
        }

        try
        {
            Reading reading = new(bytes);
            LedgerEntry read = reading.Entry();
            Check(read.Said);
            if (!Write(read).AsSpan().SequenceEqual(bytes))
            {
                return false;
            }

            entry = read;
            return true;
        }
        catch (Exception e) when (e is JsonException or FormatException or LedgerException or InvalidOperationException or ArgumentException)
        {
            return false;
        }
    }

    private static (string Name, string? Value)[] Optional(EntryDraft said) =>
        [("patient", said.Patient), ("visit", said.Visit), ("person", said.Person), ("where", said.Where), ("why", said.Why), ("rule", said.Rule), ("policy", said.PolicyVersion)];

    private static string Text(string value, string name) => value is { Length: > 0 } && IsPrintable(value, MaxTextChars) ? value : throw Bad(name);

    private static void OneOf(string value, string name, params ReadOnlySpan<string> allowed)
    {
        if (!allowed.Contains(value))
        {
            throw Bad(name);
        }
    }

    private static bool IsPrintable(string value, int most) => value.Length <= most && !value.AsSpan().ContainsAnyExceptInRange(' ', '~');

    private static LedgerException Bad(string member) =>
        new("ledger.bad-entry", $"'{member}' cannot stand in the log: it is missing, too long, not among the words it may be, or not printable ASCII.");

    private static void Member(StringBuilder json, string name, string? value)
    {
        if (value is not null)
        {
            json.Append(",\"").Append(name).Append("\":");
            Quote(json, value);
        }
    }

    private static void Quote(StringBuilder json, string value)
    {
        json.Append('"');
        foreach (char c in value)
        {
            if (c is '"' or '\\')
            {
                json.Append('\\');
            }

            json.Append(c);
        }

        json.Append('"');
    }

    private ref struct Reading(ReadOnlySpan<byte> bytes)
    {
        private Utf8JsonReader _json = new(bytes, new JsonReaderOptions { MaxDepth = 3 });

        public LedgerEntry Entry()
        {
            Expect(JsonTokenType.StartObject);
            Dictionary<string, string> texts = new(StringComparer.Ordinal);
            List<KeyValuePair<string, string>> facts = [];
            long index = -1;
            while (Next() == JsonTokenType.PropertyName)
            {
                string name = _json.GetString()!;
                switch (Next())
                {
                    case JsonTokenType.Number when name == "index":
                        index = _json.GetInt64();
                        break;
                    case JsonTokenType.Number when name == "v" && _json.GetInt64() == 1:
                        break;
                    case JsonTokenType.String:
                        texts.Add(name, _json.GetString()!);
                        break;
                    case JsonTokenType.StartObject when name == "facts":
                        Facts(facts);
                        break;
                    default:
                        throw new FormatException();
                }
            }

            string Take(string name) => texts.Remove(name, out string? value) ? value : throw new FormatException();
            string? Maybe(string name) => texts.Remove(name, out string? value) ? value : null;
            LedgerEntry entry = new(
                index,
                DateTimeOffset.ParseExact(Take("time"), TimeForm, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal),
                Hash(Take("previous")),
                new EntryDraft
                {
                    Tenant = Take("tenant"), Action = Take("action"), Actor = Take("actor"), ActorKind = Take("actorKind"),
                    Patient = Maybe("patient"), Visit = Maybe("visit"), Person = Maybe("person"), Where = Maybe("where"), Why = Maybe("why"),
                    Outcome = Take("outcome"), Rule = Maybe("rule"), PolicyVersion = Maybe("policy"), Facts = facts,
                    Sealed = Maybe("sealed") is { } sealedText ? Base64Url.DecodeFromChars(sealedText) : default(ReadOnlyMemory<byte>),
                });
            return index is >= 0 and < MostEntries && texts.Count == 0 ? entry : throw new FormatException();
        }

        private static string Hash(string text) =>
            text.Length == 0 || (text.Length == 43 && Base64Url.IsValid(text)) ? text : throw new FormatException();

        private void Facts(List<KeyValuePair<string, string>> facts)
        {
            while (Next() == JsonTokenType.PropertyName)
            {
                string name = _json.GetString()!;
                Expect(JsonTokenType.String);
                facts.Add(new(name, _json.GetString()!));
            }
        }

        private JsonTokenType Next() => _json.Read() ? _json.TokenType : throw new FormatException();

        private void Expect(JsonTokenType type)
        {
            if (Next() != type)
            {
                throw new FormatException();
            }
        }
    }
}
