using System.Collections.Immutable;
using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Text.RegularExpressions;

namespace Wardline.Packages.Tests;

/// <summary>
/// The analyzer holds each member to <c>PublicAPI.*.txt</c> while it compiles; this holds the analyzer to be on, by asking
/// the packed assembly.
/// </summary>
public sealed partial class PublicApiTests(PackedPackages packed)
{
    public static TheoryData<string> Packages => [.. Repository.Packages];

    [Theory]
    [MemberData(nameof(Packages))]
    public void The_public_types_of_a_package_are_the_ones_that_its_file_of_public_api_names(string id)
    {
        string[] lines = [.. File.ReadAllLines(Repository.Place("src", id, "PublicAPI.Shipped.txt")), .. File.ReadAllLines(Repository.Place("src", id, "PublicAPI.Unshipped.txt"))];
        Assert.Equal("#nullable enable", lines[0]);
        string[] named = [.. lines.Where(l => TypeLine().IsMatch(l)).Order(StringComparer.Ordinal)];
        string[] packedTypes = [.. PublicTypes(packed.Open(id).Entries[$"lib/net10.0/{id}.dll"]).Order(StringComparer.Ordinal)];
        Assert.True(
            named.SequenceEqual(packedTypes),
            $"Written down, and not there: {string.Join(", ", named.Except(packedTypes))}. There, and not written down: {string.Join(", ", packedTypes.Except(named))}. " +
            "If that is meant: ./test.sh --accept-api, and a line in CHANGELOG.md.");
        Assert.Equal(id == "Wardline.Sockets", named.Length == 0); // all of it is internal
    }

    private static IEnumerable<string> PublicTypes(byte[] assembly)
    {
        using PEReader pe = new(ImmutableArray.Create(assembly));
        MetadataReader reader = pe.GetMetadataReader();
        List<string> found = [];
        foreach (TypeDefinition type in reader.TypeDefinitions.Select(reader.GetTypeDefinition))
        {
            if (Name(reader, type) is { } name)
            {
                found.Add(name);
            }
        }

        return found;
    }

    /// <summary>As the file writes it; null when it is not public from outside to inside.</summary>
    private static string? Name(MetadataReader reader, TypeDefinition type)
    {
        string name = reader.GetString(type.Name);
        return (type.Attributes & TypeAttributes.VisibilityMask) switch
        {
            TypeAttributes.Public => $"{reader.GetString(type.Namespace)}.{name}",
            TypeAttributes.NestedPublic => Name(reader, reader.GetTypeDefinition(type.GetDeclaringType())) is { } outer ? $"{outer}.{name}" : null,
            _ => null,
        };
    }

    // Members have parentheses or "->".
    [GeneratedRegex(@"^Wardline\.[\w.]+$")]
    private static partial Regex TypeLine();
}
