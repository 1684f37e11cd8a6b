using Wardline.Vault.SealedBlobs;

namespace Wardline.Vault.Tests.SealedBlobs;

public sealed class GeometryTests
{
    [Fact]
    public void Every_plain_byte_is_in_the_segment_that_says_so()
    {
        BlobFormat format = Blobs.Small;
        long segment = 0;
        for (long at = 0; at < 1000; at++)
        {
            if (at == format.PlainStart(segment) + format.PlainBytes(segment))
            {
                segment++;
            }

            Assert.Equal(segment, format.SegmentAt(at));
            Assert.InRange(at, format.PlainStart(segment), format.PlainStart(segment) + format.PlainBytes(segment) - 1);
        }
    }

    [Fact]
    public void Lengths_follow_from_each_other_and_no_blob_has_another_one()
    {
        BlobFormat format = Blobs.Small;
        HashSet<long> possible = [.. Enumerable.Range(0, 1000).Select(n => format.SealedLength(n))];
        for (long length = 0; length <= format.SealedLength(999); length++)
        {
            Assert.Equal(possible.Contains(length), format.TryPlainLength(length, out long plain, out long segments));
            if (possible.Contains(length))
            {
                Assert.Equal(length, format.SealedLength(plain));
                Assert.Equal((length + format.SegmentBytes - 1) / format.SegmentBytes, segments);
            }
        }
    }

    [Fact]
    public void A_blob_of_two_gibibytes_costs_sixteen_bytes_a_mebibyte()
    {
        const long Plain = 2L << 30;
        Assert.Equal(Plain + 40 + (2049 * 16), SealedBlob.SealedLength(Plain));
        Assert.True(SealedBlob.TryPlainLength(SealedBlob.SealedLength(Plain), out long plain));
        Assert.Equal(Plain, plain);
    }

    [Fact]
    public void The_longest_blob_has_two_to_the_32_segments()
    {
        BlobFormat format = Blobs.Small;
        Assert.True(format.TryPlainLength(format.SealedLength(format.MaxPlainLength), out long plain, out long segments));
        Assert.Equal(format.MaxPlainLength, plain);
        Assert.Equal(BlobFormat.MaxSegments, segments);
        Assert.Throws<ArgumentOutOfRangeException>(() => format.SealedLength(format.MaxPlainLength + 1));
        Assert.False(format.TryPlainLength(format.SealedLength(format.MaxPlainLength) + 17, out _, out _));
        Assert.False(format.TryPlainLength(long.MaxValue - format.SegmentBytes, out _, out _));
        Assert.False(format.TryPlainLength(-1, out _, out _));
    }

    [Fact]
    public void A_segment_beyond_the_last_possible_number_is_not_sealed_under_a_nonce_that_was_used()
    {
        using SegmentCipher cipher = SegmentCipher.ForNew(Blobs.Small, new byte[32], []);
        byte[] buffer = new byte[20];
        cipher.Seal(buffer, BlobFormat.MaxSegments - 1, last: true);
        VaultException refused = Assert.Throws<VaultException>(() => cipher.Seal(buffer, BlobFormat.MaxSegments, last: true));
        Assert.Equal("vault.blob-too-long", refused.Code);
    }
}
