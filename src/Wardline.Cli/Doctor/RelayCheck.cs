using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Wardline.Vault;
using Wardline.Vault.KeySources;

namespace Wardline.Cli.Doctor;

/// <summary>
/// Gets a real allocation from each relay address, as a browser would, and asks whom it reaches: the media, and nobody else.
/// </summary>
internal static partial class RelayCheck
{
    // Where clouds answer questions about a machine's own credentials: what a thief of relay credentials would ask first.
    private static readonly IPAddress Elsewhere = IPAddress.Parse("169.254.169.254");

    public static async Task<IReadOnlyList<Finding>> RunAsync(Subject subject, TimeProvider time, CancellationToken cancel)
    {
        InstanceNote instance = subject.Instance;
        if (instance.TurnUrls.Count == 0)
        {
            return [new("relay", Verdict.Warning, "There is no relay: people whose network blocks UDP and other TCP ports cannot take part.", "Install coturn and start ./run.sh again, or set Turn__Urls and Turn__Secret.")];
        }

        string secret;
        try
        {
            secret = SecretReference.Resolve(instance.TurnSecret ?? "");
        }
        catch (VaultException refused)
        {
            return [new("relay", Verdict.Failed, $"The relay's secret cannot be read ({refused.Code}): {refused.Message}", "Name it with --turn-secret file:path, env:NAME or pkcs11:…, as this user can read it.")];
        }

        (string username, string password) = Credentials(secret, time.GetUtcNow().AddMinutes(5));
        List<Finding> findings = [];
        foreach (string url in instance.TurnUrls)
        {
            findings.Add(await AllocateAsync(url, username, password, instance.AdvertisedAddresses, cancel));
        }

        return findings;
    }

    private static async Task<Finding> AllocateAsync(string url, string username, string password, IReadOnlyList<string> media, CancellationToken cancel)
    {
        Match match = Url().Match(url);
        if (!match.Success)
        {
            return new("relay", Verdict.Failed, $"{url} is no TURN address.", "Correct Turn__Urls.");
        }

        bool tls = match.Groups["scheme"].Value == "turns";
        bool udp = !tls && match.Groups["transport"].Value != "tcp";
        int port = match.Groups["port"].Success ? int.Parse(match.Groups["port"].Value, CultureInfo.InvariantCulture) : tls ? 5349 : 3478;
        using CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        patience.CancelAfter(TimeSpan.FromSeconds(5));
        try
        {
            await using TurnConnection connection = await TurnConnection.OpenAsync(match.Groups["host"].Value.Trim('[', ']'), port, udp, tls, patience.Token);
            if (await connection.AllocateAsync(username, password, patience.Token) is { } refusal)
            {
                return new("relay", Verdict.Failed, $"{url} refused an allocation: {refusal}.", "Let Turn__Secret and the relay's static-auth-secret be the same, and both clocks right.");
            }

            Finding finding = await JudgeReachAsync(connection, url, media, patience.Token);
            await connection.GiveBackAsync(patience.Token);
            return finding;
        }
        catch (Exception failure) when (failure is SocketException or IOException or AuthenticationException or OperationCanceledException or InvalidDataException)
        {
            cancel.ThrowIfCancellationRequested();
            return new("relay", Verdict.Failed, $"{url} does not answer ({failure.Message}).", "Start coturn (./run.sh does, where it is installed) and open its port; see the relay's log.");
        }
    }

    private static async Task<Finding> JudgeReachAsync(TurnConnection connection, string url, IReadOnlyList<string> media, CancellationToken cancel)
    {
        if (await connection.PermitAsync(Elsewhere, cancel) is null)
        {
            return new("relay", Verdict.Failed, $"{url} reaches {Elsewhere}, and likely everything else.", "Give the relay the denied-peer-ip lines of deploy/coturn/turnserver.conf.");
        }

        string? refusal = "no IPv4 address is advertised";
        foreach (string text in media)
        {
            if (IPAddress.TryParse(text, out IPAddress? address) && address.AddressFamily == AddressFamily.InterNetwork)
            {
                refusal = await connection.PermitAsync(address, cancel);
                if (refusal is null)
                {
                    break;
                }
            }
        }

        return refusal is null
            ? new("relay", Verdict.Ok, $"{url} gave an allocation that reaches the media and nothing else that was tried.")
            : new("relay", Verdict.Failed, $"{url} gave an allocation that does not reach the media: {refusal}.", "Name every address of Media__AdvertisedAddresses in an allowed-peer-ip line of the relay.");
    }

    [SuppressMessage("Security", "CA5350", Justification = "draft-uberti-behave-turn-rest-00 and coturn know HMAC-SHA1 only.")]
    private static (string Username, string Password) Credentials(string secret, DateTimeOffset expires)
    {
        string username = string.Create(CultureInfo.InvariantCulture, $"{expires.ToUnixTimeSeconds()}:doctor");
        return (username, Convert.ToBase64String(HMACSHA1.HashData(Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes(username))));
    }

    // RFC 7065 §3.1
    [GeneratedRegex(@"^(?<scheme>turns?):(?<host>[A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\])(:(?<port>\d{1,5}))?(\?transport=(?<transport>udp|tcp))?$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Url();
}
