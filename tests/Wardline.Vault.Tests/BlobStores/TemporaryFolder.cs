namespace Wardline.Vault.Tests.BlobStores;

internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("wardline-vault-").FullName;

    public string At(params ReadOnlySpan<string> below) => System.IO.Path.Combine([Path, .. below]);

    public IEnumerable<string> Files() => Directory.EnumerateFiles(Path, "*", SearchOption.AllDirectories);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
