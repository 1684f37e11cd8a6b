namespace Wardline.Packages.Tests;

/// <summary>A stranger's project: what a README tells to copy, and a reference to one package of one folder.</summary>
internal sealed class Consumer
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(3);
    private readonly string _folder;

    private Consumer(string folder) => _folder = folder;

    public string Assembly => Path.Combine(_folder, "bin", "Consumer.dll");

    /// <summary>Restores from the folder alone, and compiles with every warning as an error.</summary>
    public static async Task<Consumer> BuildAsync(PackedPackages packed, string package)
    {
        string folder = Path.Combine(packed.Root, $"consumer-{package}");
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "Program.cs"), FirstExample.Of(packed.Open(package).Text("README.md"), "cs"));
        File.WriteAllText(Path.Combine(folder, "nuget.config"), $"""
            <configuration>
              <packageSources><clear /><add key="packed" value="{packed.Source}" /></packageSources>
              <config><add key="globalPackagesFolder" value="{Path.Combine(folder, "packages")}" /></config>
            </configuration>
            """);
        File.WriteAllText(Path.Combine(folder, "Consumer.csproj"), $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <OutputType>Exe</OutputType>
                <TargetFramework>net10.0</TargetFramework>
                <Nullable>enable</Nullable>
                <ImplicitUsings>enable</ImplicitUsings>
                <TreatWarningsAsErrors>true</TreatWarningsAsErrors>
                <NuGetAudit>false</NuGetAudit>
                <UseAppHost>false</UseAppHost>
              </PropertyGroup>
              <ItemGroup>
                <PackageReference Include="{package}" Version="{Repository.Version}" />
              </ItemGroup>
            </Project>
            """);
        await Command.RunAsync(folder, s_patience, "dotnet", "build", "-c", "Release", "-v", "q", "-o", "bin");
        return new Consumer(folder);
    }

    public Command Start(params IEnumerable<string> arguments) => new(_folder, "dotnet", [Assembly, .. arguments]);
}
