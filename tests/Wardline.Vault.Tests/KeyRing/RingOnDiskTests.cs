using Wardline.Vault.BlobStores.Disk;
using Wardline.Vault.Fields;
using Wardline.Vault.KeyRing;
using Wardline.Vault.Tests.BlobStores;

namespace Wardline.Vault.Tests.KeyRing;

/// <summary>A ring's whole life over files, of which any operation fails or the power goes after any: what was sealed and acknowledged opens.</summary>
public sealed class RingOnDiskTests : IDisposable
{
    private static readonly FieldPlace Place = new("conditions", "diagnosis", "1");
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(5, false)]
    [InlineData(5, true)]
    [InlineData(28, true)]
    public async Task Whichever_file_operation_fails(int errno, bool stays)
    {
        for (int n = 0; ; n += 1 + (n / 20))
        {
            string root = _folder.At($"fault-{errno}-{stays}-{n}");
            FaultyFiles files = new(new DiskFiles()) { FailAt = n, Errno = errno, StaysBroken = stays };
            await using Life life = await Life.LiveAsync(root, files);
            await life.ExpectAsync(root, $"operation {n}");
            if (!files.HasFailed)
            {
                Assert.InRange(n, 100, 1000);
                return;
            }
        }
    }

    [Theory]
    [InlineData(false, 0)]
    [InlineData(false, 70)]
    [InlineData(true, 0)]
    [InlineData(true, 70)]
    public async Task Whenever_the_power_goes(bool names, int cut)
    {
        for (int n = 0; ; n += 1 + (n / 20))
        {
            string root = _folder.At($"power-{names}-{cut}-{n}");
            VolatileFiles files = new(new DiskFiles(), root) { CutAfter = n };
            await using Life life = await Life.LiveAsync(root, files);
            files.Recover(root + "-after", _ => names, cut);
            await life.ExpectAsync(root + "-after", $"after {n} operations");
            if (!files.IsCut)
            {
                Assert.InRange(n, 60, 1000);
                return;
            }
        }
    }

    /// <summary>Two patients sealed for; the key turned; sealed again; one erased; everything re-wrapped; shredded.</summary>
    private sealed class Life : IAsyncDisposable
    {
        private readonly List<(string Patient, byte[] Box)> _sealed = [];
        private Rings _rings = null!;
        private bool _erased;

        public static async Task<Life> LiveAsync(string root, IDiskFiles files)
        {
            Life life = new() { _rings = await Rings.OpenAsync() };
            try
            {
                using FileKeyStore store = FileKeyStore.Open(root, files);
                await using VaultKeyRing ring = life._rings.OpenAnother(new(life._rings.FileSource("one")), store);
                await ring.EnsureTenantAsync("clinic", default);
                FieldVault fields = new(ring);
                await life.SealAsync(fields, "anna");
                await life.SealAsync(fields, "bert");
                await ring.Administration.TurnAsync("clinic", default);
                life._rings.Time.Pass(TimeSpan.FromMinutes(2));
                await life.SealAsync(fields, "anna");
                await life.SealAsync(fields, "bert");
                await ring.ErasePatientAsync("clinic", "anna", default);
                life._erased = true;
                await using VaultKeyRing next = life._rings.OpenAnother(new(life._rings.FileSource("two"), life._rings.FileSource("one")), store);
                await next.Administration.RewrapAsync(null, default);
                await next.Administration.ShredAsync("clinic", null, default);
                await life.SealAsync(new FieldVault(next), "bert");
            }
            catch (VaultException failure)
            {
                Assert.Contains(failure.Code, (string[])["vault.key-store-away", "vault.key-store-full"]);
            }

            return life;
        }

        public async Task ExpectAsync(string root, string when)
        {
            using FileKeyStore store = FileKeyStore.Open(root);
            await using VaultKeyRing ring = _rings.OpenAnother(new(_rings.FileSource("two"), _rings.FileSource("one")), store);
            await ring.CareAsync(default);
            Assert.Empty(ring.Administration.Problems);
            FieldVault fields = new(ring);
            bool erased = _erased || _rings.Recorded.Count > 0;
            foreach ((string patient, byte[] box) in _sealed)
            {
                if (patient == "anna" && erased)
                {
                    await Refused.WithAsync("vault.erased", () => fields.ForPatientAsync("clinic", patient, default));
                }
                else
                {
                    using FieldScope scope = await fields.ForPatientAsync("clinic", patient, default);
                    Assert.True(scope.OpenText(Place, box) == "E11.9", when);
                }
            }

            // And life goes on.
            await ring.EnsureTenantAsync("clinic", default);
            await ring.Administration.RewrapAsync(null, default);
            using FieldScope next = await fields.ForPatientAsync("clinic", "carl", default);
            Assert.Equal("I10", next.OpenText(Place, next.Seal(Place, "I10")));
        }

        public ValueTask DisposeAsync() => _rings.DisposeAsync();

        private async Task SealAsync(FieldVault fields, string patient)
        {
            using FieldScope scope = await fields.ForPatientAsync("clinic", patient, default);
            _sealed.Add((patient, scope.Seal(Place, "E11.9")));
        }
    }
}
