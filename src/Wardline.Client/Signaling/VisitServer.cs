using System.Net;
using System.Net.Http.Json;
using System.Net.Security;
using System.Security.Authentication;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Wardline.Client.Signaling;

/// <summary>The HTTP calls of one person towards one server (docs/protocol.md §1), with the cookies of that person.</summary>
public sealed class VisitServer : IDisposable
{
    private const int MaxAnswerBytes = 256 * 1024;
    private const int MaxTokenChars = 4096;

    private readonly ServerTrust _trust;
    private readonly HttpClient _http;
    private readonly CookieContainer _cookies = new();
    private string? _person;

    /// <param name="patience">How long one call may take; null: 15 s.</param>
    public VisitServer(Uri server, ServerTrust trust, TimeSpan? patience = null)
    {
        _trust = trust;
        SocketsHttpHandler handler = new()
        {
            CookieContainer = _cookies,
            AllowAutoRedirect = false,
            ConnectTimeout = TimeSpan.FromSeconds(10),
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(5),
            SslOptions = new SslClientAuthenticationOptions
            {
                EnabledSslProtocols = SslProtocols.Tls13,
                RemoteCertificateValidationCallback = (_, certificate, _, errors) => trust.Accepts(certificate, errors),
            },
        };
        _http = new HttpClient(handler) { BaseAddress = server, Timeout = patience ?? TimeSpan.FromSeconds(15), MaxResponseContentBufferSize = MaxAnswerBytes };
    }

    /// <summary>Exchanges the link's secret for this person's cookie.</summary>
    /// <returns>The person's id.</returns>
    /// <exception cref="WardlineException"><c>identity.link-refused</c>, <c>http.rate</c>, or one of the client's own.</exception>
    public async Task<string> SignInAsync(VisitLink link, CancellationToken cancel)
    {
        LinkAnswer answer = await PostAsync("/api/identity/link", new LinkRequest(link.Visit, link.Secret), SignalJson.Default.LinkRequest, SignalJson.Default.LinkAnswer, cancel);
        return _person = IsToken(answer.Person.Id) ? answer.Person.Id : throw new WardlineException("client.malformed", "The server gave no id that a header can carry.");
    }

    /// <param name="instance">16 random bytes, the same for as long as this client keeps its keys.</param>
    /// <exception cref="WardlineException"><c>visit.ended</c>, <c>visit.full</c>, <c>visit.removed</c>, <c>visit.not-invited</c>, <c>http.rate</c>.</exception>
    public async Task<JoinTicket> JoinAsync(string visit, ReadOnlyMemory<byte> instance, CancellationToken cancel)
    {
        JoinRequest request = new(Base64Url(instance.Span));
        JoinAnswer answer = await PostAsync($"/api/visits/{visit}/join", request, SignalJson.Default.JoinRequest, SignalJson.Default.JoinAnswer, cancel);
        if (!Uri.TryCreate(answer.Socket, UriKind.Absolute, out Uri? socket) || socket.Scheme != Uri.UriSchemeWss || !IsToken(answer.Ticket))
        {
            throw new WardlineException("client.malformed", "The server named no socket to open, or no ticket for it.");
        }

        return new JoinTicket(socket, answer.Ticket, _cookies);
    }

    /// <summary>Relay credentials; none when the instance has no relay.</summary>
    /// <param name="reason"><c>join</c>, <c>restart</c> or <c>refresh</c>; the server writes it down.</param>
    public async Task<IReadOnlyList<IceServer>> RelaysAsync(string visit, string reason, CancellationToken cancel)
    {
        TurnAnswer answer = await PostAsync($"/api/visits/{visit}/turn", new TurnRequest(reason), SignalJson.Default.TurnRequest, SignalJson.Default.TurnAnswer, cancel);
        return answer.IceServers.All(s => s is not null && s.Urls.All(u => u is not null))
            ? answer.IceServers
            : throw new WardlineException("client.malformed", "The server named a relay that is none.");
    }

    public void Dispose() => _http.Dispose();

    internal static string Base64Url(ReadOnlySpan<byte> bytes) => System.Buffers.Text.Base64Url.EncodeToString(bytes);

    private async Task<TAnswer> PostAsync<TRequest, TAnswer>(
        string path, TRequest body, JsonTypeInfo<TRequest> requestType, JsonTypeInfo<TAnswer> answerType, CancellationToken cancel)
    {
        using HttpRequestMessage request = new(HttpMethod.Post, path) { Content = JsonContent.Create(body, requestType) };
        if (_person is { } person)
        {
            request.Headers.Add("Wardline-Person", person);
        }

        try
        {
            using HttpResponseMessage response = await _http.SendAsync(request, cancel);
            if (response.StatusCode != HttpStatusCode.OK)
            {
                throw await RefusalAsync(response, cancel);
            }

            return await response.Content.ReadFromJsonAsync(answerType, cancel) ?? throw new JsonException("null");
        }
        catch (HttpRequestException e) when (e.InnerException is AuthenticationException)
        {
            throw _trust.Refusal(e);
        }
        catch (HttpRequestException e) when (e.HttpRequestError is HttpRequestError.InvalidResponse or HttpRequestError.ConfigurationLimitExceeded)
        {
            throw new WardlineException("client.malformed", "The server's answer is no HTTP, or too large.", e);
        }
        catch (HttpRequestException e)
        {
            throw new WardlineException("client.unreachable", $"{_http.BaseAddress} does not answer: {e.Message}", e);
        }
        catch (JsonException e)
        {
            throw new WardlineException("client.malformed", "The server's answer is not what the protocol says.", e);
        }
        catch (TaskCanceledException e) when (!cancel.IsCancellationRequested)
        {
            throw new WardlineException("client.timeout", $"{_http.BaseAddress} did not answer in time.", e);
        }
    }

    /// <summary>RFC 9110 §5.6.2, less what nobody uses: it goes into a header.</summary>
    private static bool IsToken(string text) => text.Length is > 0 and <= MaxTokenChars && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or '~' or '+');

    private static async Task<WardlineException> RefusalAsync(HttpResponseMessage response, CancellationToken cancel)
    {
        if (response.Content.Headers.ContentType?.MediaType == "application/problem+json")
        {
            Problem? problem = await response.Content.ReadFromJsonAsync(SignalJson.Default.Problem, cancel);
            if (problem?.Code is { } code)
            {
                return new WardlineException(code, problem.Detail ?? problem.Title ?? "The server refused.");
            }
        }

        return new WardlineException("client.refused", $"The server answered {(int)response.StatusCode}.");
    }
}

/// <summary>Opens one socket, once, within 60 s.</summary>
public sealed class JoinTicket
{
    internal JoinTicket(Uri socket, string ticket, CookieContainer cookies)
    {
        Socket = socket;
        Ticket = ticket;
        Cookies = cookies;
    }

    public Uri Socket { get; }

    internal string Ticket { get; }

    internal CookieContainer Cookies { get; }
}
