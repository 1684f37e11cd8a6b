using System.Collections.Immutable;
using System.IO.Compression;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Text;

namespace Wardline.Packages.Tests;

/// <summary>Whoever steps into a package from a debugger finds the sources, without a server that has them.</summary>
public sealed class SymbolTests(PackedPackages packed)
{
    // Portable PDB, "Embedded Source": int32 (0: as it is, else its length when inflated), then the content.
    private static readonly Guid s_embeddedSource = new("0E8A571B-6926-466E-B4AD-8AB04611F5FE");

    public static TheoryData<string> Packages => [.. Repository.Packages];

    [Theory]
    [MemberData(nameof(Packages))]
    public void Symbols_fit_their_assembly_and_hold_every_source(string id)
    {
        byte[] assembly = packed.Open(id).Entries[$"lib/net10.0/{id}.dll"], symbols = packed.Open(id, ".snupkg").Entries[$"lib/net10.0/{id}.pdb"];
        using PEReader pe = new([.. assembly]);
        using MetadataReaderProvider provider = MetadataReaderProvider.FromPortablePdbImage([.. symbols]);
        MetadataReader pdb = provider.GetMetadataReader();

        CodeViewDebugDirectoryData view = pe.ReadCodeViewDebugDirectoryData(pe.ReadDebugDirectory().Single(e => e.Type == DebugDirectoryEntryType.CodeView));
        Assert.Equal(new BlobContentId(pdb.DebugMetadataHeader!.Id).Guid, view.Guid);
        Assert.NotEmpty(pdb.Documents);
        int ours = 0;
        foreach (DocumentHandle handle in pdb.Documents)
        {
            string name = pdb.GetString(pdb.GetDocument(handle).Name);
            Assert.StartsWith("/_/", name, StringComparison.Ordinal);
            string source = EmbeddedSource(pdb, handle) ?? throw new InvalidOperationException($"{name} is not in the symbols");
            Assert.DoesNotContain(Repository.Root + "/", source, StringComparison.Ordinal);
            if (File.Exists(Repository.Place(name[3..])) && !name.Contains("/obj/", StringComparison.Ordinal))
            {
                ours++;
                Assert.Equal(File.ReadAllText(Repository.Place(name[3..])), source);
            }
        }

        Assert.True(ours >= 10, $"{ours} sources");
    }

    private static string? EmbeddedSource(MetadataReader pdb, DocumentHandle document)
    {
        foreach (CustomDebugInformation information in pdb.GetCustomDebugInformation(document).Select(pdb.GetCustomDebugInformation))
        {
            if (pdb.GetGuid(information.Kind) == s_embeddedSource)
            {
                ImmutableArray<byte> blob = pdb.GetBlobContent(information.Value);
                byte[] content = [.. blob.AsSpan()[4..]];
                using Stream raw = new MemoryStream(content);
                using Stream stream = blob.AsSpan()[..4].IndexOfAnyExcept((byte)0) < 0 ? raw : new DeflateStream(raw, CompressionMode.Decompress);
                return new StreamReader(stream, Encoding.UTF8).ReadToEnd();
            }
        }

        return null;
    }
}
