using System.Collections;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Wardline.Cli.Doctor;

namespace Wardline.Cli.Tests;

public sealed class DoctorTests : IDisposable
{
    private readonly string _data = Directory.CreateTempSubdirectory("wardline-doctor-").FullName;

    [Theory]
    [InlineData(-400, -1, "localhost", "expired")]
    [InlineData(1, 30, "localhost", "not valid yet")]
    [InlineData(-1, 5, "localhost", "expires on")]
    [InlineData(-1, 300, "other.example", "does not name")]
    [InlineData(-1, 300, "localhost", "is valid until")]
    public void A_certificate_is_judged_by_its_dates_and_its_names(int fromDays, int untilDays, string name, string expected)
    {
        IReadOnlyList<Finding> findings = CertificateCheck.Run(Subject() with { Instance = Note(Certificate(fromDays, untilDays, name)) }, TimeProvider.System);
        Finding finding = Assert.Single(findings, f => f.Found.Contains(expected, StringComparison.Ordinal));
        Assert.Equal(finding.Verdict == Verdict.Ok, finding.Advice is null);
    }

    [Fact]
    public void A_missing_or_damaged_certificate_is_a_failure_with_advice()
    {
        string damaged = Path.Combine(_data, "damaged.pem");
        File.WriteAllText(damaged, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
        foreach (string path in new[] { damaged, Path.Combine(_data, "none.pem") })
        {
            Finding finding = Assert.Single(CertificateCheck.Run(Subject() with { Instance = Note(path) }, TimeProvider.System));
            Assert.Equal(Verdict.Failed, finding.Verdict);
            Assert.NotNull(finding.Advice);
        }
    }

    [Fact]
    public async Task A_free_port_is_tried_with_a_real_datagram_and_a_foreign_address_fails()
    {
        InstanceNote note = Note("") with { UdpPort = Ports.Free() };
        Assert.Equal(Verdict.Ok, Assert.Single(await UdpCheck.RunAsync(Subject() with { Instance = note }, default)).Verdict);
        Finding wrong = Assert.Single(await UdpCheck.RunAsync(Subject() with { Instance = note with { AdvertisedAddresses = ["nowhere"] } }, default));
        Assert.Equal(Verdict.Failed, wrong.Verdict);
        Assert.NotNull(wrong.Advice);
    }

    [Fact]
    public async Task A_server_that_does_not_run_fails_the_tcp_check()
    {
        Finding finding = Assert.Single(await TcpCheck.RunAsync(Subject() with { Instance = Note("") with { Port = Ports.Free() } }, default));
        Assert.Equal(Verdict.Failed, finding.Verdict);
        Assert.Contains("./run.sh", finding.Advice, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_relay_that_does_not_answer_and_a_secret_that_cannot_be_read_fail()
    {
        InstanceNote note = Note("") with { TurnUrls = [$"turn:127.0.0.1:{Ports.Free()}?transport=tcp"], TurnSecret = "file:/no/such/file" };
        Assert.Equal(Verdict.Failed, Assert.Single(await RelayCheck.RunAsync(Subject() with { Instance = note }, TimeProvider.System, default)).Verdict);
        string secret = Path.Combine(_data, "secret");
        await File.WriteAllTextAsync(secret, "0123456789abcdef");
        Finding silent = Assert.Single(await RelayCheck.RunAsync(Subject() with { Instance = note with { TurnSecret = $"file:{secret}" } }, TimeProvider.System, default));
        Assert.Equal(Verdict.Failed, silent.Verdict);
        Assert.DoesNotContain("0123456789abcdef", silent.Found + silent.Advice, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_clock_before_the_newest_file_is_wrong()
    {
        string file = Path.Combine(_data, "wardline.db");
        await File.WriteAllTextAsync(file, "x");
        Assert.Equal(Verdict.Ok, Assert.Single(await ClockCheck.RunAsync(Subject(), TimeProvider.System, default)).Verdict);
        File.SetLastWriteTimeUtc(file, DateTime.UtcNow.AddDays(1));
        Assert.Equal(Verdict.Failed, Assert.Single(await ClockCheck.RunAsync(Subject(), TimeProvider.System, default)).Verdict);
    }

    [Fact]
    public void Secrets_that_others_can_read_and_a_missing_data_root_fail()
    {
        Assert.DoesNotContain(DiskCheck.Run(Subject()), f => f.Verdict == Verdict.Failed);
        string keys = Directory.CreateDirectory(Path.Combine(_data, "keys")).FullName;
        string key = Path.Combine(keys, "demo-links");
        File.WriteAllText(key, "x");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(keys, (UnixFileMode)0b111_101_101);
            File.SetUnixFileMode(key, (UnixFileMode)0b110_100_100);
        }

        Assert.Contains(DiskCheck.Run(Subject()), f => f.Verdict == Verdict.Failed && f.Found.Contains(key, StringComparison.Ordinal));
        Assert.Equal(Verdict.Failed, Assert.Single(DiskCheck.Run(Subject() with { DataRoot = Path.Combine(_data, "none") })).Verdict);
    }

    [Fact]
    public void An_address_that_leads_nowhere_from_another_machine_fails()
    {
        InstanceNote note = Note("") with { Host = "visits.example.org" };
        Assert.Equal(Verdict.Failed, Assert.Single(AddressCheck.Run(Subject() with { Instance = note })).Verdict);
        Finding translated = Assert.Single(AddressCheck.Run(Subject() with { Instance = note with { AdvertisedAddresses = ["192.0.2.1"] } }));
        Assert.Equal(Verdict.Warning, translated.Verdict);
    }

    [Theory]
    [InlineData("""{"Turn":{"Secret":"hunter2hunter2hunter2"}}""", "Turn:Secret")]
    [InlineData("""{"Store":{"Password":"hunter2"}}""", "Store:Password")]
    [InlineData("""{"Vault":{"Pin":24816}} // the PIN""", "Vault:Pin")]
    [InlineData("""{"Vault":{"Secrets":[{"ApiKey":"hunter2"},],}}""", "Vault:Secrets:0:ApiKey")]
    [InlineData("""{"Store":{"Connection":"Host=db;Username=wardline;Password=hunter2"}}""", "Store:Connection")]
    [InlineData("""{"Store":{"Url":"postgres://wardline:hunter2@db/wardline"}}""", "Store:Url")]
    [InlineData("""{"Vault":{"Source":"pkcs11:token=wardline;object=kek?module-path=/x.so&pin-value=hunter2"}}""", "Vault:Source")]
    [InlineData("""{"Blobs":{"Id":"AKIAHUNTER2HUNTER2XY"}}""", "Blobs:Id")]
    [InlineData("""{"Tls":{"Key":"-----BEGIN EC PRIVATE KEY-----\nhunter2"}}""", "Tls:Key")]
    public void A_secret_that_stands_in_the_settings_fails_and_is_not_repeated(string settings, string name)
    {
        File.WriteAllText(Path.Combine(_data, "wardline.json"), settings);
        Finding found = Assert.Single(SecretCheck.Run(Subject(), new Hashtable()));
        Assert.Equal(Verdict.Failed, found.Verdict);
        Assert.StartsWith($"{name} in ", found.Found, StringComparison.Ordinal);
        Assert.Contains("vault.literal-secret", found.Found, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", found.Found + found.Advice, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("24816", found.Found + found.Advice, StringComparison.Ordinal);
    }

    [Fact]
    public void References_and_settings_that_only_sound_like_secrets_are_none()
    {
        File.WriteAllText(Path.Combine(_data, "wardline.json"), """
            {"Turn":{"Secret":"file:/etc/wardline/turn","Lifetime":"1h"},"Store":{"Password":"env:DB_PASSWORD","Connection":"Host=db;Username=wardline"},
             "Signaling":{"TicketLifetime":"60s","TokenBytes":16},"Tls":{"Key":"/etc/wardline/key.pem"},"Blobs":{"Url":"https://objects.example.org:8443/a@b"},
             "Vault":{"Pin":"","Source":"pkcs11:token=wardline;object=kek?module-path=/x.so&pin-source=file:/etc/wardline/pin"}}
            """);
        Assert.Equal(Verdict.Ok, Assert.Single(SecretCheck.Run(Subject(), new Hashtable { ["Turn__Secret"] = "env:RELAY", ["DB_PASSWORD"] = "hunter2" })).Verdict);
    }

    [Fact]
    public void A_secret_in_the_environment_of_the_server_and_settings_that_cannot_be_read_fail()
    {
        Finding found = Assert.Single(SecretCheck.Run(Subject(), new Hashtable { ["Turn__Secret"] = "hunter2hunter2hunter2" }));
        Assert.Equal(Verdict.Failed, found.Verdict);
        Assert.DoesNotContain("hunter2", found.Found + found.Advice, StringComparison.Ordinal);
        File.WriteAllText(Path.Combine(_data, "wardline.json"), "{");
        Assert.Equal(Verdict.Failed, Assert.Single(SecretCheck.Run(Subject(), new Hashtable())).Verdict);
    }

    public void Dispose() => Directory.Delete(_data, recursive: true);

    private Subject Subject() => new() { DataRoot = _data, Instance = Note("") };

    private static InstanceNote Note(string certificate) => new("localhost", 8443, 7881, 0, ["127.0.0.1"], certificate, [], null);

    private string Certificate(int fromDays, int untilDays, string name)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new($"CN={name}", key, HashAlgorithmName.SHA256);
        SubjectAlternativeNameBuilder names = new();
        names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        using X509Certificate2 made = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(fromDays), DateTimeOffset.UtcNow.AddDays(untilDays));
        string path = Path.Combine(_data, "certificate.pem");
        File.WriteAllText(path, made.ExportCertificatePem());
        return path;
    }
}
