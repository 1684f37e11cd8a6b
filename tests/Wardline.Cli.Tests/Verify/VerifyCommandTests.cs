using System.Text;
using Wardline.Cli.Keep;
using Wardline.Cli.Verify;
using Wardline.Cli.Witness;

namespace Wardline.Cli.Tests.Verify;

/// <summary><c>wardline verify</c>, as an auditor runs it on a folder that somebody gave them.</summary>
public sealed class VerifyCommandTests : IAsyncLifetime
{
    private readonly ClinicLog _log = new();
    private string _at400 = "";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _at400 = await _log.GrowAsync(400, cancel: Cancel);
        await _log.GrowAsync(300, cancel: Cancel);
    }

    public ValueTask DisposeAsync()
    {
        _log.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task A_log_that_nobody_touched_holds()
    {
        (int exit, string output, _) = await VerifyAsync(_log.Folder, "--key", _log.Key, "--checkpoint", _at400);
        Assert.Equal(0, exit);
        Assert.Contains("clinic.example/log: 700 entries, whole, in order, and as they were signed.", output, StringComparison.Ordinal);
        Assert.Contains("grown out of 1 checkpoint that was kept elsewhere", output, StringComparison.Ordinal);
        Assert.Contains("by the key that lies beside them", (await VerifyAsync(_log.Folder)).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_changed_byte_is_named_with_its_entry()
    {
        _log.Edit(1, entries => entries[37][^3] ^= 1);
        await FindsAsync("verify.changed", 293);
    }

    [Fact]
    public async Task A_changed_value_is_named_with_its_entry()
    {
        _log.Edit(0, entries => entries[12] = Encoding.ASCII.GetBytes(Encoding.ASCII.GetString(entries[12]).Replace("c-osei", "c-smit", StringComparison.Ordinal)));
        await FindsAsync("verify.changed", 12);
    }

    [Fact]
    public async Task A_deleted_entry_is_named_by_its_place()
    {
        _log.Edit(1, entries => entries.RemoveAt(44));
        await FindsAsync("verify.missing", 300);
    }

    [Fact]
    public async Task Entries_that_changed_places_are_named_by_the_first_of_them()
    {
        _log.Edit(1, entries => (entries[4], entries[90]) = (entries[90], entries[4]));
        string output = await FindsAsync("verify.out-of-place", 260);
        Assert.Contains("entry 260 stands in place 346", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_forked_history_that_the_log_itself_has_signed_is_caught_by_a_checkpoint_kept_elsewhere_and_named_by_a_copy()
    {
        using ClinicLog fork = _log.Again();
        await fork.GrowAsync(700, "visit.refuse", Cancel);
        Assert.Equal(0, (await VerifyAsync(fork.Folder, "--key", _log.Key)).Exit);
        (int exit, string output, _) = await VerifyAsync(fork.Folder, "--key", _log.Key, "--checkpoint", _at400);
        Assert.Equal(1, exit);
        Assert.StartsWith("verify.forked: ", output, StringComparison.Ordinal);
        (exit, output, _) = await VerifyAsync(fork.Folder, "--key", _log.Key, "--against", _log.Folder);
        Assert.Equal(1, exit);
        Assert.StartsWith("verify.forked: ", output, StringComparison.Ordinal);
        Assert.Contains("first wrong entry: 0", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_log_rolled_back_to_an_earlier_checkpoint_is_caught_by_a_later_one_kept_elsewhere()
    {
        using ClinicLog restored = new();
        foreach (string path in Directory.EnumerateFiles(_log.Folder, "*", SearchOption.AllDirectories))
        {
            string target = Path.Combine(restored.Folder, Path.GetRelativePath(_log.Folder, path));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(path, target);
        }

        string later = await _log.GrowAsync(10, cancel: Cancel);
        Assert.Equal(0, (await VerifyAsync(restored.Folder, "--key", _log.Key)).Exit);
        (int exit, string output, _) = await VerifyAsync(restored.Folder, "--key", _log.Key, "--checkpoint", later);
        Assert.Equal(1, exit);
        Assert.StartsWith("verify.rolled-back: ", output, StringComparison.Ordinal);
        Assert.Contains("first wrong entry: 700", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_checkpoint_of_another_signer_is_refused()
    {
        using ClinicLog other = new();
        (int exit, string output, _) = await VerifyAsync(_log.Folder, "--key", other.Key);
        Assert.Equal(1, exit);
        Assert.StartsWith("verify.bad-signature: ", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_cannot_be_tried_is_said_on_the_other_stream_with_another_exit_code()
    {
        Assert.Equal((2, ""), await RefusedAsync("verify.no-file", _log.File("nowhere")));
        Assert.Equal((2, ""), await RefusedAsync("verify.no-file", _log.Folder, "--checkpoint", _log.File("nothing")));
        Assert.Equal((2, ""), await RefusedAsync("verify.no-key", _log.Folder, "--key", "no key at all"));
    }

    [Fact]
    public async Task A_witness_remembers_what_it_saw_and_verify_asks_for_its_word()
    {
        string key = _log.File("witness.pem"), cosigned = _log.File("cosigned"), memory = _log.File("memory");
        (int exit, string witness, _) = await WitnessAsync("key", key, "--name", "witness.example/w1");
        Assert.Equal(0, exit);
        Assert.True(OperatingSystem.IsWindows() || File.GetUnixFileMode(key) == (UnixFileMode.UserRead | UnixFileMode.UserWrite));
        Assert.Equal(2, (await WitnessAsync("key", key, "--name", "witness.example/w1")).Exit);
        string[] cosign = ["cosign", _log.Folder, "--key", key, "--name", "witness.example/w1", "--log", Path.Combine(_log.Folder, "log.vkey"), "--memory", memory, "--output", cosigned];
        Assert.Equal((0, "", ""), await WitnessAsync(cosign));
        await _log.GrowAsync(100, cancel: Cancel);
        (exit, string output, _) = await VerifyAsync(_log.Folder, "--key", _log.Key, "--witness", witness.Trim(), "--checkpoint", cosigned);
        Assert.Equal(0, exit);
        Assert.Contains("witness.example/w1 saw 700 entries at ", output, StringComparison.Ordinal);
        Assert.StartsWith("verify.not-witnessed: ", (await VerifyAsync(_log.Folder, "--key", _log.Key, "--witness", witness.Trim())).Output, StringComparison.Ordinal);
        Assert.Equal(0, (await WitnessAsync(cosign)).Exit);

        using ClinicLog fork = _log.Again();
        await fork.GrowAsync(900, "visit.refuse", Cancel);
        cosign[1] = fork.Folder;
        (exit, _, string error) = await WitnessAsync(cosign);
        Assert.Equal(1, exit);
        Assert.StartsWith("ledger.forked: ", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Keep_takes_over_a_copy_and_names_what_it_refuses()
    {
        string inbox = _log.File("inbox"), copy = _log.File("copy");
        Assert.Equal(2, (await ClinicLog.RunAsync(KeepCommand.Create(TimeProvider.System), inbox, copy, "--once")).Exit);
        Directory.CreateDirectory(inbox);
        File.Copy(Path.Combine(_log.Folder, "log.vkey"), Path.Combine(inbox, "log.vkey"));
        Assert.Equal((0, "", ""), await ClinicLog.RunAsync(KeepCommand.Create(TimeProvider.System), inbox, copy, "--once"));
        Assert.Equal(_log.Key + "\n", await File.ReadAllTextAsync(Path.Combine(copy, "log.vkey"), Cancel));
        await File.WriteAllTextAsync(Path.Combine(inbox, "log.vkey"), "another", Cancel);
        (int exit, string output, _) = await ClinicLog.RunAsync(KeepCommand.Create(TimeProvider.System), inbox, copy, "--once");
        Assert.Equal((1, "ledger.copy-differs: log.vkey is there already, and is another one." + Environment.NewLine), (exit, output));
    }

    private static Task<(int Exit, string Output, string Error)> VerifyAsync(params string[] arguments) => ClinicLog.RunAsync(VerifyCommand.Create(), arguments);

    private static Task<(int Exit, string Output, string Error)> WitnessAsync(params string[] arguments) => ClinicLog.RunAsync(WitnessCommand.Create(TimeProvider.System), arguments);

    private static async Task<(int Exit, string Output)> RefusedAsync(string code, params string[] arguments)
    {
        (int exit, string output, string error) = await VerifyAsync(arguments);
        Assert.StartsWith(code + ": ", error, StringComparison.Ordinal);
        return (exit, output);
    }

    private async Task<string> FindsAsync(string code, int entry)
    {
        (int exit, string output, _) = await VerifyAsync(_log.Folder, "--key", _log.Key);
        Assert.Equal(1, exit);
        Assert.StartsWith(code + ": ", output, StringComparison.Ordinal);
        Assert.Contains($"first wrong entry: {entry}{Environment.NewLine}", output, StringComparison.Ordinal);
        return output;
    }
}
