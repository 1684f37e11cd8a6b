namespace Wardline.Vault.Tests.BlobStores;

/// <summary>Stands between a store and its server: sees every request, and may do something else with it.</summary>
internal sealed class FaultHandler : DelegatingHandler
{
    public FaultHandler()
        : base(new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false })
    {
    }

    public List<Seen> Requests { get; } = [];

    /// <summary>For a store, which disposes of what it is given; this one is for several stores in turn.</summary>
    public HttpMessageHandler ForStore() => new Lent(this);

    /// <summary>What happens to a request; by default it passes.</summary>
    public Func<HttpRequestMessage, Func<Task<HttpResponseMessage>>, CancellationToken, Task<HttpResponseMessage>> Act { get; set; } = (_, pass, _) => pass();

    /// <summary>Does something else to the next so many requests of a kind.</summary>
    public void Next(int times, Func<HttpRequestMessage, bool> which, Func<HttpRequestMessage, Func<Task<HttpResponseMessage>>, CancellationToken, Task<HttpResponseMessage>> act)
    {
        int left = times;
        Act = (request, pass, cancel) => which(request) && Interlocked.Decrement(ref left) >= 0 ? act(request, pass, cancel) : pass();
    }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        lock (Requests)
        {
            Requests.Add(new Seen(
                request.Method.Method,
                request.RequestUri!.PathAndQuery,
                request.Headers.Concat(request.Content?.Headers.AsEnumerable() ?? []).ToDictionary(h => h.Key, h => string.Join(',', h.Value), StringComparer.OrdinalIgnoreCase)));
        }

        return await Act(request, () => base.SendAsync(request, cancellationToken), cancellationToken);
    }

    private sealed class Lent(HttpMessageHandler lender) : HttpMessageHandler
    {
        private readonly HttpMessageInvoker _lender = new(lender, disposeHandler: false);

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) => _lender.SendAsync(request, cancellationToken);
    }

    internal sealed record Seen(string Method, string Target, IReadOnlyDictionary<string, string> Headers);
}

/// <summary>A hundred times as fast as a real one.</summary>
internal sealed class FastClock : TimeProvider
{
    public TimeSpan Ahead { get; init; }

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Ahead;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        base.CreateTimer(callback, state, dueTime == Timeout.InfiniteTimeSpan ? dueTime : dueTime / 100, period == Timeout.InfiniteTimeSpan ? period : period / 100);
}
