namespace Wardline.Vault.SealedBlobs;

/// <summary>Bytes that can be read at any place: a file, or an object in a store. They do not change while this is open.</summary>
public interface IRangeSource : IAsyncDisposable
{
    /// <summary>In bytes.</summary>
    long Length { get; }

    /// <summary>Fills the whole buffer with what stands at <paramref name="offset"/>, or throws. For one caller at a time, unless an implementation says more.</summary>
    ValueTask ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancel);
}
