using System.Threading.Channels;
using Wardline.Media.Loops;
using Wardline.Rtc.Sdp;
using Wardline.Sfu;

namespace Wardline.Media;

/// <summary>Exactly one of the two is set.</summary>
public sealed record NegotiationResult(string? Answer, SdpError? Error);

/// <summary>The session has been closed, or an error of our own has ended it.</summary>
public sealed class MediaSessionClosedException() : InvalidOperationException("The media session is closed.");

/// <summary>A session, for the rest of the server: every call is done by the worker that owns it, between two batches of packets. Thread-safe.</summary>
public sealed class MediaSession : IAsyncDisposable
{
    private readonly Worker _worker;
    private readonly SessionSlot _slot;
    private readonly Action _closed;
    private int _disposed;

    internal MediaSession(Worker worker, SessionSlot slot, ChannelReader<MediaEvent> events, Action closed)
    {
        _worker = worker;
        _slot = slot;
        _closed = closed;
        Events = events;
    }

    /// <summary>For logs; says nothing about anybody.</summary>
    public int Number => _slot.Number;

    /// <summary>What happens in the session, in order; completes when it is closed. To be read all the time.</summary>
    public ChannelReader<MediaEvent> Events { get; }

    /// <summary>Makes the transport of one more participant; it is connected to by the answer to its offer.</summary>
    /// <exception cref="MediaSessionClosedException"/>
    /// <exception cref="InvalidOperationException">The session is full.</exception>
    public Task<ParticipantId> AddParticipantAsync(CancellationToken cancellation) =>
        Call((w, now) => w.Sessions.AddParticipant(_slot, now), cancellation);

    /// <summary>From the moment this completes nothing of that participant is taken and nothing is sent to it. Unknown ones are ignored.</summary>
    public Task RemoveParticipantAsync(ParticipantId participant, CancellationToken cancellation) =>
        Call(
            (w, now) =>
            {
                w.Sessions.RemoveParticipant(_slot, participant, now);
                return true;
            },
            cancellation);

    /// <summary>Answers an offer. What the SDP filter refuses comes back as its error.</summary>
    /// <exception cref="MediaSessionClosedException"/>
    /// <exception cref="InvalidOperationException">The participant is not in the session.</exception>
    public Task<NegotiationResult> NegotiateAsync(
        ParticipantId participant,
        string sdp,
        IReadOnlyList<PublishRequest> publish,
        IReadOnlyList<SubscribeRequest> subscribe,
        CancellationToken cancellation)
    {
        Offer offer = new(sdp, publish, subscribe);
        return Call((w, now) => w.Sessions.Negotiate(_slot, participant, offer, w.CandidateLines, now), cancellation);
    }

    /// <summary>How large the participant shows what it receives. Does not wait.</summary>
    public void SetView(ParticipantId participant, IReadOnlyList<ViewSlot> slots) =>
        _worker.Post(new WorkerCall<bool>((w, now) =>
        {
            w.Sessions.SetView(_slot, participant, slots, now);
            return true;
        }));

    /// <summary>Why packets of this session were dropped since it began, exact at this moment; also after its end.</summary>
    public Task<DropCounts> ReadDropsAsync(CancellationToken cancellation) =>
        Call(
            (_, _) =>
            {
                DropCounts drops = new();
                _slot.Core.AddDrops(drops);
                return drops;
            },
            cancellation);

    /// <summary>How a participant's transport is; null when it is not in the session.</summary>
    public Task<TransportReport?> ReportOnAsync(ParticipantId participant, CancellationToken cancellation) =>
        Call((_, _) => _slot.Core.ReportOn(participant), cancellation);

    /// <summary>Says goodbye to the peers and ends the session. A second call does nothing.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        _closed();
        try
        {
            await Call(
                (w, now) =>
                {
                    w.Sessions.Close(_slot, now);
                    return true;
                },
                CancellationToken.None);
        }
        catch (ObjectDisposedException)
        {
            // The engine was stopped first, and has closed it.
        }
    }

    // A cancelled caller stops waiting; what it asked for may still be done.
    private Task<TResult> Call<TResult>(Func<Worker, Rtc.Instant, TResult> body, CancellationToken cancellation)
    {
        WorkerCall<TResult> call = new(body);
        _worker.Post(call);
        return call.Task.WaitAsync(cancellation);
    }
}
