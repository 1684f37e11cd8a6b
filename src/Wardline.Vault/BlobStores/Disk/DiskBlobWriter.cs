namespace Wardline.Vault.BlobStores.Disk;

/// <summary>
/// A blob on its way to disk:
/// <list type="number">
/// <item>written to a file of its own in <c>new/</c>;</item>
/// <item>made durable (fsync);</item>
/// <item>given its name, by link(2) when no blob may have it yet and by rename(2) when one may;</item>
/// <item>the folder made durable, so that the name stays.</item>
/// </list>
/// </summary>
internal sealed class DiskBlobWriter(DiskBlobStore store, BlobName name, BlobWrite write, string temporary, IDiskFiles files, FileStream file) : BlobWriter
{
    private State _state;
    private long _written;

    // Open -> [CommitAsync] -> Committed
    // Open -> [a write or the commit fails] -> Broken
    // each -> [DisposeAsync] -> Disposed; what is not committed is deleted
    private enum State
    {
        Open,
        Committed,
        Broken,
        Disposed,
    }

    public override bool CanWrite => _state == State.Open;

    protected override long Written => _written;

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ExpectOpen();
        try
        {
            await files.WriteAsync(file, buffer, cancellationToken);
            _written += buffer.Length;
        }
        catch (Exception thrown)
        {
            _state = State.Broken;
            throw DiskErrors.IsOfTheDisk(thrown) ? DiskErrors.From(thrown) : thrown;
        }
    }

    public override async Task<BlobInfo> CommitAsync(CancellationToken cancel)
    {
        ExpectOpen();
        _state = State.Broken;
        try
        {
            BlobInfo info = await Task.Run(
                () =>
                {
                    files.Sync(file);
                    cancel.ThrowIfCancellationRequested();
                    return store.Publish(temporary, name, write);
                },
                cancel);
            _state = State.Committed;
            await file.DisposeAsync();
            return info;
        }
        catch (Exception thrown) when (DiskErrors.IsOfTheDisk(thrown))
        {
            throw DiskErrors.From(thrown);
        }
    }

    public override async ValueTask DisposeAsync()
    {
        if (_state == State.Disposed)
        {
            return;
        }

        bool discard = _state != State.Committed;
        _state = State.Disposed;
        await file.DisposeAsync();
        if (discard)
        {
            try
            {
                files.Delete(temporary);
            }
            catch (Exception thrown) when (DiskErrors.IsOfTheDisk(thrown))
            {
                // The next start removes it.
            }
        }
    }

    private void ExpectOpen()
    {
        ObjectDisposedException.ThrowIf(_state == State.Disposed, this);
        if (_state != State.Open)
        {
            throw new InvalidOperationException(_state == State.Committed ? "The blob is committed." : "The blob is broken: a write before this one failed.");
        }
    }
}
