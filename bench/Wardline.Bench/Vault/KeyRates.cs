using System.Diagnostics;
using System.Text;
using Wardline.Vault.Fields;
using Wardline.Vault.KeyRing;
using Wardline.Vault.KeySources;
using Wardline.Vault.KeySources.Pkcs11;

namespace Wardline.Bench.Vault;

/// <summary>
/// How many keys a second are made, turned, wrapped under another key-encryption key and destroyed, one after the other, each
/// durable on disk before the next; and how many fields are sealed and opened with them by one thread. In time that passes.
/// </summary>
internal static class KeyRates
{
    private const int Turns = 4; // of each tenant: with its first three keys there are seven to wrap anew
    private const int KeysOfTenant = 3 + Turns;

    public static async Task<KeyRateResult> MeasureFileAsync(string folder, int tenants, int patients, int fields)
    {
        await using FileKeySource from = FileKeySource.Open(Path.Combine(folder, "kek-1"), production: false);
        await using FileKeySource to = FileKeySource.Open(Path.Combine(folder, "kek-2"), production: false);
        return await MeasureAsync("a file", Path.Combine(folder, "keys-file"), from, to, tenants, patients, fields);
    }

    public static async Task<KeyRateResult> MeasureTokenAsync(string folder, string from, string to, int tenants, int patients, int fields)
    {
        await using Pkcs11KeySource before = Pkcs11KeySource.Open(Pkcs11Uri.Parse(from), TimeProvider.System);
        await using Pkcs11KeySource after = Pkcs11KeySource.Open(Pkcs11Uri.Parse(to), TimeProvider.System);
        return await MeasureAsync("a token of SoftHSM2", Path.Combine(folder, "keys-token"), before, after, tenants, patients, fields);
    }

    private static async Task<KeyRateResult> MeasureAsync(string source, string folder, IKeySource from, IKeySource to, int tenants, int patients, int fields)
    {
        using FileKeyStore store = FileKeyStore.Open(folder);
        await using VaultKeyRing ring = VaultKeyRing.Open(store, new KeySourceSet(from), (_, _) => ValueTask.CompletedTask, TimeProvider.System);
        double made = await PerSecondAsync(tenants * 3, async () =>
        {
            for (int tenant = 0; tenant < tenants; tenant++)
            {
                await ring.EnsureTenantAsync(Tenant(tenant), CancellationToken.None);
            }
        });
        double turned = await PerSecondAsync(tenants * Turns, async () =>
        {
            for (int turn = 0; turn < tenants * Turns; turn++)
            {
                await ring.Administration.TurnAsync(Tenant(turn % tenants), CancellationToken.None);
            }
        });

        // Another server with the next key-encryption key beside the earlier one.
        await using VaultKeyRing next = VaultKeyRing.Open(store, new KeySourceSet(to, from), (_, _) => ValueTask.CompletedTask, TimeProvider.System);
        double wrapped = await PerSecondAsync(tenants * KeysOfTenant, () => next.Administration.RewrapAsync(null, CancellationToken.None).AsTask());
        if ((await next.Administration.ListAsync(null, CancellationToken.None)).Count(k => k.WrappedUnder == to.Id) is var count && count != tenants * KeysOfTenant)
        {
            throw new InvalidOperationException($"{count} keys of {tenants * KeysOfTenant} are wrapped under the next key-encryption key.");
        }

        (double given, double shredded, double erased) = await PatientsAsync(next, patients);
        (double sealing, double opening) = await FieldsAsync(next, fields);
        return new KeyRateResult(source, tenants, tenants * KeysOfTenant, made, turned, wrapped, patients, given, shredded, erased, fields, sealing, opening);
    }

    private static async Task<(double Given, double Shredded, double Erased)> PatientsAsync(VaultKeyRing ring, int patients)
    {
        FieldVault vault = new(ring);
        double given = await PerSecondAsync(patients, async () =>
        {
            for (int patient = 0; patient < patients; patient++)
            {
                (await vault.ForPatientAsync(Tenant(0), $"p{patient}", CancellationToken.None)).Dispose();
            }
        });
        double shredded = await PerSecondAsync(patients, () => ring.Administration.ShredAsync(Tenant(0), null, CancellationToken.None).AsTask());
        int erase = Math.Min(patients, 100);
        double erased = await PerSecondAsync(erase, async () =>
        {
            for (int patient = 0; patient < erase; patient++)
            {
                await ring.ErasePatientAsync(Tenant(0), $"p{patient}", CancellationToken.None);
            }
        });
        return (given, shredded, erased);
    }

    /// <summary>Forty characters each: a name, an address, a diagnosis.</summary>
    private static async Task<(double Sealing, double Opening)> FieldsAsync(VaultKeyRing ring, int fields)
    {
        using FieldScope scope = await new FieldVault(ring).ForPatientAsync(Tenant(0), "reader", CancellationToken.None);
        byte[] plain = Encoding.UTF8.GetBytes("Type 2 diabetes mellitus, uncomplicated.");
        byte[] box = new byte[plain.Length + FieldScope.OverheadBytes];
        byte[] opened = new byte[plain.Length];
        FieldPlace place = new("conditions", "code_text", "0193f2b4-7c1e-7a54-9a3e-2f6d0c8b4e11");
        double sealing = PerSecond(fields, () => scope.Seal(place, plain, box));
        double opening = PerSecond(fields, () => scope.Open(place, box, opened));
        return opened.AsSpan().SequenceEqual(plain) ? (sealing, opening) : throw new InvalidOperationException("A field opened as something else.");
    }

    private static string Tenant(int number) => $"tenant-{number}";

    private static async Task<double> PerSecondAsync(int count, Func<Task> work)
    {
        long began = Stopwatch.GetTimestamp();
        await work();
        return count / Stopwatch.GetElapsedTime(began).TotalSeconds;
    }

    private static double PerSecond(int count, Action once)
    {
        for (int warm = 0; warm < 1000; warm++)
        {
            once();
        }

        long began = Stopwatch.GetTimestamp();
        for (int i = 0; i < count; i++)
        {
            once();
        }

        return count / Stopwatch.GetElapsedTime(began).TotalSeconds;
    }
}

/// <param name="Source">where the key-encryption keys are.</param>
/// <param name="Keys">of the tenants, when they are wrapped anew.</param>
/// <param name="MadePerSecond">first keys of new tenants, three each.</param>
/// <param name="TurnedPerSecond">next versions of data keys.</param>
/// <param name="RewrappedPerSecond">tenant keys from one key-encryption key to another.</param>
/// <param name="PatientKeysPerSecond">first keys of patients.</param>
/// <param name="ShreddedPerSecond">patients' keys wrapped anew under a turned key.</param>
/// <param name="ErasedPerSecond">patients, one after the other, each durable in four steps.</param>
/// <param name="SealsPerSecond">fields of 40 bytes, by one thread.</param>
internal sealed record KeyRateResult(
    string Source, int Tenants, int Keys, double MadePerSecond, double TurnedPerSecond, double RewrappedPerSecond,
    int Patients, double PatientKeysPerSecond, double ShreddedPerSecond, double ErasedPerSecond, int Fields, double SealsPerSecond, double OpensPerSecond);
