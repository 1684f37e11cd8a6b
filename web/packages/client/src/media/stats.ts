/** What is read from `getStats` again and again; standard fields only, so that it is the same in every browser. */
export interface MediaStats {
  /** Milliseconds, of the selected candidate pair. */
  roundTripMs: number | null;
  /** 0 … 100, of what we send, from the newest receiver reports. */
  uplinkLossPercent: number | null;
  /** All that has come in on RTP streams, bytes. */
  bytesReceived: number;
}

export function readStats(report: Iterable<Record<string, unknown>>): MediaStats {
  const result: MediaStats = { roundTripMs: null, uplinkLossPercent: null, bytesReceived: 0 };
  for (const stat of report) {
    if (stat['type'] === 'candidate-pair' && stat['nominated'] === true && stat['state'] === 'succeeded') {
      const seconds = numberIn(stat, 'currentRoundTripTime');
      if (seconds !== null) result.roundTripMs = seconds * 1_000;
      // After an ICE restart the pair of before may still be listed: only the sum moves whenever anything does.
      result.bytesReceived += numberIn(stat, 'bytesReceived') ?? 0;
    } else if (stat['type'] === 'remote-inbound-rtp') {
      const lost = numberIn(stat, 'fractionLost');
      if (lost !== null) result.uplinkLossPercent = Math.max(result.uplinkLossPercent ?? 0, Math.min(1, Math.max(0, lost)) * 100);
    }
  }
  return result;
}

function numberIn(stat: Record<string, unknown>, name: string): number | null {
  const value = stat[name];
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}
