namespace Wardline.Architecture.Tests;

/// <summary>The table of docs/architecture.md, enforced.</summary>
public sealed class ProjectTests
{
    /// <summary>Who may know whom. A project that is not here does not exist: add it with its reason in docs/architecture.md first.</summary>
    private static readonly Dictionary<string, string[]> Allowed = new(StringComparer.Ordinal)
    {
        ["Wardline.Rtc"] = [],
        ["Wardline.Sfu"] = ["Wardline.Rtc"],
        ["Wardline.Sockets"] = ["Wardline.Rtc"],
        ["Wardline.Media"] = ["Wardline.Sfu", "Wardline.Sockets", "Wardline.Rtc"],
        ["Wardline.Client"] = ["Wardline.Sockets", "Wardline.Rtc"],
        ["Wardline.Access"] = [],
        ["Wardline.Ledger"] = [],
        ["Wardline.Vault"] = [],
        ["Wardline.Server"] = ["Wardline.Rtc", "Wardline.Sfu", "Wardline.Media", "Wardline.Client", "Wardline.Ledger", "Wardline.Vault"],
        ["Wardline.Cli"] = ["Wardline.Client", "Wardline.Ledger", "Wardline.Vault", "Wardline.Rtc"],
        ["Wardline.Bot"] = ["Wardline.Client"],
        ["Wardline.Netem"] = ["Wardline.Rtc"],
        ["Wardline.Fuzz"] = ["Wardline.Rtc", "Wardline.Sfu", "Wardline.Media", "Wardline.Server", "Wardline.Client", "Wardline.Vault", "Wardline.Ledger"],
        ["Wardline.Bench"] = ["Wardline.Rtc", "Wardline.Sfu", "Wardline.Sockets", "Wardline.Media", "Wardline.Client", "Wardline.Vault", "Wardline.Ledger"],
        // The server in a host that writes down what the SFU sees: never part of the product.
        ["Wardline.TapHost"] = ["Wardline.Server", "Wardline.Media"],
        // The native peer is tried beside the real SFU in virtual time; the client itself knows nothing of it.
        ["Wardline.Client.Tests"] = ["Wardline.Client", "Wardline.Sockets", "Wardline.Rtc", "Wardline.Sfu", "Wardline.Netem"],
        // A stranger knows the packages alone; this one plays the other end of the visit too.
        ["Wardline.Packages.Tests"] = ["Wardline.Client"],
        ["Wardline.Architecture.Tests"] = [],
    };

    private static readonly string[] ForbiddenNames = ["Common", "Utils", "Util", "Utilities", "Helpers", "Core", "Shared", "Base", "Misc"];

    public static TheoryData<string> Projects => [.. Repository.Projects.Select(p => p.Name)];

    [Theory]
    [MemberData(nameof(Projects))]
    public void A_project_references_only_what_the_architecture_page_allows(string name)
    {
        Project project = Find(name);
        Assert.Empty(project.ProjectReferences.Except(MayReference(project), StringComparer.Ordinal));
    }

    [Fact]
    public void The_product_has_the_projects_of_the_architecture_page()
    {
        string[] names = [.. Repository.Projects.Select(p => p.Name)];
        Assert.Superset(
            new HashSet<string>(["Wardline.Rtc", "Wardline.Sfu", "Wardline.Media", "Wardline.Server", "Wardline.Cli"], StringComparer.Ordinal),
            new HashSet<string>(names, StringComparer.Ordinal));
        Assert.Equal(names.Length, names.Distinct(StringComparer.Ordinal).Count());
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void No_project_is_a_drawer_for_everything(string name) =>
        Assert.Empty(name.Split('.').Intersect(ForbiddenNames, StringComparer.OrdinalIgnoreCase));

    [Theory]
    [InlineData("Wardline.Rtc")]
    [InlineData("Wardline.Sfu")]
    public void The_sans_io_core_takes_no_package(string name) => Assert.Empty(Find(name).PackageReferences);

    [Fact]
    public void Every_source_project_has_its_test_project()
    {
        string[] without = [.. Repository.Projects.Where(p => p.IsSource).Select(p => p.Name)
            .Where(n => !Repository.Has($"tests/{n}.Tests/{n}.Tests.csproj"))];
        Assert.Empty(without);
    }

    [Fact]
    public void Every_project_is_in_the_solution()
    {
        string solution = Repository.Read("Wardline.slnx");
        Assert.All(Repository.Projects, p => Assert.Contains($"\"{p.File}\"", solution, StringComparison.Ordinal));
    }

    [Fact]
    public void The_architecture_page_and_the_readme_name_every_source_project()
    {
        string[] sources = [.. Repository.Projects.Where(p => p.IsSource).Select(p => p.Name)];
        Assert.All(["docs/architecture.md", "README.md"], page => Assert.All(sources, name => Assert.Contains(name, Repository.Read(page), StringComparison.Ordinal)));
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void Internals_open_only_to_tests_fuzzing_and_measuring(string name) =>
        Assert.All(Find(name).FriendAssemblies, f =>
            Assert.True(
                f.EndsWith(".Tests", StringComparison.Ordinal) || f is "Wardline.Fuzz" or "Wardline.Bench" or "Wardline.Netem" or "Wardline.TapHost" ||
                // Bare system calls are nobody's API: they are shared by the two that stand on them, and by no third.
                (name == "Wardline.Sockets" && f is "Wardline.Media" or "Wardline.Client"),
                f));

    private static Project Find(string name) => Assert.Single(Repository.Projects, p => p.Name == name);

    private static string[] MayReference(Project project)
    {
        if (Allowed.TryGetValue(project.Name, out string[]? known))
        {
            return known;
        }

        // A test project knows the project that it tests, whatever that one knows, the network emulator and the fuzz targets.
        const string Suffix = ".Tests";
        Assert.EndsWith(Suffix, project.Name, StringComparison.Ordinal);
        string subject = project.Name[..^Suffix.Length];
        Assert.True(Allowed.TryGetValue(subject, out string[]? below), $"{project.Name} tests a project that is not on the architecture page.");
        return [subject, .. below, "Wardline.Netem", "Wardline.Fuzz"];
    }
}
