using System.Net;
using Amazon.S3.Model;
using Wardline.Vault.SealedBlobs;

namespace Wardline.Vault.BlobStores.S3;

/// <summary>
/// One version of an object, read by ranges. A first read, or one elsewhere, asks for what it wants and no more; who reads on
/// gets a longer answer, of which the next reads take their part. An answer that breaks off is asked for again from there.
/// For one reader.
/// </summary>
internal sealed class S3RangeSource(S3Calls calls, BlobName name, long length, string version) : IRangeSource
{
    private GetObjectResponse? _answer;
    private long _at;
    private long _end;
    private long _lastEnd = -1;

    public long Length => length;

    public async ValueTask ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancel)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, length - buffer.Length);
        bool readsOn = offset == _lastEnd;
        _lastEnd = -1;
        long end = offset + buffer.Length;
        long wanted = readsOn ? Math.Min(length, Math.Max(end, offset + calls.Options.ReadOnBytes)) : end;
        int failures = 0;
        while (!buffer.IsEmpty)
        {
            using CancellationTokenSource limit = new(calls.Options.AnswerWithin, calls.Time);
            using CancellationTokenSource both = CancellationTokenSource.CreateLinkedTokenSource(cancel, limit.Token);
            try
            {
                if (_answer is null || _at != offset)
                {
                    Drop();
                    _answer = await AskAsync(offset, wanted, cancel);
                    (_at, _end) = (offset, wanted);
                }

                int count = await _answer.ResponseStream.ReadAsync(buffer[..(int)Math.Min(buffer.Length, _end - _at)], both.Token);
                if (count == 0)
                {
                    throw StoreErrors.Lied($"an answer of {wanted - offset} bytes ended at {_at} instead of {_end}");
                }

                _at += count;
                offset += count;
                buffer = buffer[count..];
                failures = 0;
                if (_at == _end)
                {
                    Drop();
                }
            }
            catch (Exception thrown) when (!cancel.IsCancellationRequested && !IsFinal(thrown) && S3Fault.Of(thrown, limit.IsCancellationRequested, calls.Options.AnswerWithin, null, null) is { } fault)
            {
                Drop();
                if (!fault.MayPass || ++failures >= calls.Options.Tries)
                {
                    throw fault.Coded;
                }

                await calls.PauseAsync(failures, cancel);
            }
            catch
            {
                Drop();
                throw;
            }
        }

        _lastEnd = end;
    }

    public ValueTask DisposeAsync()
    {
        Drop();
        return ValueTask.CompletedTask;
    }

    /// <summary>What <see cref="AskAsync"/> has tried often enough already.</summary>
    private static bool IsFinal(Exception thrown) => thrown is VaultException { Code: not "vault.store-lied" };

    private Task<GetObjectResponse> AskAsync(long from, long to, CancellationToken cancel) => calls.RunAsync(
        async (s3, token) =>
        {
            GetObjectResponse answer = await s3.GetObjectAsync(
                new GetObjectRequest { BucketName = calls.Options.Bucket, Key = calls.KeyOf(name), ByteRange = new ByteRange(from, to - 1), EtagToMatch = version }, token);
            string range = $"bytes {from}-{to - 1}/{length}";
            bool whole = from == 0 && to == length && answer.HttpStatusCode == HttpStatusCode.OK;
            if (answer.ContentLength == to - from && (whole || (answer.HttpStatusCode == HttpStatusCode.PartialContent && answer.ContentRange == range)))
            {
                return answer;
            }

            string said = $"asked for {range} it gave {answer.ContentRange ?? "all"}, {answer.ContentLength} bytes";
            answer.Dispose();
            throw StoreErrors.Lied(said);
        },
        cancel,
        missing: () => StoreErrors.Missing(name),
        refused: () => StoreErrors.Replaced(name));

    private void Drop()
    {
        _answer?.Dispose();
        _answer = null;
    }
}
