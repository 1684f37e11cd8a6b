using Wardline.Vault.BlobStores;
using Wardline.Vault.BlobStores.Disk;

namespace Wardline.Vault.Tests.BlobStores;

public sealed class BlobNameTests
{
    /// <summary>What an attacker calls a thing.</summary>
    public static TheoryData<string> Hostile =>
    [
        "..", ".", "...", "../..", "../../etc/passwd", "..\\..\\x", "/etc/passwd", "a/../../b", "a/b", "~", "~ab", "%2e%2e", "%2E%2E%2F", "%", "%%", "a%00b", "\0", "a\0b",
        "CON", "nul.txt", ".hidden", "-rf", "--help", "a b", "a\nb", "a\r\nX-Evil: 1", "\t", " ", "é", "\u202Egnp.exe", "日本", "💉", "a:b", "a?b=c", "a#b", "a&b", "<script>", "'; DROP TABLE x;--", "$(id)", "`id`", "*",
        "\uFF0E\uFF0E\uFF0F", "a+b", "a;b", "\\", "//", "http://x/y",
    ];

    [Theory]
    [MemberData(nameof(Hostile))]
    public void Whatever_a_part_says_it_is_one_file_below_the_root(string part)
    {
        BlobName name = BlobName.Of("default", part, part);
        DiskPaths paths = new("/store");
        string path = paths.Of(name);
        Assert.Equal(path, Path.GetFullPath(path));
        Assert.StartsWith("/store/blobs/default/", path, StringComparison.Ordinal);
        Assert.Equal(7, path.Count(c => c == '/'));
        Assert.All(name.Parts, p => Assert.Matches("^[A-Za-z0-9_%-][A-Za-z0-9_%.-]*$", p));
        Assert.Equal(name, DiskPaths.NameAt(DiskPaths.Steps(name)));
    }

    [Theory]
    [MemberData(nameof(Hostile))]
    public void Two_parts_that_differ_are_two_names_and_a_name_reads_as_it_was_written(string part)
    {
        BlobName name = BlobName.Of(part);
        Assert.True(BlobName.TryParse(name.ToString(), out BlobName? read));
        Assert.Equal(name, read);
        Assert.Equal(name.GetHashCode(), read.GetHashCode());
        Assert.All(Hostile.Where(h => h.Data != part), other => Assert.NotEqual(name, BlobName.Of(other.Data)));
        Assert.NotEqual(name, BlobName.Of(name.ToString() + "x"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("/")]
    [InlineData("a/")]
    [InlineData("/a")]
    [InlineData("a//b")]
    [InlineData("..")]
    [InlineData("a/../b")]
    [InlineData(".a")]
    [InlineData("a%2")]
    [InlineData("a%")]
    [InlineData("a%61")] // a letter that need not be escaped
    [InlineData("a%2f")] // small letters
    [InlineData("a%2Eb")] // a dot that need not be escaped
    [InlineData("%C3")] // half a character
    [InlineData("%ED%A0%80")] // a surrogate
    [InlineData("%C0%AE")] // a dot in two bytes
    [InlineData("a b")]
    [InlineData("é")]
    [InlineData("~a")]
    [InlineData("1/2/3/4/5/6/7/8/9")]
    [InlineData("a\0")]
    public void What_is_not_the_one_way_to_write_a_name_is_none(string text) => Assert.False(BlobName.TryParse(text, out _));

    [Fact]
    public void Names_have_bounds()
    {
        Assert.Equal(BlobName.MaxPartBytes, BlobName.Of(new string('a', BlobName.MaxPartBytes)).ToString().Length);
        foreach (string[] parts in (string[][])
        [
            [], [""], ["a", ""], [new string('a', BlobName.MaxPartBytes + 1)], [new string('é', 40)], [.. Enumerable.Repeat("a", BlobName.MaxParts + 1)],
            [.. Enumerable.Repeat(new string('a', 200), 5)], ["\uD800"],
        ])
        {
            VaultException refused = Assert.Throws<VaultException>(() => BlobName.Of(parts));
            Assert.Equal("vault.blob-name", refused.Code);
        }

        Assert.False(BlobName.TryParse(null, out _));
        Assert.False(BlobName.TryParse(new string('a', 100_000), out _));
    }

    [Fact]
    public void A_sealed_blob_is_bound_to_the_whole_name()
    {
        byte[] bound = BlobName.Of("a", "b").ToAssociatedData();
        Assert.NotEqual(bound, BlobName.Of("a/b").ToAssociatedData());
        Assert.NotEqual(bound, BlobName.Of("ab").ToAssociatedData());
        Assert.NotEqual(bound, BlobName.Of("b", "a").ToAssociatedData());
    }

    [Fact]
    public void A_folder_of_names_is_made_of_whole_parts()
    {
        BlobName folder = BlobName.Of("default", "recordings");
        Assert.True(BlobName.Of("default", "recordings", "x").IsUnder(folder));
        Assert.False(BlobName.Of("default", "recordings2").IsUnder(folder));
        Assert.False(BlobName.Of("default", "recordings2", "x").IsUnder(folder));
        Assert.False(folder.IsUnder(folder));
        Assert.False(BlobName.Of("default").IsUnder(folder));
    }
}
