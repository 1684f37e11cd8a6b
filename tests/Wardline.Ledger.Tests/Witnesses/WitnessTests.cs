using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Wardline.Ledger.Checkpoints;
using Wardline.Ledger.Tests.Storage;
using Wardline.Ledger.Verify;
using Wardline.Ledger.Witnesses;

namespace Wardline.Ledger.Tests.Witnesses;

/// <summary>Somebody who is not the log's keeper, and remembers.</summary>
public sealed class WitnessTests : IDisposable
{
    private readonly LogFolder _folder = new();
    private readonly DirectoryInfo _memory = Directory.CreateTempSubdirectory("witness-");
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly List<LedgerAlert> _alerts = [];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _folder.Dispose();
        _memory.Delete(recursive: true);
        _key.Dispose();
    }

    [Fact]
    public async Task A_witness_cosigns_a_log_that_grows_and_verify_says_what_it_saw()
    {
        using Witness witness = NewWitness();
        await using LedgerLog log = _folder.Open();
        await using Witnessing asking = Ask(log, witness);
        await Grow(log, 300);
        await asking.AskAsync(Cancel);
        await Grow(log, 300);
        await asking.AskAsync(Cancel);
        await Grow(log, 5);
        Assert.Equal((600, null), (asking.Status[0].Size, asking.Status[0].Code));
        VerifyReport report = new LogVerifier(new VerifyOptions { Directory = _folder.Path, Witnesses = [witness.Key.ToString()] }).Run(null, Cancel);
        Assert.Null(report.Finding);
        Assert.Equal((600, "witness.test/w1"), (report.Witnessed.Single().Size, report.Witnessed.Single().Witness));
        Assert.Equal(1, report.Held);
    }

    [Fact]
    public async Task A_log_without_the_witness_that_was_asked_for_does_not_hold()
    {
        await using LedgerLog log = _folder.Open();
        await Grow(log, 3);
        using Witness witness = NewWitness();
        Assert.Equal("verify.not-witnessed", new LogVerifier(new VerifyOptions { Directory = _folder.Path, Witnesses = [witness.Key.ToString()] }).Run(null, Cancel).Finding?.Code);
    }

    [Fact]
    public async Task A_witness_refuses_what_did_not_grow_out_of_what_it_saw_and_an_alert_is_raised_once()
    {
        using Witness witness = NewWitness();
        await using (LedgerLog log = _folder.Open())
        {
            await Grow(log, 300);
            Assert.Equal(200, witness.Add(new AddCheckpoint(0, [], log.Latest.Note)).Status);
        }

        using LogFolder fork = _folder.Again();
        await using LedgerLog other = fork.Open();
        await using Witnessing asking = Ask(other, witness, fork.Path);
        await Grow(other, 299, "other");
        await asking.AskAsync(Cancel);
        await asking.AskAsync(Cancel);
        Assert.Equal(("ledger.rolled-back", 299), (_alerts.Single().Code, _alerts.Single().Index));
        await Grow(other, 1, "other");
        await asking.AskAsync(Cancel);
        await Grow(other, 100, "other");
        await asking.AskAsync(Cancel);
        Assert.Equal(["ledger.rolled-back", "ledger.forked"], _alerts.Select(a => a.Code));
        Assert.Equal("ledger.forked", asking.Status[0].Code);
        Assert.False(Directory.Exists(Path.Combine(fork.Path, "witness")));
    }

    [Fact]
    public async Task Each_refusal_has_the_status_that_the_protocol_gives_it()
    {
        using Witness witness = NewWitness();
        await using LedgerLog log = _folder.Open();
        await Grow(log, 3);
        Checkpoint three = log.Latest;
        await Grow(log, 4);
        Checkpoint seven = log.Latest;
        IReadOnlyList<byte[]> proof = log.ProveConsistency(3, 7).Hashes;
        Assert.Equal(400, witness.Add("old 0\n").Status);
        Assert.Equal(400, witness.Add($"old 00\n\n{three.Note}").Status);
        Assert.Equal(400, witness.Add(new AddCheckpoint(4, [], three.Note)).Status);
        using (LogFolder stranger = new())
        {
            await using LedgerLog others = stranger.Open();
            await Grow(others, 1);
            Assert.Equal(403, witness.Add(new AddCheckpoint(0, [], others.Latest.Note)).Status);
            Assert.Equal(404, witness.Add(new AddCheckpoint(0, [], others.Latest.Note.Replace("wardline.test", "wardline.rest", StringComparison.Ordinal))).Status);
        }

        Assert.Equal(200, witness.Add(new AddCheckpoint(0, [], three.Note)).Status);
        WitnessAnswer conflict = witness.Add(new AddCheckpoint(0, [], seven.Note));
        Assert.Equal((409, "3\n", "text/x.tlog.size"), (conflict.Status, conflict.Body, conflict.ContentType));
        Assert.Equal(422, witness.Add(new AddCheckpoint(3, [.. proof.Reverse()], seven.Note)).Status);
        Assert.Equal(422, witness.Add(new AddCheckpoint(3, [], seven.Note)).Status);
        string body = new AddCheckpoint(3, proof, seven.Note).ToString();
        Assert.Equal(200, witness.Add(body).Status);
        Assert.Equal(409, witness.Add(body).Status);
        Assert.Equal(200, witness.Add(new AddCheckpoint(7, [], seven.Note)).Status);
    }

    [Fact]
    public async Task What_a_witness_cosigned_it_remembers_after_a_restart_and_only_one_process_remembers()
    {
        await using LedgerLog log = _folder.Open();
        await Grow(log, 3);
        using (Witness witness = NewWitness())
        {
            witness.Add(new AddCheckpoint(0, [], log.Latest.Note));
            Assert.Equal("ledger.locked", Assert.Throws<LedgerException>(NewWitness).Code);
        }

        using Witness again = NewWitness();
        Assert.Equal("3\n", again.Add(new AddCheckpoint(0, [], log.Latest.Note)).Body);
    }

    [Fact]
    public async Task A_witness_reads_a_log_from_its_folder_by_itself()
    {
        using Witness witness = NewWitness();
        await using LedgerLog log = _folder.Open();
        foreach (int more in (int[])[1, 255, 1, 400, 0])
        {
            await Grow(log, more);
            string note = witness.Cosign(_folder.Path);
            Assert.NotNull(witness.Key.TimeOf(note));
            Assert.Equal(log.Latest.Size, Checkpoint.Open(note, _folder.Signer.Key)!.Size);
        }

        using LogFolder shorter = _folder.Again();
        await using LedgerLog other = shorter.Open();
        await Grow(other, 400);
        Assert.Equal("ledger.rolled-back", Assert.Throws<LedgerException>(() => witness.Cosign(shorter.Path)).Code);
        await Grow(other, 400);
        Assert.Equal("ledger.forked", Assert.Throws<LedgerException>(() => witness.Cosign(shorter.Path)).Code);
    }

    [Fact]
    public async Task A_witness_that_is_away_lies_or_says_nothing_useful_stops_nobody()
    {
        using Witness good = NewWitness();
        using HttpClient http = new(new Answering(good));
        FaultyWitness away = new(good.Key, _ => throw new HttpRequestException("refused")), liar = new(good.Key, _ => new(200, "— witness.test/w1 AAAAAAAAAAAAAAAA\n"));
        HttpWitness remote = new(good.Key, http, new Uri("https://witness.example/prefix/"));
        await using LedgerLog log = _folder.Open();
        await using Witnessing asking = new(log, [away, liar, remote], new WitnessingOptions { Directory = _folder.Path, Every = TimeSpan.FromHours(1), Alert = _alerts.Add }, TimeProvider.System);
        await Grow(log, 10);
        await asking.AskAsync(Cancel);
        Assert.Equal(["ledger.witness-away", "ledger.witness-refused", null], asking.Status.Select(s => s.Code));
        Assert.Equal([0, 0, 10], asking.Status.Select(s => s.Size));
        Assert.Empty(_alerts);
        Assert.Equal("ledger.bad-witness", Assert.Throws<LedgerException>(() => new HttpWitness(good.Key, http, new Uri("http://witness.example/"))).Code);
    }

    [Fact]
    public void A_key_of_a_witness_is_read_back_and_no_other_bytes_are_one()
    {
        WitnessKey key = WitnessKey.Of("witness.test/w1", _key);
        string text = key.ToString();
        Assert.Equal(text, WitnessKey.TryParse(text)?.ToString());
        Random random = new(11);
        for (int i = 0; i < 2_000; i++)
        {
            char[] bad = text.ToCharArray();
            bad[random.Next(bad.Length)] = (char)random.Next(33, 127);
            string changed = new(bad);
            Assert.True(changed == text || WitnessKey.TryParse(changed) is null, changed);
        }
    }

    [Fact]
    public void A_key_on_a_curve_that_this_machine_does_not_know_is_refused_and_does_not_throw()
    {
        foreach (Func<string, object?> parse in (Func<string, object?>[])[VerifierKey.TryParse, text => new LogVerifier(new VerifyOptions { Directory = _folder.Path, Keys = [text] }).Run(null, Cancel).SignedBy])
        {
            byte[] spki = _key.ExportSubjectPublicKeyInfo();
            for (int i = 0; i < 27 * 8; i++)
            {
                byte[] bad = [.. spki];
                bad[i / 8] ^= (byte)(1 << (i % 8));
                string id = Convert.ToHexStringLower(SHA256.HashData(bad))[..8];
                Assert.Null(parse($"a.test/log+{id}+{Convert.ToBase64String([2, .. bad])}"));
            }
        }
    }

    [Fact]
    public void A_request_is_read_back_and_any_other_is_refused_or_read_as_it_is_written()
    {
        string body = new AddCheckpoint(20, [new byte[32], [.. Enumerable.Range(0, 32).Select(i => (byte)i)]], "a\n1\nb\n\nc\n").ToString();
        Assert.Equal(body, AddCheckpoint.TryParse(body)?.ToString());
        Random random = new(12);
        for (int i = 0; i < 5_000; i++)
        {
            StringBuilder bad = new(body);
            bad[random.Next(bad.Length)] = (char)random.Next(8, 127);
            if (AddCheckpoint.TryParse(bad.ToString()) is { } read)
            {
                Assert.Equal(bad.ToString(), read.ToString());
            }
        }

        Assert.Null(AddCheckpoint.TryParse("old 1\n" + string.Concat(Enumerable.Repeat(Convert.ToBase64String(new byte[32]) + "\n", 64)) + "\nnote"));
    }

    private static async Task Grow(LedgerLog log, int count, string what = "test")
    {
        await Task.WhenAll(Enumerable.Range(0, count).Select(i => log.AppendAsync(LogFolder.Draft(string.Create(CultureInfo.InvariantCulture, $"{what}.{i}")), Cancel)));
        await log.CheckpointAsync(log.Size, Cancel);
    }

    private Witness NewWitness()
    {
        ECDsa key = ECDsa.Create();
        key.ImportParameters(_key.ExportParameters(true));
        return new(_memory.FullName, "witness.test/w1", key, [_folder.Signer.Key], TimeProvider.System);
    }

    private Witnessing Ask(LedgerLog log, IWitness witness, string? directory = null) =>
        new(log, [witness], new WitnessingOptions { Directory = directory ?? _folder.Path, Every = TimeSpan.FromHours(1), Alert = _alerts.Add }, TimeProvider.System);

    private sealed class FaultyWitness(WitnessKey key, Func<AddCheckpoint, WitnessAnswer> answer) : IWitness
    {
        public WitnessKey Key => key;

        public Task<WitnessAnswer> AddCheckpointAsync(AddCheckpoint request, CancellationToken cancel) => Task.FromResult(answer(request));
    }

    private sealed class Answering(Witness witness) : HttpMessageHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Assert.Equal(("POST", "https://witness.example/prefix/add-checkpoint"), (request.Method.Method, request.RequestUri!.AbsoluteUri));
            WitnessAnswer answer = witness.Add(await request.Content!.ReadAsStringAsync(cancellationToken));
            return new HttpResponseMessage((HttpStatusCode)answer.Status) { Content = new StringContent(answer.Body) };
        }
    }
}
