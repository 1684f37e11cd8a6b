using System.Diagnostics;
using System.Runtime.InteropServices;
using Wardline.Vault.KeySources.Pkcs11;

namespace Wardline.Vault.Tests.KeySources.Pkcs11;

/// <summary>
/// SoftHSM2 with a folder of its own, set up with the commands of docs/how-to/keys.md. One a process: the library reads where
/// its tokens are from the process's environment.
/// </summary>
public sealed partial class SoftHsm : IDisposable
{
    public const string Library = "/usr/lib/softhsm/libsofthsm2.so";
    public const string Pin = "482913";
    public const string OfficerPin = "77410852";

    private readonly string _folder = Directory.CreateTempSubdirectory("wardline-hsm-").FullName;

    public SoftHsm()
    {
        Assert.True(File.Exists(Library), "softhsm2 is not installed: ./test.sh vault does that");
        Directory.CreateDirectory(Tokens);
        string configuration = Path.Combine(_folder, "softhsm2.conf");
        File.WriteAllText(configuration, $"directories.tokendir = {Tokens}\nobjectstore.backend = file\nlog.level = ERROR\nslots.removable = true\n");
        Assert.Equal(0, SetEnvironment("SOFTHSM2_CONF", configuration, 1));
        Environment.SetEnvironmentVariable("SOFTHSM2_CONF", configuration);
        File.WriteAllText(PinFile, Pin + "\n");
        File.WriteAllText(WrongPinFile, "000000\n");
        foreach (string token in (string[])["wardline", "spare", "twin", "twin"])
        {
            Run("softhsm2-util", "--init-token", "--free", "--label", token, "--so-pin", OfficerPin, "--pin", Pin);
        }

        MakeKey("wardline", "kek-1", "AES:32", "--sensitive");
        MakeKey("wardline", "kek-2", "AES:32", "--sensitive");
        MakeKey("wardline", "open", "AES:32", "--extractable");
        MakeKey("wardline", "short", "AES:16", "--sensitive");
        MakeKey("wardline", "double", "AES:32", "--sensitive", "--id", "01");
        MakeKey("wardline", "double", "AES:32", "--sensitive", "--id", "02");
        MakeKey("spare", "kek-1", "AES:32", "--sensitive");
        string secret = Path.Combine(_folder, "secret");
        File.WriteAllText(secret, "the relay's secret, 32 characters");
        Run("pkcs11-tool", "--module", Library, "--token-label", "wardline", "--login", "--pin", Pin, "--write-object", secret, "--type", "data", "--label", "turn", "--private");
        Run("pkcs11-tool", "--module", Library, "--token-label", "wardline", "--login", "--pin", Pin, "--write-object", secret, "--type", "data", "--label", "public");
        File.Delete(secret);
    }

    public string Tokens => Path.Combine(_folder, "tokens");

    public string PinFile => Path.Combine(_folder, "pin");

    public string WrongPinFile => Path.Combine(_folder, "wrong-pin");

    public Pkcs11Uri Uri(string key, string token = "wardline", string? pin = null) =>
        Pkcs11Uri.Parse($"pkcs11:token={token};object={key}?module-path={Library}&pin-source=file:{pin ?? PinFile}");

    /// <summary>Pulls the token out; dispose of the answer to put it back.</summary>
    public IDisposable Pull()
    {
        string away = Path.Combine(_folder, "pulled");
        Directory.Move(Tokens, away);
        return new Pulled(() => Directory.Move(away, Tokens));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static void MakeKey(string token, string label, string type, params string[] more) =>
        Run("pkcs11-tool", ["--module", Library, "--token-label", token, "--login", "--pin", Pin, "--keygen", "--key-type", type, "--label", label, "--private", .. more]);

    private static void Run(string program, params string[] arguments)
    {
        ProcessStartInfo start = new(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', arguments)}: {output}{errors.Result}");
    }

    // .NET keeps the environment to itself; a native library asks the C library.
    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetEnvironment(string name, string value, int overwrite);

    private sealed class Pulled(Action putBack) : IDisposable
    {
        public void Dispose() => putBack();
    }
}

/// <summary>All tests of tokens, one after the other: the library belongs to the process.</summary>
[CollectionDefinition(nameof(SoftHsm), DisableParallelization = true)]
public sealed class SoftHsmCollection : ICollectionFixture<SoftHsm>;
