using System.IO.Compression;
using System.Text;
using System.Xml.Linq;

namespace Wardline.Packages.Tests;

/// <summary>A NuGet package, read whole.</summary>
internal sealed class Package(string file, IReadOnlyDictionary<string, byte[]> entries)
{
    public string File => file;

    /// <summary>Name inside the package → content.</summary>
    public IReadOnlyDictionary<string, byte[]> Entries => entries;

    /// <summary>The nuspec's <c>metadata</c>.</summary>
    public XElement Metadata =>
        XDocument.Parse(Text(entries.Keys.Single(n => n.EndsWith(".nuspec", StringComparison.Ordinal)))).Root!.Elements().Single();

    public static Package Read(string file)
    {
        using ZipArchive zip = ZipFile.OpenRead(file);
        Dictionary<string, byte[]> entries = new(StringComparer.Ordinal);
        foreach (ZipArchiveEntry entry in zip.Entries)
        {
            using Stream content = entry.Open();
            using MemoryStream copy = new();
            content.CopyTo(copy);
            entries.Add(entry.FullName, copy.ToArray());
        }

        return new Package(file, entries);
    }

    public string Text(string name) => new StreamReader(new MemoryStream(entries[name]), Encoding.UTF8).ReadToEnd();

    public string? Said(string element) => Find(element)?.Value;

    public XElement? Find(string element) => Metadata.Elements().FirstOrDefault(e => e.Name.LocalName == element);
}
