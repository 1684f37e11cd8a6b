using System.Diagnostics;
using System.Security.Cryptography;
using Wardline.Vault.SealedBlobs;

namespace Wardline.Vault.Tests.SealedBlobs;

/// <summary>
/// tink-format.mjs was written from Tink's public description alone, for node's crypto: each side opens what the other
/// sealed, with the parameters of AES256_GCM_HKDF_1MB.
/// </summary>
public sealed class IndependentFormatTests
{
    private const int FirstPlain = SealedBlob.SegmentBytes - 40 - 16;
    private const int NextPlain = SealedBlob.SegmentBytes - 16;

    private static readonly byte[] Key = SHA256.HashData("another key"u8);
    private static readonly byte[] Bound = "tenant/recordings/2"u8.ToArray();

    public static TheoryData<int> Lengths => [0, 1, FirstPlain - 1, FirstPlain, FirstPlain + 1, FirstPlain + NextPlain, FirstPlain + NextPlain + 1, 5_000_000];

    [Theory]
    [MemberData(nameof(Lengths))]
    public async Task An_independent_reader_opens_what_wardline_sealed(int length)
    {
        byte[] plain = Blobs.Plain(length);
        using MemoryStream sealedBlob = new();
        await SealedBlob.SealAsync(new MemoryStream(plain), sealedBlob, Key, Bound, cancel: TestContext.Current.CancellationToken);
        Assert.Equal(SealedBlob.SealedLength(length), sealedBlob.Length);
        byte[] opened = await NodeAsync("open", sealedBlob.ToArray());
        Assert.True(plain.AsSpan().SequenceEqual(opened));
    }

    [Theory]
    [MemberData(nameof(Lengths))]
    public async Task Wardline_opens_what_an_independent_writer_sealed(int length)
    {
        byte[] plain = Blobs.Plain(length);
        byte[] sealedBlob = await NodeAsync("seal", plain);
        Assert.Equal(SealedBlob.SealedLength(length), sealedBlob.Length);
        Assert.True(SealedBlob.TryPlainLength(sealedBlob.Length, out long said));
        Assert.Equal(length, said);

        using MemoryStream opened = new();
        await SealedBlob.OpenAsync(new MemoryStream(sealedBlob), opened, Key, Bound, cancel: TestContext.Current.CancellationToken);
        Assert.True(plain.AsSpan().SequenceEqual(opened.ToArray()));

        await using SealedBlobReader reader = await SealedBlobReader.OpenAsync(new MemoryRange(sealedBlob), Key, Bound, cancel: TestContext.Current.CancellationToken);
        byte[] tail = new byte[Math.Min(length, 100_000)];
        reader.Seek(-tail.Length, SeekOrigin.End);
        await reader.ReadExactlyAsync(tail, TestContext.Current.CancellationToken);
        Assert.True(plain.AsSpan(length - tail.Length).SequenceEqual(tail));
    }

    private static async Task<byte[]> NodeAsync(string verb, byte[] input)
    {
        ProcessStartInfo start = new("node", [Path.Combine(AppContext.BaseDirectory, "tink-format.mjs"), verb, Convert.ToHexString(Key), Convert.ToHexString(Bound)])
        {
            UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        using Process node = Process.Start(start)!;
        CancellationToken cancel = TestContext.Current.CancellationToken;
        using MemoryStream output = new();
        Task reading = node.StandardOutput.BaseStream.CopyToAsync(output, cancel);
        Task<string> complaints = node.StandardError.ReadToEndAsync(cancel);
        await node.StandardInput.BaseStream.WriteAsync(input, cancel);
        node.StandardInput.Close();
        await reading;
        await node.WaitForExitAsync(cancel);
        Assert.True(node.ExitCode == 0, await complaints);
        return output.ToArray();
    }
}
