using Wardline.Vault.Fields;
using Wardline.Vault.KeyRing;
using Wardline.Vault.KeySources;

namespace Wardline.Vault.Tests.KeyRing;

/// <summary>A ring over a memory store and a key file in a folder of its own, with a clock that a test moves.</summary>
internal sealed class Rings : IAsyncDisposable
{
    private readonly List<IAsyncDisposable> _open = [];

    private Rings()
    {
    }

    public string Folder { get; } = Directory.CreateTempSubdirectory("wardline-ring-").FullName;

    public MemoryKeyStore Store { get; } = new();

    public ManualTime Time { get; } = new();

    public List<Erasure> Recorded { get; } = [];

    /// <summary>What the recorder does before it writes an erasure down.</summary>
    public Func<Erasure, ValueTask>? Recording { get; set; }

    public VaultKeyRing Ring { get; private set; } = null!;

    public FieldVault Fields { get; private set; } = null!;

    public KeySourceSet Sources { get; private set; } = null!;

    public static async Task<Rings> OpenAsync(IKeySource? source = null, params string[] tenants)
    {
        Rings rings = new();
        rings.Sources = new KeySourceSet(source ?? rings.FileSource());
        rings.Ring = rings.OpenAnother();
        rings.Fields = new FieldVault(rings.Ring);
        foreach (string tenant in tenants.Length > 0 ? tenants : ["clinic"])
        {
            await rings.Ring.EnsureTenantAsync(tenant, default);
        }

        return rings;
    }

    public FileKeySource FileSource(string name = "kek")
    {
        FileKeySource source = FileKeySource.Open(Path.Combine(Folder, name), production: false);
        _open.Add(source);
        return source;
    }

    /// <summary>Another server over the same store, or this one after a restart.</summary>
    /// <param name="cares">whether it looks after its keys by itself, or when the test says so.</param>
    public VaultKeyRing OpenAnother(KeySourceSet? sources = null, IKeyStore? store = null, bool cares = false)
    {
        VaultKeyRing ring = cares
            ? VaultKeyRing.Open(store ?? Store, sources ?? Sources, RecordAsync, Time)
            : VaultKeyRing.OpenWithoutCare(store ?? Store, sources ?? Sources, RecordAsync, Time, new());
        _open.Add(ring);
        return ring;
    }

    public async ValueTask DisposeAsync()
    {
        for (int i = _open.Count - 1; i >= 0; i--)
        {
            await _open[i].DisposeAsync();
        }

        Directory.Delete(Folder, recursive: true);
    }

    private async ValueTask RecordAsync(Erasure erasure, CancellationToken cancel)
    {
        if (Recording is { } recording)
        {
            await recording(erasure);
        }

        lock (Recorded)
        {
            Recorded.Add(erasure);
        }
    }
}
