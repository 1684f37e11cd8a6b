using System.Globalization;
using System.Text.Json;
using Wardline.Client.E2ee;

namespace Wardline.Client.Tests.E2ee;

/// <summary>RFC 9605 appendix C, and the frame of the worked example of docs/design/e2ee.md.</summary>
public sealed class SFrameTests
{
    private static readonly JsonElement Vectors = Load();

    [Fact]
    public void Writes_reads_and_refuses_cut_all_published_headers()
    {
        Assert.Equal(289, Vectors.GetProperty("headers").GetArrayLength());
        byte[] written = new byte[SFrameHeader.MaxBytes];
        foreach (JsonElement line in Vectors.GetProperty("headers").EnumerateArray())
        {
            ulong keyId = ulong.Parse(line[0].GetString()!, CultureInfo.InvariantCulture);
            ulong counter = ulong.Parse(line[1].GetString()!, CultureInfo.InvariantCulture);
            byte[] encoded = Convert.FromHexString(line[2].GetString()!);
            Assert.Equal(encoded, written[..SFrameHeader.Write(keyId, counter, written)]);
            Assert.True(SFrameHeader.TryRead(encoded, out SFrameHeader header));
            Assert.Equal(new SFrameHeader(keyId, counter, encoded.Length), header);
            for (int length = 0; length < encoded.Length; length++)
            {
                Assert.False(SFrameHeader.TryRead(encoded.AsSpan(0, length), out _));
            }
        }
    }

    [Fact]
    public void Seals_to_the_published_ciphertext_and_opens_no_changed_bit_of_it()
    {
        JsonElement suite = Assert.Single(Vectors.GetProperty("suites").EnumerateArray(), s => s.GetProperty("cipher_suite").GetInt32() == 5);
        byte[] Hex(string name) => Convert.FromHexString(suite.GetProperty(name).GetString()!);
        ulong keyId = ulong.Parse(suite.GetProperty("kid").ToString(), CultureInfo.InvariantCulture);
        ulong counter = ulong.Parse(suite.GetProperty("ctr").ToString(), CultureInfo.InvariantCulture);
        byte[] derived = new byte[32];
        SFrameKey.DeriveKey(keyId, Hex("base_key"), derived);
        Assert.Equal(Hex("sframe_key"), derived);
        using SFrameKey key = new(keyId, Hex("base_key"));
        byte[] sealedFrame = new byte[200];
        int length = key.Seal(counter, Hex("metadata"), Hex("pt"), sealedFrame);
        Assert.Equal(Hex("ct"), sealedFrame[..length]);

        byte[] opened = new byte[200];
        Assert.True(SFrameHeader.TryRead(Hex("ct"), out SFrameHeader header));
        Assert.True(key.TryOpen(header, Hex("ct"), Hex("metadata"), opened, out int openedBytes));
        Assert.Equal(Hex("pt"), opened[..openedBytes]);
        for (int bit = 0; bit < length * 8; bit++)
        {
            byte[] changed = Hex("ct");
            changed[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.False(SFrameHeader.TryRead(changed, out header) && key.TryOpen(header, changed, Hex("metadata"), opened, out _));
        }
    }

    [Fact]
    public void Makes_the_frame_of_the_worked_example()
    {
        byte[] baseKey = [.. Enumerable.Range(0, 32).Select(i => (byte)i)];
        byte[] salt = new byte[12];
        SFrameKey.DeriveSalt(0x0203, baseKey, salt);
        Assert.Equal("ed7a8df16066094bb3f565fb", Convert.ToHexStringLower(salt));
        using SFrameKey key = new(0x0203, baseKey);
        byte[] frame = new byte[100];
        int length = key.Seal(300, [2, 0x31, 2, 0], "a VP8 frame"u8, frame);
        Assert.Equal("990203012cab86efe1d1951f331149de1eda23bf1b51f6f091da5823307e0807", Convert.ToHexStringLower(frame.AsSpan(0, length)));
    }

    [Fact]
    public void The_replay_window_agrees_with_a_plain_set_over_a_disorderly_run()
    {
        ReplayWindow window = new();
        HashSet<long> seen = [];
        long seed = 11, newest = -1;
        for (int i = 0; i < 20_000; i++)
        {
            seed = seed * 48_271 % 2_147_483_647;
            long counter = Math.Max(0, newest + 40 - seed % 1_300);
            bool fresh = !seen.Contains(counter) && counter > newest - 1_024;
            Assert.Equal(fresh, window.IsFresh(counter));
            if (fresh)
            {
                window.Take(counter);
                seen.Add(counter);
            }

            newest = Math.Max(newest, counter);
        }
    }

    private static JsonElement Load()
    {
        using Stream stream = typeof(SFrameTests).Assembly.GetManifestResourceStream("sframe-rfc9605.json")!;
        return JsonDocument.Parse(stream).RootElement;
    }
}
