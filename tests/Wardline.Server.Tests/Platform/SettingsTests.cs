using Microsoft.Extensions.Configuration;
using Wardline.Server.Platform;

namespace Wardline.Server.Tests.Platform;

public sealed class SettingsTests
{
    [Fact]
    public void A_start_names_every_wrong_setting_with_its_value_and_rule()
    {
        InvalidSettingsException invalid = Assert.Throws<InvalidSettingsException>(() => WardlineHost.Create(
        [
            "--Server:Port=70000",
            "--Server:Host=not a host",
            "--Tls:Certificate=/no/such.pem",
            "--Identity:SessionLifetime=forever",
            "--Signaling:IdleEnd=5",
            "--Signaling:IdelEnd=5m",
            "--Turn:Urls=http://relay",
            "--Turn:Secret=hunter2hunter2hunter2",
            "--Demo:Enabled=maybe",
            "--Demo:Qr=2",
            "--Demo:Profile=none",
            "--Media:AdvertisedAddresses=localhost",
            "--Telemetry:Endpoint=collector",
        ]));
        foreach (string expected in new[]
        {
            "Server:Port is '70000': it must be a whole number from 0 to 65535.",
            "Server:Host is 'not a host': it must be a DNS name or an IP address.",
            "Tls:Certificate is '/no/such.pem': it must be a PEM file that exists.",
            "Tls:Key is '': it must be given together with the other one (two PEM files), or neither.",
            "Identity:SessionLifetime is 'forever': it must be a duration (such as 90s, 5m, 1h or 00:05:00) from 1m to 720h.",
            "Signaling:IdleEnd is '5': it must be a duration (such as 90s, 5m, 1h or 00:05:00) from 2s to 8h.",
            "Turn:Urls is 'http://relay': it must be a TURN URI (RFC 7065), such as turns:relay.example.org:443?transport=tcp.",
            "Turn:Secret: A secret stands in the setting itself. A secret is given as file:path, env:NAME or pkcs11:token=…;object=…. (vault.literal-secret)",
            "Demo:Enabled is 'maybe': it must be true or false.",
            "Demo:Qr is '2': it must be one of auto, always, never.",
            "Demo:Profile is 'none': it must be standard, or test-no-e2ee in tests with clients that cannot encrypt.",
            "Media:AdvertisedAddresses is 'localhost': it must be IP addresses with commas between.",
            "Telemetry:Endpoint is 'collector': it must be an http or https URL of an OTLP receiver.",
        })
        {
            Assert.Contains(expected, invalid.Problems);
        }

        Assert.Contains(invalid.Problems, p => p.StartsWith("Signaling:IdelEnd is set, but there is no such setting.", StringComparison.Ordinal));
        Assert.DoesNotContain("hunter2", invalid.Message, StringComparison.Ordinal);
        Assert.Equal(14, invalid.Problems.Count);
    }

    [Theory]
    [InlineData("90s", 90)]
    [InlineData("5m", 300)]
    [InlineData("1.5h", 5400)]
    [InlineData("00:00:10", 10)]
    [InlineData("2500ms", 2.5)]
    public void Durations_are_written_as_people_write_them(string text, double seconds)
    {
        SettingsReader settings = Reader(("A:B", text));
        Assert.Equal(TimeSpan.FromSeconds(seconds), settings.Duration("A:B", TimeSpan.Zero, TimeSpan.Zero, TimeSpan.MaxValue));
        settings.ThrowIfInvalid();
    }

    [Theory]
    [InlineData("-5s")]
    [InlineData("5")]
    [InlineData("s")]
    [InlineData("1e3s")]
    [InlineData("99999999999999999999h")]
    public void What_is_no_duration_is_refused(string text)
    {
        SettingsReader settings = Reader(("A:B", text));
        settings.Duration("A:B", TimeSpan.Zero, TimeSpan.Zero, TimeSpan.FromDays(1));
        Assert.Throws<InvalidSettingsException>(settings.ThrowIfInvalid);
    }

    [Fact]
    public void A_secret_is_read_from_where_its_reference_points()
    {
        string file = Path.GetTempFileName();
        File.WriteAllText(file, "a secret of enough length\n");
        SettingsReader settings = Reader(("A:B", $"file:{file}"), ("A:C", "file:/no/such/file"));
        Assert.Equal("a secret of enough length", settings.Secret("A:B"));
        Assert.Null(settings.Secret("A:C"));
        Assert.Single(Assert.Throws<InvalidSettingsException>(settings.ThrowIfInvalid).Problems);
        File.Delete(file);
    }

    private static SettingsReader Reader(params (string Name, string Value)[] values) =>
        new(new ConfigurationBuilder()
            .AddInMemoryCollection(values.Select(v => KeyValuePair.Create<string, string?>(v.Name, v.Value))).Build());
}
