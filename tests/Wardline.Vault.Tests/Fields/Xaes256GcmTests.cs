using System.Security.Cryptography;
using System.Text;
using Wardline.Vault.Fields;

namespace Wardline.Vault.Tests.Fields;

/// <summary>Held against the vectors of the published specification (c2sp.org/XAES-256-GCM, "Test vectors").</summary>
public sealed class Xaes256GcmTests
{
    [Theory]
    [InlineData(0x01, "", "ce546ef63c9cc60765923609b33a9a1974e96e52daf2fcf7075e2271")]
    [InlineData(0x03, "c2sp.org/XAES-256-GCM", "986ec1832593df5443a179437fd083bf3fdb41abd740a21f71eb769d")]
    public void Seals_as_the_specification_shows(byte keyByte, string associated, string sealedHex)
    {
        byte[] key = [.. Enumerable.Repeat(keyByte, 32)];
        byte[] nonce = "ABCDEFGHIJKLMNOPQRSTUVWX"u8.ToArray();
        byte[] plain = "XAES-256-GCM"u8.ToArray();
        byte[] aad = Encoding.ASCII.GetBytes(associated);
        byte[] box = [.. nonce, .. new byte[plain.Length + Xaes256Gcm.TagBytes]];
        using Xaes256Gcm cipher = new(key);
        cipher.Encrypt(nonce, plain, aad, box.AsSpan(24, plain.Length), box.AsSpan(24 + plain.Length));
        Assert.Equal(sealedHex, Convert.ToHexStringLower(box.AsSpan(24)));

        byte[] opened = new byte[plain.Length];
        Assert.True(cipher.TryOpen(box, aad, opened));
        Assert.Equal(plain, opened);
    }

    /// <summary>"Accumulated randomized tests", 10,000 iterations: keys, nonces and lengths from one SHAKE-128, ciphertexts into another.</summary>
    [Fact]
    public void Ten_thousand_random_messages_give_the_hash_of_the_specification()
    {
        // Squeezed at once: reading piece by piece needs OpenSSL 3.3. No iteration takes more than 32 + 24 + 2 * 256 bytes.
        byte[] random = Shake128.HashData([], 10_000 * 568);
        int at = 0;
        using Shake128 hash = new();
        for (int i = 0; i < 10_000; i++)
        {
            byte[] key = Take(32), nonce = Take(24), plain = Take(Take(1)[0]), aad = Take(Take(1)[0]);
            byte[] ciphertext = new byte[plain.Length], tag = new byte[16];
            using Xaes256Gcm cipher = new(key);
            cipher.Encrypt(nonce, plain, aad, ciphertext, tag);
            hash.AppendData(ciphertext);
            hash.AppendData(tag);
        }

        Assert.Equal("e6b9edf2df6cec60c8cbd864e2211b597fb69a529160cd040d56c0c210081939", Convert.ToHexStringLower(hash.GetHashAndReset(32)));

        byte[] Take(int count) => random.AsSpan((at += count) - count, count).ToArray();
    }

    [Fact]
    public void A_changed_byte_anywhere_does_not_open_and_leaves_nothing_behind()
    {
        using Xaes256Gcm cipher = new(RandomNumberGenerator.GetBytes(32));
        byte[] box = new byte[7 + Xaes256Gcm.OverheadBytes];
        cipher.Seal("seven b"u8, "here"u8, box);
        for (int i = 0; i < box.Length; i++)
        {
            byte[] changed = [.. box];
            changed[i] ^= 1;
            byte[] opened = [.. Enumerable.Repeat((byte)0xEE, 7)];
            Assert.False(cipher.TryOpen(changed, "here"u8, opened));
            Assert.Equal(new byte[7], opened);
        }

        Assert.All(Enumerable.Range(0, box.Length), n => Assert.False(cipher.TryOpen(box.AsSpan(0, n), "here"u8, new byte[7])));
        Assert.False(cipher.TryOpen(box, "there"u8, new byte[7]));
    }
}
