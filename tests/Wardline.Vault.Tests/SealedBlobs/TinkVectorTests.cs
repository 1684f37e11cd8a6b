using System.Security.Cryptography;
using System.Text.Json;
using Wardline.Vault.SealedBlobs;

namespace Wardline.Vault.Tests.SealedBlobs;

/// <summary>Tink's own vectors, both ways. None of them has the parameters of AES256_GCM_HKDF_1MB: those are in <see cref="IndependentFormatTests"/>.</summary>
public sealed class TinkVectorTests
{
    private static readonly Vector[] Vectors = Load();

    public static TheoryData<string> Names => [.. Vectors.Select(v => v.Name)];

    [Fact]
    public void There_are_the_eight_vectors_that_tink_publishes() => Assert.Equal(8, Vectors.Length);

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Opens_what_tink_sealed(string name)
    {
        Vector vector = Vectors.Single(v => v.Name == name);
        SegmentBuffers pool = new(vector.Format.SegmentBytes, keep: 4);
        CancellationToken cancel = TestContext.Current.CancellationToken;

        using MemoryStream copied = new();
        await SealedBlob.OpenAsync(vector.Format, pool, new MemoryStream(vector.Sealed), copied, vector.Key, vector.Associated, null, cancel);
        Assert.Equal(vector.Plain, copied.ToArray());

        using MemoryStream streamed = new();
        await using (OpeningStream stream = new(vector.Format, pool, new MemoryStream(vector.Sealed), vector.Key, vector.Associated, leaveOpen: false))
        {
            await stream.CopyToAsync(streamed, cancel);
        }

        Assert.Equal(vector.Plain, streamed.ToArray());

        await using SealedBlobReader reader = await SealedBlobReader.OpenAsync(vector.Format, pool, new MemoryRange(vector.Sealed), vector.Key, vector.Associated, leaveOpen: false, cancel);
        Assert.Equal(vector.Plain.Length, reader.Length);
        for (int at = 0; at < vector.Plain.Length; at++)
        {
            byte[] rest = new byte[vector.Plain.Length - at];
            reader.Position = at;
            await reader.ReadExactlyAsync(rest, cancel);
            Assert.Equal(vector.Plain[at..], rest);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Seals_as_tink_did_under_the_same_salt_and_nonce_prefix(string name)
    {
        Vector vector = Vectors.Single(v => v.Name == name);
        using SegmentCipher cipher = SegmentCipher.For(vector.Format, vector.Sealed, vector.Key, vector.Associated);
        using MemoryStream ours = new();
        await SealedBlob.SealAsync(
            vector.Format, new SegmentBuffers(vector.Format.SegmentBytes, keep: 4), cipher, new MemoryStream(vector.Plain), ours, null, TestContext.Current.CancellationToken);
        Assert.Equal(Convert.ToHexStringLower(vector.Sealed), Convert.ToHexStringLower(ours.ToArray()));
    }

    // What Tink's cross-language tests say of keys (aes_gcm_hkdf_streaming_key_test.py).
    [Theory]
    [InlineData(16, 16, "SHA256", 512, true)]
    [InlineData(32, 32, "SHA256", 512, true)]
    [InlineData(16, 16, "SHA1", 512, true)]
    [InlineData(16, 16, "SHA512", 512, true)]
    [InlineData(16, 16, "SHA256", 41, true)]
    [InlineData(16, 16, "SHA256", int.MaxValue, true)]
    [InlineData(16, 24, "SHA256", 512, false)]
    [InlineData(16, 16, "SHA384", 512, false)]
    [InlineData(16, 32, "SHA256", 512, false)]
    [InlineData(16, 16, "SHA256", 40, false)]
    public void Takes_the_parameters_that_tink_takes(int key, int derived, string hash, int segment, bool taken) =>
        Assert.Equal(taken, new BlobFormat(key, derived, new HashAlgorithmName(hash), segment).IsValid);

    [Fact]
    public void What_wardline_writes_is_the_template_aes256_gcm_hkdf_1mb()
    {
        Assert.Equal(new BlobFormat(32, 32, HashAlgorithmName.SHA256, 1_048_576), BlobFormat.Standard);
        Assert.True(BlobFormat.Standard.IsValid);
        Assert.Equal(40, BlobFormat.Standard.HeaderBytes);
        Assert.Equal(SealedBlob.SegmentBytes, BlobFormat.Standard.SegmentBytes);
        Assert.Equal(SealedBlob.KeyBytes, BlobFormat.Standard.KeyBytes);
    }

    private static Vector[] Load()
    {
        using JsonDocument file = JsonDocument.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "tink-aes-gcm-hkdf.json")));
        return [.. file.RootElement.GetProperty("vectors").EnumerateArray().Select(v =>
        {
            byte[] key = Hex(v, "key");
            BlobFormat format = new(key.Length, v.GetProperty("derived").GetInt32(), new HashAlgorithmName(v.GetProperty("hash").GetString()!), v.GetProperty("segment").GetInt32());
            Assert.True(format.IsValid);
            return new Vector(v.GetProperty("name").GetString()!, format, key, Hex(v, "associated"), Hex(v, "plain"), Hex(v, "sealed"));
        })];

        static byte[] Hex(JsonElement vector, string name) => Convert.FromHexString(vector.GetProperty(name).GetString()!);
    }

    private sealed record Vector(string Name, BlobFormat Format, byte[] Key, byte[] Associated, byte[] Plain, byte[] Sealed);
}
