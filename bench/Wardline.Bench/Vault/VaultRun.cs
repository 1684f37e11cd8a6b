using System.Globalization;
using System.Text.Json;
using Wardline.Bench.Compare;

namespace Wardline.Bench.Vault;

/// <summary>The verb <c>vault</c>: how fast blobs are sealed and opened, and in how much memory; how fast keys turn.</summary>
internal static class VaultRun
{
    /// <summary>Of OpenSSL's own speed, at least.</summary>
    private const double LeastRatio = 0.7;

    /// <summary>More than a blob of 8 MiB takes, at most: a few segments, and what the runtime does meanwhile.</summary>
    private const long MostGrowth = 32 << 20;

    private const string ResultFile = "bench/results/vault.json";
    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    public static async Task<int> RunAsync(IReadOnlyList<string> arguments)
    {
        (int rounds, int mebibytes, bool quick) = (7, 1024, false);
        (string output, string from, string to) = ("", "", "");
        for (int i = 0; i < arguments.Count; i++)
        {
            bool understood = arguments[i] switch
            {
                "--quick" => quick = true,
                "--rounds" => ++i < arguments.Count && int.TryParse(arguments[i], out rounds) && rounds is >= 1 and <= 100,
                "--output" => ++i < arguments.Count && (output = arguments[i]).Length > 0,
                "--from" => ++i < arguments.Count && (from = arguments[i]).Length > 0,
                "--to" => ++i < arguments.Count && (to = arguments[i]).Length > 0,
                _ => false,
            };
            if (!understood)
            {
                Console.Error.WriteLine("vault [--rounds 1 to 100] [--quick] [--from PKCS11-URI --to PKCS11-URI] [--output FILE]");
                return 64;
            }
        }

        if ((from.Length == 0) != (to.Length == 0))
        {
            Console.Error.WriteLine("--from and --to are two keys: what is wrapped under the one is wrapped under the other.");
            return 64;
        }

        long length = quick ? 256L << 20 : 2L << 30;
        string folder = Path.Combine("artifacts", "bench", $"vault-{Environment.ProcessId}");
        Directory.CreateDirectory(folder);
        try
        {
            VaultResults results = new(
                DateTimeOffset.UtcNow.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
                Machine.Describe(),
                await BlobSpeed.MeasureAsync(rounds, quick ? 256 : mebibytes),
                await BlobSpeed.MeasureFilesAsync(folder, mebibytes: quick ? 256 : 1024),
                await BlobMemory.MeasureAsync(folder, length),
                await KeysAsync(folder, from, to, quick));
            string file = output.Length > 0 ? output : quick ? "artifacts/bench/vault.json" : ResultFile;
            await File.WriteAllTextAsync(file, JsonSerializer.Serialize(results, Json) + Environment.NewLine);
            foreach (string line in results.Lines())
            {
                Console.WriteLine(line);
            }

            Console.WriteLine(file);
            return results.SealRatio >= LeastRatio && results.OpenRatio >= LeastRatio && results.Memory.Growth <= MostGrowth ? 0 : 1;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<IReadOnlyList<KeyRateResult>> KeysAsync(string folder, string from, string to, bool quick)
    {
        (int tenants, int patients, int fields) = quick ? (10, 100, 10_000) : (100, 1_000, 500_000);
        List<KeyRateResult> rates = [await KeyRates.MeasureFileAsync(folder, tenants, patients, fields)];
        if (from.Length > 0)
        {
            rates.Add(await KeyRates.MeasureTokenAsync(folder, from, to, tenants, patients, fields));
        }

        return rates;
    }
}

internal sealed record VaultResults(string Day, Machine Machine, IReadOnlyList<SpeedRound> Rounds, FileSpeed Files, MemoryResult Memory, IReadOnlyList<KeyRateResult> Keys)
{
    /// <summary>Of OpenSSL's speed, in the middle of the rounds.</summary>
    public double SealRatio => Middle(r => r.Seal / r.OpenSsl);

    public double OpenRatio => Middle(r => r.Open / r.OpenSsl);

    public IEnumerable<string> Lines()
    {
        yield return $"openssl speed -evp aes-256-gcm -bytes 1048576   {Rate(r => r.OpenSsl)} of processor time, in the middle of {Rounds.Count} rounds";
        yield return $"sealing 64 MiB out of the cache                 {Rate(r => r.Seal)}, {Ratio(r => r.Seal)}";
        yield return $"opening blobs of 1 MiB out of the cache         {Rate(r => r.Open)}, {Ratio(r => r.Open)}";
        yield return $"sealing a blob of 64 MiB out of memory          {Rate(r => r.LongSeal)}, {Ratio(r => r.LongSeal)}; to copy it takes {Rate(r => r.Copy)}";
        yield return $"opening a blob of 64 MiB out of memory          {Rate(r => r.LongOpen)}, {Ratio(r => r.LongOpen)}";
        yield return Say($"a file of {Files.Mebibytes} MiB                              sealed away at {Files.SealAway / 1e9:F2} GB/s, into a file at {Files.Seal / 1e9:F2}, opened into a file at {Files.Open / 1e9:F2}");
        yield return Say($"a blob of {Memory.Length >> 20} MiB in the store on disk          sealed in {Memory.SealSeconds:F1} s, opened in {Memory.OpenSeconds:F1} s, a range in {Memory.RangeMilliseconds:F2} ms, every byte compared");
        yield return Say($"resident memory                                 {Memory.ResidentBefore / 1048576.0:F0} MiB before, {Memory.ResidentPeak / 1048576.0:F0} MiB at most: {Memory.Growth / 1048576.0:F1} MiB more");
        foreach (KeyRateResult rate in Keys)
        {
            yield return Say($"keys under {rate.Source,-19}                  {rate.MadePerSecond:F0} made, {rate.TurnedPerSecond:F0} turned, {rate.RewrappedPerSecond:F0} wrapped anew a second, each durable before the next");
            yield return Say($"patients' keys, likewise                        {rate.PatientKeysPerSecond:F0} made, {rate.ShreddedPerSecond:F0} wrapped anew, {rate.ErasedPerSecond:F0} erased a second");
            yield return Say($"fields of 40 bytes on one thread                {rate.SealsPerSecond:F0} sealed, {rate.OpensPerSecond:F0} opened a second");
        }
    }

    private static string Say(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private string Rate(Func<SpeedRound, double> of) => Say($"{Middle(of) / 1e9:F2} GB/s");

    private string Ratio(Func<SpeedRound, double> of) =>
        Say($"{Middle(r => of(r) / r.OpenSsl):P0} of it ({Rounds.Min(r => of(r) / r.OpenSsl):P0} to {Rounds.Max(r => of(r) / r.OpenSsl):P0})");

    private double Middle(Func<SpeedRound, double> of) => Rounds.Select(of).Order().ElementAt(Rounds.Count / 2);
}
