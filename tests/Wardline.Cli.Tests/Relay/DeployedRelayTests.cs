using System.Globalization;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Wardline.Cli.Doctor;

namespace Wardline.Cli.Tests.Relay;

/// <summary>What a relay credential, honest or stolen, is good for.</summary>
public sealed class DeployedRelayTests(DeployedRelay relay) : IClassFixture<DeployedRelay>
{
    public static TheoryData<string> Elsewhere =>
    [
        "127.0.0.1", // the relay's own machine
        "127.0.0.2", "127.255.255.254",
        "10.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1", // somebody's inner networks
        "169.254.169.254", // the metadata of a cloud
        "203.0.113.9", "8.8.8.8", // the internet
        "0.0.0.0", "224.0.0.1", "255.255.255.255",
    ];

    [Theory]
    [MemberData(nameof(Elsewhere))]
    public async Task Only_the_sfu_may_be_reached(string peer)
    {
        await using TurnConnection turn = await AllocateAsync();
        Assert.StartsWith("403", await turn.PermitAsync(IPAddress.Parse(peer), Patience), StringComparison.Ordinal);
        Assert.Null(await turn.PermitAsync(IPAddress.Parse(DeployedRelay.Sfu), Patience));
        await turn.GiveBackAsync(Patience);
    }

    [Fact]
    public async Task No_address_of_this_machine_may_be_reached_but_the_sfus()
    {
        await using TurnConnection turn = await AllocateAsync();
        IPAddress[] own = [.. NetworkInterface.GetAllNetworkInterfaces().SelectMany(i => i.GetIPProperties().UnicastAddresses).Select(a => a.Address)];
        Assert.NotEmpty(own);
        foreach (IPAddress address in own)
        {
            string? refusal = await turn.PermitAsync(address, Patience);
            Assert.Matches(address.AddressFamily == AddressFamily.InterNetwork ? "^403 " : "^(403|443) ", refusal);
        }

        await turn.GiveBackAsync(Patience);
    }

    [Theory]
    [InlineData("::1")]
    [InlineData("::ffff:127.0.0.1")]
    [InlineData("::ffff:127.0.0.20")]
    [InlineData("fe80::1")]
    [InlineData("fd00::1")]
    public async Task Nobody_is_reached_by_ipv6(string peer)
    {
        await using TurnConnection turn = await AllocateAsync();
        string? refusal = await turn.PermitAsync(IPAddress.Parse(peer), Patience);
        Assert.NotNull(refusal);
        Assert.Matches("^(400|403|443) ", refusal); // forbidden, or of another family than the allocation
        await turn.GiveBackAsync(Patience);
    }

    [Fact]
    public async Task What_is_sent_to_the_sfu_arrives_and_what_is_sent_elsewhere_does_not()
    {
        using Socket sfu = Listen(DeployedRelay.Sfu);
        using Socket other = Listen("127.0.0.1");
        await using TurnConnection turn = await AllocateAsync();
        Assert.Null(await turn.PermitAsync(IPAddress.Parse(DeployedRelay.Sfu), Patience));
        await turn.PermitAsync(IPAddress.Loopback, Patience);

        await turn.SendAsync((IPEndPoint)other.LocalEndPoint!, "for somebody else"u8.ToArray(), Patience);
        await turn.SendAsync((IPEndPoint)sfu.LocalEndPoint!, "for the sfu"u8.ToArray(), Patience);
        byte[] buffer = new byte[64];
        using CancellationTokenSource patience = new(TimeSpan.FromSeconds(10));
        int length = await sfu.ReceiveAsync(buffer, patience.Token);
        Assert.Equal("for the sfu", Encoding.UTF8.GetString(buffer, 0, length));
        Assert.Equal(0, other.Available); // the relay had it first
        await turn.GiveBackAsync(Patience);
    }

    [Fact]
    public async Task An_expired_credential_is_refused()
    {
        (string username, string password) = Credential(relay.Secret, TimeSpan.FromSeconds(-5));
        Assert.StartsWith("401", await TryAsync(username, password), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_credential_of_another_secret_is_refused()
    {
        (string username, string password) = Credential(new string('0', 64), TimeSpan.FromMinutes(5));
        Assert.StartsWith("401", await TryAsync(username, password), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_credential_that_was_given_a_longer_life_or_another_holder_is_refused()
    {
        (string username, string password) = Credential(relay.Secret, TimeSpan.FromMinutes(5));
        long expires = long.Parse(username.Split(':')[0], CultureInfo.InvariantCulture);
        Assert.StartsWith("401", await TryAsync($"{expires + 86_400}:holder", password), StringComparison.Ordinal);
        Assert.StartsWith("401", await TryAsync($"{expires}:somebody", password), StringComparison.Ordinal);
        Assert.Null(await TryAsync(username, password));
    }

    [Fact]
    public async Task One_holder_has_so_many_allocations_and_no_more()
    {
        (string username, string password) = Credential(relay.Secret, TimeSpan.FromMinutes(5), "greedy");
        List<TurnConnection> held = [];
        string? refusal = null;
        try
        {
            for (int i = 0; i < 20 && refusal is null; i++)
            {
                held.Add(await TurnConnection.OpenAsync("127.0.0.1", relay.Port, udp: true, tls: false, Patience));
                refusal = await held[^1].AllocateAsync(username, password, Patience);
            }

            Assert.StartsWith("486", refusal, StringComparison.Ordinal); // RFC 8656 §7.2, user-quota
            Assert.Equal(12, held.Count - 1);
            Assert.Null(await TryAsync(Credential(relay.Secret, TimeSpan.FromMinutes(5), "modest")));
        }
        finally
        {
            foreach (TurnConnection connection in held)
            {
                await connection.DisposeAsync();
            }
        }
    }

    private static CancellationToken Patience => new CancellationTokenSource(TimeSpan.FromSeconds(20)).Token;

    private async Task<TurnConnection> AllocateAsync()
    {
        (string username, string password) = Credential(relay.Secret, TimeSpan.FromMinutes(5), Guid.NewGuid().ToString("N"));
        TurnConnection turn = await TurnConnection.OpenAsync("127.0.0.1", relay.TlsPort, udp: false, tls: true, Patience);
        Assert.Null(await turn.AllocateAsync(username, password, Patience));
        return turn;
    }

    private Task<string?> TryAsync((string Username, string Password) credential) => TryAsync(credential.Username, credential.Password);

    private async Task<string?> TryAsync(string username, string password)
    {
        await using TurnConnection turn = await TurnConnection.OpenAsync("127.0.0.1", relay.Port, udp: true, tls: false, Patience);
        string? refusal = await turn.AllocateAsync(username, password, Patience);
        if (refusal is null)
        {
            await turn.GiveBackAsync(Patience);
        }

        return refusal;
    }

    // As the server makes them: draft-uberti-behave-turn-rest-00 §2.2.
    private static (string Username, string Password) Credential(string secret, TimeSpan life, string holder = "holder")
    {
        string username = string.Create(CultureInfo.InvariantCulture, $"{(DateTimeOffset.UtcNow + life).ToUnixTimeSeconds()}:{holder}");
        return (username, Convert.ToBase64String(HMACSHA1.HashData(Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes(username))));
    }

    private static Socket Listen(string address)
    {
        Socket socket = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(IPAddress.Parse(address), 0));
        return socket;
    }
}
