using System.Net;
using Wardline.Rtc.Bwe;
using Wardline.Rtc.Rtcp;
using Wardline.Rtc.Rtp;
using Wardline.Rtc;
using Wardline.Sockets;

namespace Wardline.Bench.Load;

/// <summary>One peer connection: a socket, a transport, what it sends, and what it receives.</summary>
internal sealed class LoadPeer : IDisposable
{
    private readonly BoundSocket _socket;
    private readonly TrainSender _sender;
    private readonly TwccRecorder _arrivals = new();
    private readonly List<Reception> _receptions = [];
    private ushort _transportSequence;
    private int _untilSample;

    /// <param name="port">0: any.</param>
    public LoadPeer(LoadPlan plan, int participant, LoadTransport transport, int port = 0)
    {
        Participant = participant;
        Room = participant / plan.RoomSize;
        Transport = transport;
        _socket = BoundSocket.Udp(IPAddress.Parse(plan.Bind), port, 4 << 20);
        // A datagram each, as many browsers on many networks send them: the server gets no train for free.
        _sender = new TrainSender(_socket, segments: false);
    }

    public int Participant { get; }

    public int Room { get; }

    public LoadTransport Transport { get; set; }

    public List<PacedMedia> Media { get; } = [];

    public IReadOnlyList<Reception> Receptions => _receptions;

    /// <summary>Payload types that count as media; others (retransmissions, probes) do not.</summary>
    public HashSet<byte> Receives { get; } = [];

    /// <summary>Of the server's answer; 0: it wants no feedback.</summary>
    public byte TransportCcId { get; set; }

    public int Fd => _socket.Fd;

    public long Sent { get; private set; }

    public long RefusedByKernel => _sender.PacketsRefused;

    /// <summary>When <see cref="Turn"/> has something to do without a datagram.</summary>
    public Instant NextDue(bool sending)
    {
        Instant next = Transport.NextTimeout;
        if (TransportCcId != 0)
        {
            next = Instant.Min(next, _arrivals.NextFeedback);
        }

        if (sending)
        {
            foreach (PacedMedia media in Media)
            {
                next = Instant.Min(next, media.Due);
            }
        }

        return next;
    }

    public void Restart()
    {
        Sent = 0;
        _receptions.ForEach(r => r.Restart());
    }

    /// <summary>Does what is due: checks and handshake, frames, feedback.</summary>
    public void Turn(Instant now, bool sending, PacketTrains output, LoadMeter meter)
    {
        if (now >= Transport.NextTimeout)
        {
            Transport.HandleTimeout(now, output);
        }

        if (sending)
        {
            foreach (PacedMedia media in Media)
            {
                if (now >= media.Due)
                {
                    meter.Lateness.Add((now - media.Due).Ticks / TimeSpan.TicksPerMicrosecond);
                    SendFrame(media, now, output);
                    media.Due += media.Interval;
                }
            }
        }

        if (TransportCcId != 0 && now >= _arrivals.NextFeedback && Transport.TryReserve(output, out Span<byte> slot) &&
            _arrivals.TryWriteFeedback(now, new Ssrc(1), new Ssrc(1), slot, out int length))
        {
            Transport.TryCommit(output, slot, length, rtcp: true);
        }

        Flush(output);
    }

    public void Take(Span<byte> datagram, in TransportAddress from, Instant now, PacketTrains output, LoadMeter meter)
    {
        if (datagram.Length < RtpHeader.FixedLength || datagram[0] >> 6 != RtpHeader.Version || RtpHeader.LooksLikeRtcp(datagram))
        {
            if (Transport.Handle(datagram, from, now, output, out int length) == TransportInput.Rtcp)
            {
                TakeRtcp(datagram[..length]);
            }

            Flush(output);
            return;
        }

        // The header stays in the clear (RFC 3711 §3.1): only a sample has to be opened.
        if (TransportCcId != 0 && RtpExtensions.TryReadTransportSequence(datagram, TransportCcId, out ushort sequence))
        {
            _arrivals.OnPacket(sequence, now);
        }

        if (!Receives.Contains(RtpHeader.PayloadType(datagram)))
        {
            return;
        }

        Find(RtpHeader.Ssrc(datagram)).Packet(RtpHeader.Sequence(datagram));
        if (--_untilSample <= 0)
        {
            _untilSample = meter.SampleEvery;
            bool opened = Transport.Handle(datagram, from, now, output, out int length) == TransportInput.Rtp;
            if (opened && PacedMedia.TryReadStamp(datagram[..length], out Instant sent, out int sender) && sender != Participant && sender / meter.RoomSize == Room)
            {
                meter.Good(now - sent);
            }
            else
            {
                meter.Wrong++;
            }
        }
    }

    public void Dispose()
    {
        Transport.Dispose();
        _sender.Dispose();
        _socket.Dispose();
    }

    private void SendFrame(PacedMedia media, Instant now, PacketTrains output)
    {
        media.NextFrame();
        for (int i = 0; i < media.PacketsPerFrame && Transport.TryReserve(output, out Span<byte> slot); i++)
        {
            if (Transport.TryCommit(output, slot, media.Write(slot, i, now, ref _transportSequence), rtcp: false))
            {
                Sent++;
            }
        }

        media.EndFrame();
    }

    private void TakeRtcp(ReadOnlySpan<byte> compound)
    {
        RtcpReader reader = new(compound);
        while (reader.TryRead(out RtcpPacket part))
        {
            if (part.Kind == RtcpKind.Pli && PliView.TryRead(part, out PliView pli))
            {
                foreach (PacedMedia media in Media)
                {
                    if (media.Ssrc == pli.Media)
                    {
                        media.AskKeyFrame();
                    }
                }
            }
        }
    }

    private void Flush(PacketTrains output)
    {
        foreach (ref readonly PacketTrains.Train train in output.Trains)
        {
            _sender.Append(output, train);
        }

        _sender.Flush();
        output.Clear();
    }

    private Reception Find(Ssrc ssrc)
    {
        foreach (Reception known in _receptions)
        {
            if (known.Ssrc == ssrc)
            {
                return known;
            }
        }

        Reception added = new(ssrc);
        _receptions.Add(added);
        return added;
    }
}
