using Wardline.Rtc;

namespace Wardline.Media.Loops;

/// <summary>Work that another thread asks of a worker; it runs between two batches of packets.</summary>
internal abstract class WorkerCommand
{
    public abstract void Run(Worker worker, Instant now);

    /// <summary>The worker is gone, or running it threw.</summary>
    public abstract void Fail(Exception exception);
}

/// <summary>A command with an answer.</summary>
internal sealed class WorkerCall<TResult>(Func<Worker, Instant, TResult> body) : WorkerCommand
{
    // The asker's continuation must not run on the media thread.
    private readonly TaskCompletionSource<TResult> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<TResult> Task => _done.Task;

    public override void Run(Worker worker, Instant now) => _done.TrySetResult(body(worker, now));

    public override void Fail(Exception exception) => _done.TrySetException(exception);
}
