using System.Net;
using System.Net.Http.Json;
using System.Net.Security;
using System.Net.WebSockets;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Wardline.Server.Features.Identity;
using Wardline.Server.Features.Signaling.Media;
using Wardline.Server.Features.Visits;
using Wardline.Server.Platform;

namespace Wardline.Server.Tests.Hosting;

/// <summary>The whole host on a free port, with real TLS, its own data root, a clock of the test's and a media engine that remembers.</summary>
internal sealed class TestWardline : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly bool _ownsData;

    private TestWardline(WebApplication app, string data, bool ownsData, ManualClock clock, FakeMedia media, LogCollector log)
    {
        (_app, Data, _ownsData, Clock, Media, Log) = (app, data, ownsData, clock, media, log);
        Origin = app.Services.GetRequiredService<ServerAddress>().Origin;
    }

    public ManualClock Clock { get; }

    public FakeMedia Media { get; }

    public LogCollector Log { get; }

    public string Data { get; }

    public string Origin { get; }

    public int Port => new Uri(Origin).Port;

    public IServiceProvider Services => _app.Services;

    public static Task<TestWardline> StartAsync(params string[] settings) => StartAsync(null, null, settings);

    public static async Task<TestWardline> StartAsync(string? data, ManualClock? clock, params string[] settings)
    {
        bool ownsData = data is null;
        data ??= Directory.CreateTempSubdirectory("wardline-test-").FullName;
        clock ??= new ManualClock();
        FakeMedia media = new();
        LogCollector log = new();
        WebApplication app = WardlineHost.Create(
            [$"--Data:Root={data}", "--Server:Port=0", "--Media:AdvertisedAddresses=127.0.0.1", .. settings],
            services =>
            {
                services.Replace(ServiceDescriptor.Singleton<TimeProvider>(clock));
                services.Replace(ServiceDescriptor.Singleton<IMediaGateway>(media));
                services.RemoveAll<ILoggerProvider>();
                services.AddSingleton<ILoggerProvider>(log);
                services.AddLogging(logging => logging.AddFilter("Wardline", LogLevel.Trace));
            });
        await app.StartAsync();
        return new TestWardline(app, data, ownsData, clock, media, log);
    }

    /// <summary>A visit with these people, and a link for each.</summary>
    public async Task<IReadOnlyList<Link>> InviteAsync(string profile, params Role[] roles)
    {
        VisitDirectory visits = Services.GetRequiredService<VisitDirectory>();
        VisitLinks links = Services.GetRequiredService<VisitLinks>();
        (Person Person, Role Role)[] people = [.. roles.Select((role, i) => (new Person(VisitDirectory.NewId(), $"{role} Number{i}"), role))];
        Visit visit = await visits.CreateAsync("consult", profile, demo: false, people, default);
        List<Link> made = [];
        foreach ((Person person, _) in people)
        {
            byte[] secret = System.Security.Cryptography.RandomNumberGenerator.GetBytes(VisitLinks.SecretBytes);
            await links.AddAsync(visit.Id, person.Id, secret, TimeSpan.FromDays(1), default);
            made.Add(new Link(visit.Id, person, System.Buffers.Text.Base64Url.EncodeToString(secret)));
        }

        return made;
    }

    public Task<IReadOnlyList<Link>> InviteAsync(params Role[] roles) => InviteAsync(MediaProfile.Standard, roles);

    public Browser Browser() => new(this);

    /// <summary>Signed in by the link, in a browser of its own.</summary>
    public async Task<Guest> SignInAsync(Link link)
    {
        Browser browser = Browser();
        using HttpResponseMessage response = await browser.PostAsync("/api/identity/link", $$"""{"visit":"{{link.Visit}}","secret":"{{link.Secret}}"}""");
        response.EnsureSuccessStatusCode();
        return new Guest(this, browser, link);
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
        if (_ownsData)
        {
            Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
            Directory.Delete(Data, recursive: true);
        }
    }
}

internal sealed record Link(string Visit, Person Person, string Secret);

/// <summary>A cookie jar that says yes to the server's own certificate.</summary>
internal sealed class Browser : IDisposable
{
    public Browser(TestWardline server)
    {
        Server = server;
        Client = new HttpClient(new SocketsHttpHandler { CookieContainer = Cookies, AllowAutoRedirect = false, SslOptions = Trusting })
        {
            BaseAddress = new Uri(server.Origin),
        };
    }

    public static SslClientAuthenticationOptions Trusting => new() { RemoteCertificateValidationCallback = static (_, _, _, _) => true };

    public TestWardline Server { get; }

    public CookieContainer Cookies { get; } = new();

    public HttpClient Client { get; }

    public Task<HttpResponseMessage> PostAsync(string path, string json, string? person = null, Action<HttpRequestMessage>? change = null) =>
        SendAsync(HttpMethod.Post, path, person, request =>
        {
            request.Content = new StringContent(json, System.Text.Encoding.UTF8, "application/json");
            change?.Invoke(request);
        });

    public Task<HttpResponseMessage> GetAsync(string path, string? person = null) => SendAsync(HttpMethod.Get, path, person, null);

    public Task<HttpResponseMessage> DeleteAsync(string path, string? person = null, Action<HttpRequestMessage>? change = null) =>
        SendAsync(HttpMethod.Delete, path, person, change);

    public void Dispose() => Client.Dispose();

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, string? person, Action<HttpRequestMessage>? change)
    {
        using HttpRequestMessage request = new(method, path);
        if (person is not null)
        {
            request.Headers.Add(IdentityFeature.PersonHeader, person);
        }

        change?.Invoke(request);
        return await Client.SendAsync(request);
    }
}

/// <summary>A person with a browser that is signed in for one visit.</summary>
internal sealed class Guest(TestWardline server, Browser browser, Link link)
{
    public Browser Browser => browser;

    public Link Link => link;

    public string Instance { get; set; } = NewInstance();

    public string Path(string rest = "") => $"/api/visits/{link.Visit}{rest}";

    public Task<HttpResponseMessage> PostAsync(string rest, string json) => browser.PostAsync(Path(rest), json, link.Person.Id);

    public Task<HttpResponseMessage> GetAsync() => browser.GetAsync(Path(), link.Person.Id);

    public Task<HttpResponseMessage> JoinAsync() => PostAsync("/join", $$"""{"instance":"{{Instance}}"}""");

    public async Task<JsonElement> TicketAsync()
    {
        using HttpResponseMessage response = await JoinAsync();
        response.EnsureSuccessStatusCode();
        return await response.Content.ReadFromJsonAsync<JsonElement>();
    }

    /// <summary>A reload: another page load of the same person.</summary>
    public void Reload() => Instance = NewInstance();

    public async Task<SignalClient> OpenAsync()
    {
        JsonElement join = await TicketAsync();
        return await SignalClient.OpenAsync(join.GetProperty("socket").GetString()!, join.GetProperty("ticket").GetString()!);
    }

    /// <summary>Socket, welcome, hello; the answers stay to be read.</summary>
    public async Task<SignalClient> EnterAsync(string? expectState = null)
    {
        SignalClient client = await OpenAsync();
        await client.NextAsync("welcome");
        await client.HelloAsync();
        if (expectState is not null)
        {
            Assert.Equal(expectState, (await client.NextAsync("state")).GetProperty("state").GetString());
        }

        return client;
    }

    public static string NewInstance() => System.Buffers.Text.Base64Url.EncodeToString(System.Security.Cryptography.RandomNumberGenerator.GetBytes(16));

    public TestWardline Server => server;
}
