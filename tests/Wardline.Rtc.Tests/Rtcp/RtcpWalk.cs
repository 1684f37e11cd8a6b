using Wardline.Rtc.Rtcp;

namespace Wardline.Rtc.Tests.Rtcp;

/// <summary>Reads everything that can be read from a compound, as the hostile-input tests need it.</summary>
internal static class RtcpWalk
{
    /// <returns>How many things were seen, so that a test can tell that something was read at all.</returns>
    public static int Everything(ReadOnlySpan<byte> compound)
    {
        int seen = 0;
        RtcpReader reader = new(compound);
        while (reader.TryRead(out RtcpPacket packet))
        {
            seen++;
            if (SenderReportView.TryRead(packet, out SenderReportView sender))
            {
                foreach (ReportBlock block in sender.Blocks)
                {
                    seen += block.Loss >= 0 ? 1 : 0;
                }
            }

            if (ReceiverReportView.TryRead(packet, out ReceiverReportView receiver))
            {
                foreach (ReportBlock block in receiver.Blocks)
                {
                    seen += block.Loss >= 0 ? 1 : 0;
                }
            }

            if (NackView.TryRead(packet, out NackView nack))
            {
                foreach (SequenceNumber _ in nack)
                {
                    seen++;
                }
            }

            if (FirView.TryRead(packet, out FirView fir))
            {
                for (int i = 0; i < fir.Count; i++)
                {
                    seen += fir[i].Number >= 0 ? 1 : 0;
                }
            }

            if (RembView.TryRead(packet, out RembView remb))
            {
                for (int i = 0; i < remb.SourceCount; i++)
                {
                    seen += remb.Source(i) == default ? 0 : 1;
                }
            }

            if (ByeView.TryRead(packet, out ByeView bye))
            {
                seen += bye.Reason.Length;
                for (int i = 0; i < bye.Count; i++)
                {
                    seen += bye[i] == default ? 0 : 1;
                }
            }

            if (SdesView.TryRead(packet, out SdesView sdes))
            {
                foreach (SdesItem item in sdes)
                {
                    seen += item.Value.Length;
                }
            }

            if (TransportCcView.TryRead(packet, out TransportCcView transport))
            {
                int received = 0;
                foreach (TransportCcView.Arrival arrival in transport)
                {
                    Assert.InRange(arrival.Index, 0, transport.StatusCount - 1);
                    received++;
                }

                Assert.Equal(transport.ReceivedCount, received);
                seen += received;
            }

            seen += PliView.TryRead(packet, out _) ? 1 : 0;
        }

        return seen;
    }
}
