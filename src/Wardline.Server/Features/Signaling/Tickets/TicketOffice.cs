using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using Wardline.Server.Features.Visits;
using Wardline.Server.Platform;

namespace Wardline.Server.Features.Signaling.Tickets;

/// <summary>
/// Issues and redeems join tickets: base64url(JSON) "." base64url(HMAC-SHA256), so that they fit a WebSocket subprotocol.
/// The key lives in memory only: a ticket lives 60 s and none has to survive a restart.
/// <code>
/// issued -> [redeem] -> used
/// issued -> [60 s]   -> expired
/// </code>
/// </summary>
internal sealed class TicketOffice(SignalingOptions options, TimeProvider time)
{
    private const int MaxTicketCharacters = 1024;

    private readonly byte[] _key = RandomNumberGenerator.GetBytes(32);
    private readonly Lock _lock = new();

    // Ids of used tickets until they would have expired anyway. Only holders of valid tickets can add to it.
    private readonly Dictionary<string, long> _used = new(StringComparer.Ordinal);

    public string Issue(Invitation invitation, string instance)
    {
        JoinTicket ticket = new(
            Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(16)),
            invitation.Visit.Id, invitation.Person.Id, instance, invitation.Role.ToString(), invitation.Visit.Profile,
            (time.GetUtcNow() + options.TicketLifetime).ToUnixTimeMilliseconds());
        byte[] payload = JsonSerializer.SerializeToUtf8Bytes(ticket, TicketJson.Default.JoinTicket);
        return $"{Base64Url.EncodeToString(payload)}.{Base64Url.EncodeToString(HMACSHA256.HashData(_key, payload))}";
    }

    /// <param name="text">What came in the subprotocol, without its prefix.</param>
    /// <param name="visit">The visit that the socket's address names; null when it names none.</param>
    /// <param name="ticket">Set only when accepted, and then never again for the same text.</param>
    public TicketOutcome Redeem(string text, string? visit, out JoinTicket? ticket)
    {
        ticket = null;
        if (!TryVerify(text, out JoinTicket? verified))
        {
            return TicketOutcome.Invalid;
        }

        long now = time.GetUtcNow().ToUnixTimeMilliseconds();
        if (verified.ExpiresAtMs <= now)
        {
            return TicketOutcome.Expired;
        }

        if (visit is not null && visit != verified.Visit)
        {
            return TicketOutcome.WrongVisit;
        }

        lock (_lock)
        {
            foreach (string expired in _used.Where(u => u.Value <= now).Select(u => u.Key).ToList())
            {
                _used.Remove(expired);
            }

            if (!_used.TryAdd(verified.Id, verified.ExpiresAtMs))
            {
                return TicketOutcome.Used;
            }
        }

        ticket = verified;
        return TicketOutcome.Accepted;
    }

    /// <summary>Whatever the text is: a ticket of this office, or nothing. Never throws.</summary>
    internal bool TryVerify(string text, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out JoinTicket? ticket)
    {
        ticket = null;
        int dot = text.IndexOf('.', StringComparison.Ordinal);
        if (dot <= 0 || text.Length > MaxTicketCharacters ||
            !TryDecode(text.AsSpan(0, dot), out byte[] payload) || !TryDecode(text.AsSpan(dot + 1), out byte[] mac) ||
            !CryptographicOperations.FixedTimeEquals(mac, HMACSHA256.HashData(_key, payload)))
        {
            return false;
        }

        // Only what this office has written gets here.
        ticket = JsonSerializer.Deserialize(payload, TicketJson.Default.JoinTicket);
        return ticket is not null;
    }

    private static bool TryDecode(ReadOnlySpan<char> text, out byte[] bytes)
    {
        bytes = [];
        if (!Base64Url.IsValid(text, out int length))
        {
            return false;
        }

        bytes = new byte[length];
        return StrictBase64Url.TryDecode(text, bytes, out int written) && written == length;
    }
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(JoinTicket))]
internal sealed partial class TicketJson : JsonSerializerContext;
