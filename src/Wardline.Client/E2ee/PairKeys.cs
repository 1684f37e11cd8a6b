using System.Buffers.Binary;
using System.Security.Cryptography;
using Wardline.Rtc;

namespace Wardline.Client.E2ee;

/// <summary>What an envelope between two members is for; part of its key, so that none can be relabelled.</summary>
internal enum EnvelopePurpose
{
    SenderKey = 1,
    Acknowledgement = 2,
}

/// <summary>One instance's own P-256 pair, made by OpenSSL and never written anywhere.</summary>
internal sealed class OwnKeys : IDisposable
{
    /// <summary>An uncompressed point (SEC 1 §2.3.3): 04 ‖ X 32 ‖ Y 32.</summary>
    public const int PublicKeyBytes = 65;
    private readonly ECDiffieHellman _pair = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);

    public OwnKeys()
    {
        ECPoint point = _pair.ExportParameters(includePrivateParameters: false).Q;
        PublicKey = [4, .. point.X!, .. point.Y!];
    }

    public byte[] PublicKey { get; }

    /// <summary>The X coordinate of the shared point, 32 bytes, to be wiped; null when <paramref name="other"/> is no point of the curve.</summary>
    public byte[]? Agree(ReadOnlySpan<byte> other)
    {
        if (other.Length != PublicKeyBytes || other[0] != 4)
        {
            return null;
        }

        try
        {
            ECParameters parameters = new()
            {
                Curve = ECCurve.NamedCurves.nistP256,
                Q = new ECPoint { X = other[1..33].ToArray(), Y = other[33..].ToArray() },
            };
            // OpenSSL refuses coordinates that are not on the curve.
            using ECDiffieHellman peer = ECDiffieHellman.Create(parameters);
            using ECDiffieHellmanPublicKey key = peer.PublicKey;
            return _pair.DeriveRawSecretAgreement(key);
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    public void Dispose() => _pair.Dispose();
}

// shared    X coordinate of ECDH(own private, other public)
// K         HKDF-SHA-256(ikm = shared, salt = none, info, 32 bytes)
// info      "Wardline E2EE 1 pair" 00 ‖ len(visit) 2 ‖ visit ‖ sender's public key 65
//           ‖ recipient's public key 65 ‖ purpose 1 ‖ epoch 4
// envelope  nonce 12 (random) ‖ AES-256-GCM(K, nonce, plaintext)

/// <summary>The two directions between this member and one other (docs/design/e2ee.md, "Between two members").</summary>
internal sealed class PairKeys : IDisposable
{
    public const int NonceBytes = 12;
    public const int TagBytes = 16;
    private const int KeyBytes = 32;
    private readonly string _visit;
    private readonly byte[] _own;
    private readonly byte[] _other;
    private readonly byte[] _shared;

    private PairKeys(string visit, byte[] own, byte[] other, byte[] shared)
    {
        _visit = visit;
        _own = own;
        _other = other;
        _shared = shared;
    }

    /// <summary>Null when <paramref name="other"/> is no point of the curve or is our own key, reflected.</summary>
    public static PairKeys? Agree(string visit, OwnKeys own, byte[] other)
    {
        if (other.AsSpan().SequenceEqual(own.PublicKey) || own.Agree(other) is not { } shared)
        {
            return null;
        }

        return new(visit, own.PublicKey, other, shared);
    }

    /// <summary>nonce ‖ ciphertext ‖ tag, for the other member only.</summary>
    public byte[] Seal(EnvelopePurpose purpose, uint epoch, ReadOnlySpan<byte> plaintext, IRandomSource random)
    {
        byte[] envelope = new byte[NonceBytes + plaintext.Length + TagBytes];
        Span<byte> nonce = envelope.AsSpan(0, NonceBytes);
        random.Fill(nonce);
        using AesGcm aead = Derive(_own, _other, purpose, epoch);
        aead.Encrypt(nonce, plaintext, envelope.AsSpan(NonceBytes, plaintext.Length), envelope.AsSpan(NonceBytes + plaintext.Length));
        return envelope;
    }

    /// <summary>What the other member sealed for us, which fills <paramref name="plaintext"/>; false for anything else.</summary>
    public bool TryOpen(EnvelopePurpose purpose, uint epoch, ReadOnlySpan<byte> envelope, Span<byte> plaintext)
    {
        if (envelope.Length != NonceBytes + plaintext.Length + TagBytes)
        {
            return false;
        }

        using AesGcm aead = Derive(_other, _own, purpose, epoch);
        try
        {
            aead.Decrypt(envelope[..NonceBytes], envelope.Slice(NonceBytes, plaintext.Length), envelope[^TagBytes..], plaintext);
            return true;
        }
        catch (AuthenticationTagMismatchException)
        {
            return false;
        }
    }

    public void Dispose() => CryptographicOperations.ZeroMemory(_shared);

    // One key for each direction, purpose and epoch: the order of the public keys is the direction.
    private AesGcm Derive(byte[] from, byte[] to, EnvelopePurpose purpose, uint epoch)
    {
        byte[] tail = new byte[5];
        tail[0] = (byte)purpose;
        BinaryPrimitives.WriteUInt32BigEndian(tail.AsSpan(1), epoch);
        byte[] info = Bytes.Labelled("Wardline E2EE 1 pair", _visit, from, to, tail);
        Span<byte> key = stackalloc byte[KeyBytes];
        HKDF.DeriveKey(HashAlgorithmName.SHA256, _shared, key, salt: [], info);
        AesGcm aead = new(key, TagBytes);
        CryptographicOperations.ZeroMemory(key);
        return aead;
    }
}
