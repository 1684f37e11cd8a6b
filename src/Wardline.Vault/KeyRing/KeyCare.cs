using System.Collections.Concurrent;
using Wardline.Vault.KeySources;

namespace Wardline.Vault.KeyRing;

/// <summary>Something that the care for keys could not do, and will try again.</summary>
/// <param name="Task"><c>turn</c>, <c>erase</c>, <c>source</c> or <c>store</c>.</param>
public sealed record KeyProblem(string Tenant, string Task, string Code, string Message, DateTimeOffset Since);

/// <summary>
/// What keys need without anybody asking: due ones are turned, erasures that were cut short are finished, and sources are
/// asked whether they still agree. What fails is kept as a problem until it works.
/// </summary>
internal sealed class KeyCare(RingStore store, TenantCache tenants, KeyTurner turner, Eraser eraser, KeyRingOptions options, TimeProvider time) : IAsyncDisposable
{
    private readonly ConcurrentDictionary<(string Tenant, string Task), KeyProblem> _problems = new();
    private readonly CancellationTokenSource _stop = new();
    private Task _running = Task.CompletedTask;

    public IReadOnlyList<KeyProblem> Problems => [.. _problems.Values.OrderBy(p => p.Since)];

    public void Start() => _running = RunAsync(_stop.Token);

    public async Task OnceAsync(CancellationToken cancel)
    {
        await TryAsync("", "store", async () =>
        {
            await foreach (string tenant in store.TenantsAsync(cancel))
            {
                await TryAsync(tenant, "erase", () => eraser.ResumeAsync(tenant, cancel));
                await TryAsync(tenant, "source", () => tenants.AskSourceAsync(tenant, cancel));
                await TryAsync(tenant, "turn", () => TurnAsync(tenant, cancel));
            }
        });
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        try
        {
            await _running;
        }
        catch (OperationCanceledException)
        {
            // asked for
        }

        _stop.Dispose();
    }

    private async Task RunAsync(CancellationToken cancel)
    {
        using PeriodicTimer timer = new(options.CareEvery, time);
        do
        {
            await OnceAsync(cancel);
        }
        while (await timer.WaitForNextTickAsync(cancel));
    }

    private async ValueTask TurnAsync(string tenant, CancellationToken cancel)
    {
        if (await store.ReadTenantAsync(tenant, cancel) is { Record: { Erased: null } record } && turner.IsDue(record) &&
            await turner.TurnAsync(tenant, KeyPurpose.Data, onlyIfDue: true, cancel))
        {
            await tenants.ReloadAsync(tenant, cancel);
        }
    }

    private async ValueTask TryAsync(string tenant, string task, Func<ValueTask> work)
    {
        try
        {
            await work();
            _problems.TryRemove((tenant, task), out _);
        }
        catch (VaultException failure)
        {
            _problems.AddOrUpdate(
                (tenant, task),
                static (key, now) => new(key.Tenant, key.Task, now.Failure.Code, now.Failure.Message, now.At),
                static (_, before, now) => before with { Code = now.Failure.Code, Message = now.Failure.Message },
                (Failure: failure, At: time.GetUtcNow()));
        }
    }
}
