namespace Wardline.Client;

/// <summary>Something that a participant wanted was refused, or failed; <see cref="Code"/> never changes its meaning.</summary>
/// <param name="code">
/// The server's own code (docs/protocol.md), or one of this client's: <c>client.link</c> (no visit link),
/// <c>client.unreachable</c>, <c>client.pin</c> (another certificate than the pinned one), <c>client.untrusted</c>,
/// <c>client.malformed</c> (the server's answer is none), <c>client.timeout</c>, <c>client.closed</c>, <c>client.refused</c>,
/// <c>client.recording</c> (a media file that is none), <c>client.relay</c> (media may go through a relay alone, and none carries it),
/// <c>client.fault</c> (a mistake of this client's, or of a callback).
/// </param>
public sealed class WardlineException(string code, string message, Exception? inner = null) : Exception(message, inner)
{
    public string Code { get; } = code;

    public override string ToString() => $"{Code}: {base.ToString()}";
}
