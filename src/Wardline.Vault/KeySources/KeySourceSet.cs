namespace Wardline.Vault.KeySources;

/// <summary>The key source that wraps what is new, and others that still (or already) unwrap while keys move from one to the next.</summary>
public sealed class KeySourceSet : IAsyncDisposable
{
    private readonly Dictionary<string, IKeySource> _byId = new(StringComparer.Ordinal);

    /// <exception cref="VaultException"><c>vault.key-source-settings</c>: two sources have one id.</exception>
    public KeySourceSet(IKeySource current, params IReadOnlyList<IKeySource> others)
    {
        Current = current;
        All = [current, .. others];
        foreach (IKeySource source in All)
        {
            if (!_byId.TryAdd(source.Id, source))
            {
                throw SourceErrors.Settings($"{source.Id} is given twice.");
            }
        }
    }

    public IKeySource Current { get; }

    public IReadOnlyList<IKeySource> All { get; }

    /// <exception cref="VaultException"><c>vault.key-source-unknown</c>.</exception>
    public IKeySource Find(string id) => _byId.TryGetValue(id, out IKeySource? source)
        ? source
        : throw new VaultException("vault.key-source-unknown", $"A key is wrapped under {id}, which is not among the key sources: name it beside the current one until everything is re-wrapped.");

    public async ValueTask DisposeAsync()
    {
        foreach (IKeySource source in All)
        {
            await source.DisposeAsync();
        }
    }
}
