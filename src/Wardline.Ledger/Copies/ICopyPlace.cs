namespace Wardline.Ledger.Copies;

/// <summary>
/// A second place, in which this server may create and nothing else: it can neither change nor take away what is there. An object
/// store with create-only rights, or a folder of somebody else.
/// </summary>
public interface ICopyPlace
{
    string Name { get; }

    /// <summary>Creates a file, whole or not at all.</summary>
    /// <param name="path">As the log names it: <c>tile/0/000</c>; only letters, digits, <c>. - _ /</c>.</param>
    /// <returns>False when there is one of that name already: it stays as it is.</returns>
    /// <exception cref="IOException">The place is away, or full; as any other exception.</exception>
    Task<bool> TryCreateAsync(string path, ReadOnlyMemory<byte> bytes, CancellationToken cancel);

    /// <summary>Null when there is no such file.</summary>
    Task<byte[]?> TryReadAsync(string path, CancellationToken cancel);

    /// <summary>Names right in a folder, in any order, those of folders without an end; none when there is no such folder.</summary>
    Task<IReadOnlyList<string>> ListAsync(string folder, CancellationToken cancel);
}
