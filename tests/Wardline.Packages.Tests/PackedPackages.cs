using Wardline.Packages.Tests;

[assembly: AssemblyFixture(typeof(PackedPackages))]

namespace Wardline.Packages.Tests;

/// <summary>The packages as <c>dotnet pack</c> makes them of what is built, in a folder of their own.</summary>
public sealed class PackedPackages : IAsyncLifetime
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(3);

    /// <summary>Everything that these tests write.</summary>
    public string Root { get; } = Directory.CreateTempSubdirectory("wardline-packages-").FullName;

    /// <summary>A package source: one folder with packages in it.</summary>
    public string Source => Path.Combine(Root, "source");

    public async ValueTask InitializeAsync() => await Command.RunAsync(
        Repository.Root, s_patience, "dotnet", "pack", "Wardline.slnx", "-c", "Release", "--no-build", "-v", "q", "-o", Source);

    public ValueTask DisposeAsync()
    {
        Directory.Delete(Root, recursive: true);
        return ValueTask.CompletedTask;
    }

    internal Package Open(string id, string extension = ".nupkg") =>
        Package.Read(Path.Combine(Source, $"{id}.{Repository.Version}{extension}"));
}
