using System.Text;
using Wardline.Ledger.Storage;
using Wardline.Ledger.Tests.Storage;
using Wardline.Ledger.Tree;

namespace Wardline.Ledger.Tests.Tree;

public sealed class TreeTests
{
    // The leaves and roots that certificate-transparency implementations have shared since RFC 6962.
    private static readonly string[] s_leaves = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];

    private static readonly string[] s_roots =
    [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];

    [Fact]
    public void Roots_are_those_of_the_shared_vectors()
    {
        CompactTree tree = new();
        Assert.Equal("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", Convert.ToHexStringLower(tree.Root()));
        for (int i = 0; i < s_leaves.Length; i++)
        {
            tree.Add(TreeHash.Leaf(Convert.FromHexString(s_leaves[i])));
            Assert.Equal(s_roots[i], Convert.ToHexStringLower(tree.Root()));
        }
    }

    [Theory]
    [InlineData(0, "000")]
    [InlineData(7, "007")]
    [InlineData(1_000, "x001/000")]
    [InlineData(1_234_067, "x001/x234/067")]
    public void Tiles_lie_where_the_specification_says(long index, string number)
    {
        Assert.Equal($"tile/0/{number}", TilePath.Tile(0, index));
        Assert.Equal($"tile/3/{number}.p/17", TilePath.Tile(3, index, 17));
        Assert.Equal($"tile/entries/{number}.p/1", TilePath.Entries(index, 1));
    }

    [Fact]
    public void Every_entry_is_proven_to_be_in_every_larger_tree_and_in_no_other_place()
    {
        Forest forest = new(300);
        for (int size = 1; size <= 300; size += size < 20 ? 1 : 37)
        {
            for (int index = 0; index < size; index += size < 20 ? 1 : 11)
            {
                InclusionProof proof = forest.Proofs(size).Inclusion(index);
                Assert.True(ProofCheck.Inclusion(forest.Leaf(index), proof, forest.Root(size)), $"{index} in {size}");
                Assert.False(ProofCheck.Inclusion(forest.Leaf(index + 1), proof, forest.Root(size)));
                Assert.False(ProofCheck.Inclusion(forest.Leaf(index), proof with { Index = index + 1 }, forest.Root(size)));
                Assert.False(ProofCheck.Inclusion(forest.Leaf(index), proof, forest.Root(size + 1)));
                Assert.False(ProofCheck.Inclusion(forest.Leaf(index), proof with { Hashes = [.. proof.Hashes, TreeHash.Empty] }, forest.Root(size)));
            }
        }
    }

    [Fact]
    public void Every_tree_is_proven_to_have_grown_out_of_every_smaller_one_and_out_of_no_other()
    {
        Forest forest = new(300);
        for (int to = 1; to <= 300; to += to < 20 ? 1 : 41)
        {
            for (int from = 0; from <= to; from += to < 20 ? 1 : 13)
            {
                ConsistencyProof proof = forest.Proofs(to).Consistency(from);
                Assert.True(ProofCheck.Consistency(proof, forest.Root(from), forest.Root(to)), $"{from} to {to}");
                if (from > 0 && from < to)
                {
                    Assert.False(ProofCheck.Consistency(proof, forest.Root(from - 1), forest.Root(to)));
                    Assert.False(ProofCheck.Consistency(proof, forest.Root(from), forest.Root(to + 1)));
                    Assert.False(ProofCheck.Consistency(proof with { From = from - 1 }, forest.Root(from), forest.Root(to)) && from != 1);
                    Assert.False(ProofCheck.Consistency(proof with { Hashes = [.. proof.Hashes, TreeHash.Empty] }, forest.Root(from), forest.Root(to)));
                }
            }
        }
    }

    [Fact]
    public void A_log_of_several_levels_resumes_from_its_full_tiles()
    {
        MemoryFiles files = new();
        TreeWriter whole = new();
        for (int i = 0; i < 256 * 300; i++)
        {
            Put(whole, files, i);
        }

        TreeWriter resumed = new();
        resumed.Resume(whole.Size, files);
        Assert.Equal(whole.Root(), resumed.Root());
        for (int i = 0; i < 700; i++)
        {
            Put(whole, files, i);
            Put(resumed, files, i);
        }

        Assert.Equal(whole.Root(), resumed.Root());
        Assert.Equal(whole.Partial().Select(p => (p.Path, Convert.ToHexString(p.Bytes))), resumed.Partial().Select(p => (p.Path, Convert.ToHexString(p.Bytes))));
    }

    private static void Put(TreeWriter tree, MemoryFiles files, int number)
    {
        byte[] entry = Encoding.ASCII.GetBytes($"entry {number}");
        tree.Add(entry, TreeHash.Leaf(entry));
        while (tree.NextFull() is { } full)
        {
            files.WriteWhole(full.Path, full.Bytes);
            tree.IsWritten();
        }
    }

    /// <summary>All trees of the first entries, with the tiles of the largest.</summary>
    private sealed class Forest
    {
        private readonly MemoryFiles _files = new();
        private readonly TreeWriter _tree = new();
        private readonly List<byte[]> _roots = [TreeHash.Empty];
        private readonly List<byte[]> _leaves = [];

        public Forest(int size)
        {
            CompactTree roots = new();
            for (int i = 0; i <= size; i++)
            {
                _leaves.Add(TreeHash.Leaf(Encoding.ASCII.GetBytes($"entry {i}")));
                roots.Add(_leaves[i]);
                _roots.Add(roots.Root());
                Put(_tree, _files, i);
            }
        }

        public byte[] Leaf(int index) => _leaves[index];

        public byte[] Root(int size) => _roots[size];

        public ProofBuilder Proofs(int size) => new((level, index, _) => _tree.Open(level, index) is { Length: > 0 } open ? open : _files.TryRead(TilePath.Tile(level, index))!, size);
    }
}
