using System.Security.Cryptography;

namespace Wardline.Rtc.Srtp;

/// <summary>
/// What DTLS exported for one association: two master keys and two master salts. Wiped on disposal; the receiver and
/// the sender made from it keep only what they derived.
/// </summary>
/// <remarks>
/// RFC 5764 §4.2, in this order:
/// <code>
/// +------------------+------------------+-------------------+-------------------+
/// | client write key | server write key | client write salt | server write salt |
/// +------------------+------------------+-------------------+-------------------+
/// </code>
/// </remarks>
public sealed class SrtpMasterKeys : IDisposable
{
    private readonly byte[] _bytes;
    private bool _disposed;

    /// <param name="profile">Decides the lengths.</param>
    /// <param name="exported"><see cref="SrtpProfiles.ExportedBytes"/> bytes; copied.</param>
    public SrtpMasterKeys(SrtpProfile profile, ReadOnlySpan<byte> exported)
    {
        if (exported.Length != profile.ExportedBytes())
        {
            throw new ArgumentException($"{profile} needs {profile.ExportedBytes()} bytes, not {exported.Length}.", nameof(exported));
        }

        Profile = profile;
        _bytes = GC.AllocateArray<byte>(exported.Length, pinned: true); // pinned: the collector leaves no copies behind
        exported.CopyTo(_bytes);
    }

    public SrtpProfile Profile { get; }

    public SrtpReceiver CreateReceiver(bool fromClient, int maxStreams = SrtpReceiver.DefaultMaxStreams) =>
        new(Profile, Key(fromClient), Salt(fromClient), maxStreams);

    public SrtpSender CreateSender(bool asClient, int maxStreams = SrtpSender.DefaultMaxStreams) =>
        new(Profile, Key(asClient), Salt(asClient), maxStreams);

    public void Dispose()
    {
        _disposed = true;
        CryptographicOperations.ZeroMemory(_bytes);
    }

    private ReadOnlySpan<byte> Key(bool client)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return _bytes.AsSpan(client ? 0 : Profile.KeyBytes(), Profile.KeyBytes());
    }

    private ReadOnlySpan<byte> Salt(bool client) =>
        _bytes.AsSpan(2 * Profile.KeyBytes() + (client ? 0 : Profile.SaltBytes()), Profile.SaltBytes());
}
