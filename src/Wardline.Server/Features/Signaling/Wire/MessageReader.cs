using System.Buffers.Text;
using System.Text.Json;
using Wardline.Server.Features.Signaling.Media;

namespace Wardline.Server.Features.Signaling.Wire;

/// <summary>
/// Reads one client message. Bytes from a client never throw and never cost more than their length: depth, list lengths and
/// string lengths are bounded here, and nothing after this point checks shapes again.
/// </summary>
internal static class MessageReader
{
    private const int PublicKeyBytes = 65;
    private const int CommitmentBytes = 32;

    private static readonly JsonDocumentOptions Options = new() { MaxDepth = SignalingLimits.JsonDepth, AllowDuplicateProperties = false };

    /// <param name="utf8">One text message.</param>
    /// <param name="message">Null when the message is not taken.</param>
    /// <param name="id">The message's id wherever it could be read, so that an error can name it.</param>
    /// <param name="error">Null when the message is taken.</param>
    public static bool TryRead(ReadOnlyMemory<byte> utf8, out ClientMessage? message, out int? id, out SignalError? error)
    {
        message = null;
        id = null;
        try
        {
            using JsonDocument document = JsonDocument.Parse(utf8, Options);
            JsonElement root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object || !TryId(root, out id) || !TryText(root, "type", 32, out string type))
            {
                error = SignalError.Malformed;
                return false;
            }

            (message, error) = Read(root, type, id);
            return message is not null;
        }
        catch (Exception malformed) when (malformed is JsonException or InvalidOperationException)
        {
            error = SignalError.Malformed; // InvalidOperationException: half a surrogate pair in an escape
            return false;
        }
    }

    private static (ClientMessage?, SignalError?) Read(JsonElement root, string type, int? id) => type switch
    {
        "hello" => ReadHello(root, id),
        "offer" => ReadOffer(root, id),
        "view" => TryList(root, "slots", ReadView, out List<MediaView> slots) && Distinct(slots, s => s.Mid)
            ? (new View(id, slots), null) : (null, SignalError.Malformed),
        "media" => TryFlag(root, "microphone", out bool microphone) && TryFlag(root, "camera", out bool camera)
            ? (new MediaSwitches(id, microphone, camera), null) : (null, SignalError.Malformed),
        "e2ee" => ReadSealed(root, id),
        "admit" => ReadAct(root, id, ClinicianAct.Admit),
        "hold" => ReadAct(root, id, ClinicianAct.Hold),
        "remove" => ReadAct(root, id, ClinicianAct.Remove),
        "end" => (new EndVisit(id), null),
        "activity" => (new Activity(id), null),
        "leave" => (new Leave(id), null),
        "ping" => root.TryGetProperty("t", out JsonElement t) && t.ValueKind == JsonValueKind.Number && t.GetRawText().Length <= SignalingLimits.PingCharacters
            ? (new Ping(id, t.Clone()), null) : (null, SignalError.Malformed),
        _ => (null, SignalError.UnknownType),
    };

    private static (ClientMessage?, SignalError?) ReadHello(JsonElement root, int? id)
    {
        if (!root.TryGetProperty("e2ee", out JsonElement e2ee) || e2ee.ValueKind == JsonValueKind.Null)
        {
            return (new Hello(id, null), null);
        }

        return e2ee.ValueKind == JsonValueKind.Object &&
            TryBytes(e2ee, "publicKey", PublicKeyBytes, out string publicKey, out byte first) && first == 4 && // SEC 1 §2.3.3: uncompressed
            TryBytes(e2ee, "commitment", CommitmentBytes, out string commitment, out _)
            ? (new Hello(id, new MemberKeys(publicKey, commitment)), null)
            : (null, SignalError.E2eeMalformed);
    }

    private static (ClientMessage?, SignalError?) ReadOffer(JsonElement root, int? id) =>
        TryText(root, "sdp", int.MaxValue, out string sdp) &&
        TryList(root, "publish", ReadPublished, out List<PublishedTrack> publish) && Distinct(publish, p => p.Mid) && Distinct(publish, p => p.Source) &&
        TryList(root, "subscribe", ReadSubscription, out List<Subscription> subscribe) && Distinct(subscribe, s => s.Mid) &&
        !publish.Select(p => p.Mid).Intersect(subscribe.Select(s => s.Mid), StringComparer.Ordinal).Any()
            ? (new Offer(id, sdp, publish, subscribe), null)
            : (null, SignalError.Malformed);

    private static (ClientMessage?, SignalError?) ReadSealed(JsonElement root, int? id)
    {
        if (!TryText(root, "to", SignalingLimits.ParticipantCharacters, out string to) || !TryText(root, "body", int.MaxValue, out string body))
        {
            return (null, SignalError.Malformed);
        }

        return body.Length > SignalingLimits.SealedCharacters ? (null, SignalError.TooLarge) : (new SealedMessage(id, to, body), null);
    }

    private static (ClientMessage?, SignalError?) ReadAct(JsonElement root, int? id, ClinicianAct act) =>
        TryText(root, "participant", SignalingLimits.ParticipantCharacters, out string participant) ? (new ActOn(id, act, participant), null) : (null, SignalError.Malformed);

    private static MediaView? ReadView(JsonElement item) =>
        TryMid(item, out string mid) && TryPixels(item, "width", out int width) && TryPixels(item, "height", out int height)
            ? new MediaView(mid, width, height) : null;

    private static PublishedTrack? ReadPublished(JsonElement item) =>
        TryMid(item, out string mid) && TrySource(item, out TrackSource source) ? new PublishedTrack(mid, source) : null;

    private static Subscription? ReadSubscription(JsonElement item) =>
        TryMid(item, out string mid) && TryText(item, "participant", SignalingLimits.ParticipantCharacters, out string participant) && TrySource(item, out TrackSource source)
            ? new Subscription(mid, participant, source) : null;

    private static bool TryId(JsonElement root, out int? id)
    {
        id = null;
        if (!root.TryGetProperty("id", out JsonElement element))
        {
            return true;
        }

        if (element.ValueKind != JsonValueKind.Number || !element.TryGetInt32(out int value) || value < 1)
        {
            return false;
        }

        id = value;
        return true;
    }

    private static bool TryText(JsonElement parent, string name, int maxLength, out string text)
    {
        text = "";
        if (!parent.TryGetProperty(name, out JsonElement element) || element.ValueKind != JsonValueKind.String)
        {
            return false;
        }

        text = element.GetString()!;
        return text.Length <= maxLength;
    }

    private static bool TryFlag(JsonElement parent, string name, out bool flag)
    {
        flag = false;
        if (!parent.TryGetProperty(name, out JsonElement element) || element.ValueKind is not (JsonValueKind.True or JsonValueKind.False))
        {
            return false;
        }

        flag = element.GetBoolean();
        return true;
    }

    private static bool TryPixels(JsonElement parent, string name, out int pixels)
    {
        pixels = 0;
        return parent.TryGetProperty(name, out JsonElement element) && element.ValueKind == JsonValueKind.Number &&
            element.TryGetInt32(out pixels) && pixels is >= 0 and <= SignalingLimits.Pixels;
    }

    // RFC 8843 §14: a mid is a token; RFC 8852 keeps it short where it travels in packets.
    private static bool TryMid(JsonElement item, out string mid)
    {
        mid = "";
        return item.ValueKind == JsonValueKind.Object && TryText(item, "mid", SignalingLimits.MidCharacters, out mid) && mid.Length > 0 &&
            mid.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or '+');
    }

    private static bool TrySource(JsonElement item, out TrackSource source)
    {
        source = default;
        if (!TryText(item, "source", 16, out string text))
        {
            return false;
        }

        (bool known, source) = text switch
        {
            "microphone" => (true, TrackSource.Microphone),
            "camera" => (true, TrackSource.Camera),
            "screen" => (true, TrackSource.Screen),
            _ => (false, default),
        };
        return known;
    }

    private static bool TryBytes(JsonElement parent, string name, int length, out string text, out byte first)
    {
        first = 0;
        if (!TryText(parent, name, Base64Url.GetEncodedLength(length), out text))
        {
            return false;
        }

        Span<byte> bytes = stackalloc byte[PublicKeyBytes + 3];
        if (!Base64Url.IsValid(text, out int decoded) || decoded != length || text.Length != Base64Url.GetEncodedLength(length) ||
            !Base64Url.TryDecodeFromChars(text, bytes, out int written) || written != length)
        {
            return false;
        }

        first = bytes[0];
        return true;
    }

    private static bool TryList<T>(JsonElement parent, string name, Func<JsonElement, T?> read, out List<T> list)
        where T : class
    {
        list = [];
        if (!parent.TryGetProperty(name, out JsonElement element) || element.ValueKind != JsonValueKind.Array || element.GetArrayLength() > SignalingLimits.Sections)
        {
            return false;
        }

        foreach (JsonElement item in element.EnumerateArray())
        {
            if (read(item) is not { } value)
            {
                return false;
            }

            list.Add(value);
        }

        return true;
    }

    private static bool Distinct<T, TKey>(List<T> list, Func<T, TKey> key) => list.DistinctBy(key).Count() == list.Count;
}
