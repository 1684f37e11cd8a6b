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
    private int _disposed;

    public IReadOnlyList<KeyProblem> Problems => [.. _problems.Values.OrderBy(p => p.Since)];

    public void Start() => _running = Task.Run(() => RunAsync(_stop.Token));

    public async Task OnceAsync(CancellationToken cancel)
    {
        await TryAsync(
            "",
            "store",
            async () =>
            {
                await foreach (string tenant in store.TenantsAsync(cancel))
                {
                    await TryAsync(tenant, "erase", () => eraser.ResumeAsync(tenant, cancel), cancel);
                    await TryAsync(tenant, "source", () => tenants.AskSourceAsync(tenant, cancel), cancel);
                    await TryAsync(tenant, "turn", () => TurnAsync(tenant, cancel), cancel);
                }
            },
            cancel);
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

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

    // Whatever fails, the rest is cared for, and this again the next time.
    private async ValueTask TryAsync(string tenant, string task, Func<ValueTask> work, CancellationToken cancel)
    {
        try
        {
            await work();
            _problems.TryRemove((tenant, task), out _);
        }
        catch (Exception failure) when (!cancel.IsCancellationRequested)
        {
            KeyProblem now = new(tenant, task, (failure as VaultException)?.Code ?? "vault.internal", failure.Message, time.GetUtcNow());
            _problems.AddOrUpdate((tenant, task), now, (_, before) => now with { Since = before.Since });
        }
    }
}
