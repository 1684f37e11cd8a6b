using Wardline.Vault.SealedBlobs;

namespace Wardline.Vault.Tests.SealedBlobs;

/// <summary>Whatever is done to a sealed blob, each way of opening it refuses, and returns nothing that its writer did not write there.</summary>
public sealed class TamperedBlobTests
{
    private const int Length = 300; // five segments: 32, 72, 72, 72, 52
    private readonly Blobs _blobs = new();
    private readonly byte[] _plain = Blobs.Plain(Length);

    public static TheoryData<string> Ways => [.. Blobs.Ways];

    public static TheoryData<string, int> WaysAndLengths
    {
        get
        {
            TheoryData<string, int> data = [];
            foreach (string way in Blobs.Ways)
            {
                foreach (int length in Blobs.SmallLengths)
                {
                    data.Add(way, length);
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(WaysAndLengths))]
    public async Task What_was_sealed_opens(string way, int length)
    {
        byte[] plain = Blobs.Plain(length);
        Assert.Equal(plain, await _blobs.OpenAsync(way, await _blobs.SealAsync(plain)));
        Assert.Equal(0, _blobs.Pool.Lent);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Every_byte_that_changes_is_noticed(string way)
    {
        byte[] sealedBlob = await _blobs.SealAsync(_plain);
        for (int at = 0; at < sealedBlob.Length; at++)
        {
            foreach (byte flip in (byte[])[0x01, 0x80])
            {
                byte[] changed = [.. sealedBlob];
                changed[at] ^= flip;
                using MemoryStream before = new();
                string code = await _blobs.CodeAsync(way, changed, before: before);
                Assert.Equal(at == 0 ? "vault.blob-header" : "vault.blob-segment", code);

                // Salt and nonce prefix are under every segment; a segment is only under itself.
                long whole = at < Blobs.Small.HeaderBytes ? 0 : Blobs.Small.PlainStart(at / Blobs.Small.SegmentBytes);
                Assert.True(before.Length <= whole, $"byte {at}: {before.Length} bytes returned, {whole} are true");
                Assert.Equal(_plain[..(int)before.Length], before.ToArray());
            }
        }
    }

    [Theory]
    [MemberData(nameof(WaysAndLengths))]
    public async Task A_blob_that_is_cut_off_anywhere_is_refused(string way, int length)
    {
        byte[] plain = Blobs.Plain(length);
        byte[] sealedBlob = await _blobs.SealAsync(plain);
        for (int kept = 0; kept < sealedBlob.Length; kept++)
        {
            using MemoryStream before = new();
            string code = await _blobs.CodeAsync(way, sealedBlob[..kept], before: before);
            Assert.Equal(plain[..(int)before.Length], before.ToArray());
            if (kept < Blobs.Small.HeaderBytes)
            {
                Assert.Equal("vault.blob-header", code);
            }
            else
            {
                // Cut off between two segments, or so that no tag is left; elsewhere the rest is a segment that was changed.
                int rest = kept < Blobs.Small.SegmentBytes ? kept - Blobs.Small.HeaderBytes : kept % Blobs.Small.SegmentBytes;
                bool between = kept % Blobs.Small.SegmentBytes == 0 || rest < BlobFormat.TagBytes || (kept > Blobs.Small.SegmentBytes && rest == BlobFormat.TagBytes);
                Assert.Equal(between ? "vault.blob-truncated" : "vault.blob-segment", code);
            }

            if (way == "read anywhere")
            {
                Assert.Equal(0, before.Length);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task A_segment_that_is_dropped_repeated_or_swapped_is_refused(string way)
    {
        byte[] sealedBlob = await _blobs.SealAsync(_plain);
        byte[][] segments = [.. sealedBlob.Chunk(Blobs.Small.SegmentBytes)];
        for (int i = 0; i < segments.Length; i++)
        {
            Assert.StartsWith("vault.blob-", await _blobs.CodeAsync(way, Join(segments.Where((_, n) => n != i))), StringComparison.Ordinal);
            Assert.Equal("vault.blob-segment", await _blobs.CodeAsync(way, Join([.. segments[..(i + 1)], segments[i], .. segments[(i + 1)..]])));
            for (int j = i + 1; j < segments.Length; j++)
            {
                byte[][] swapped = [.. segments];
                (swapped[i], swapped[j]) = (swapped[j], swapped[i]);
                Assert.StartsWith("vault.blob-", await _blobs.CodeAsync(way, Join(swapped)), StringComparison.Ordinal);
            }
        }
    }

    [Theory]
    [MemberData(nameof(WaysAndLengths))]
    public async Task Bytes_behind_the_last_segment_are_refused(string way, int length)
    {
        byte[] sealedBlob = await _blobs.SealAsync(Blobs.Plain(length));
        for (int more = 1; more <= Blobs.Small.SegmentBytes + 1; more++)
        {
            Assert.StartsWith("vault.blob-", await _blobs.CodeAsync(way, [.. sealedBlob, .. new byte[more]]), StringComparison.Ordinal);
        }
    }

    // Two ways to write the same bytes would let a blob grow without a change of what it says.
    [Theory]
    [MemberData(nameof(Ways))]
    public async Task An_empty_last_segment_behind_others_is_refused(string way)
    {
        byte[] header = new byte[Blobs.Small.HeaderBytes];
        header[0] = (byte)header.Length;
        using SegmentCipher cipher = SegmentCipher.For(Blobs.Small, header, _blobs.Key, Blobs.Bound);
        byte[] first = new byte[Blobs.Small.PlainBytes(0) + BlobFormat.TagBytes];
        cipher.Seal(first, 0, last: false);
        byte[] empty = new byte[BlobFormat.TagBytes];
        cipher.Seal(empty, 1, last: true);
        Assert.Equal("vault.blob-truncated", await _blobs.CodeAsync(way, [.. header, .. first, .. empty]));
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Another_key_or_another_name_opens_nothing(string way)
    {
        byte[] sealedBlob = await _blobs.SealAsync(_plain);
        byte[] other = [.. _blobs.Key];
        other[31] ^= 1;
        using MemoryStream before = new();
        Assert.Equal("vault.blob-segment", await _blobs.CodeAsync(way, sealedBlob, key: other, before: before));
        Assert.Equal("vault.blob-segment", await _blobs.CodeAsync(way, sealedBlob, bound: "tenant/recordings/2"u8.ToArray(), before: before));
        Assert.Equal("vault.blob-segment", await _blobs.CodeAsync(way, sealedBlob, bound: [], before: before));
        Assert.Equal(0, before.Length);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Segments_of_two_blobs_under_one_key_do_not_mix(string way)
    {
        byte[] one = await _blobs.SealAsync(_plain);
        byte[] two = await _blobs.SealAsync(_plain);
        Assert.NotEqual(one, two);
        for (int at = 0; at < one.Length; at += Blobs.Small.SegmentBytes)
        {
            byte[] mixed = [.. one];
            int end = Math.Min(at + Blobs.Small.SegmentBytes, one.Length);
            two.AsSpan(at, end - at).CopyTo(mixed.AsSpan(at));
            Assert.Equal("vault.blob-segment", await _blobs.CodeAsync(way, mixed));
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(31)]
    [InlineData(33)]
    public async Task Key_material_of_another_length_is_our_own_mistake(int bytes)
    {
        byte[] key = new byte[bytes];
        await Assert.ThrowsAsync<ArgumentException>(() => SealedBlob.SealAsync(new MemoryStream(), new MemoryStream(), key, Blobs.Bound));
        Assert.Throws<ArgumentException>(() => new SealingStream(new MemoryStream(), key, Blobs.Bound));
        Assert.Throws<ArgumentException>(() => new OpeningStream(new MemoryStream(), key, Blobs.Bound));
        await Assert.ThrowsAsync<ArgumentException>(() => SealedBlobReader.OpenAsync(new MemoryRange([40, .. new byte[55]]), key, Blobs.Bound));
    }

    private static byte[] Join(IEnumerable<byte[]> segments) => [.. segments.SelectMany(s => s)];
}
