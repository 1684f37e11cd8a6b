// What a page really receives, read from the browser's own statistics.
import assert from 'node:assert/strict';

/** Runs in the page before its scripts: remembers every peer connection, changes nothing. */
export const keepPeerConnections = () => {
  const Original = globalThis.RTCPeerConnection;
  globalThis.__connections = [];
  globalThis.RTCPeerConnection = new Proxy(Original, {
    construct(target, args, newTarget) {
      const connection = Reflect.construct(target, args, newTarget);
      globalThis.__connections.push(connection);
      return connection;
    },
  });
};

/** Sums over all receiving streams of the page's open connections. */
export function received(page) {
  return page.evaluate(async () => {
    const sum = { video: [], audio: [], candidate: null, srtpCipher: null, tlsVersion: null };
    for (const connection of globalThis.__connections ?? []) {
      if (connection.connectionState === 'closed') continue;
      const report = await connection.getStats();
      for (const entry of report.values()) {
        if (entry.type === 'inbound-rtp' && entry.packetsReceived > 0) {
          sum[entry.kind]?.push({
            mid: entry.mid, ssrc: entry.ssrc, packets: entry.packetsReceived, lost: entry.packetsLost,
            framesDecoded: entry.framesDecoded ?? 0, framesReceived: entry.framesReceived ?? 0, framesDropped: entry.framesDropped ?? 0,
            freezes: entry.freezeCount ?? 0, frozenSeconds: entry.totalFreezesDuration ?? 0,
            width: entry.frameWidth ?? 0, height: entry.frameHeight ?? 0, plis: entry.pliCount ?? 0, nacks: entry.nackCount ?? 0,
            keyFrames: entry.keyFramesDecoded ?? 0,
            energy: entry.totalAudioEnergy ?? 0, samples: entry.totalSamplesReceived ?? 0,
            concealed: entry.concealedSamples ?? 0, silentConcealed: entry.silentConcealedSamples ?? 0,
          });
        }
        if (entry.type === 'transport') {
          sum.srtpCipher = entry.srtpCipher; sum.tlsVersion = entry.tlsVersion;
          const pair = report.get(entry.selectedCandidatePairId);
          const local = pair && report.get(pair.localCandidateId);
          if (local) sum.candidate = { type: local.candidateType, protocol: local.protocol, relayProtocol: local.relayProtocol ?? null };
        }
      }
    }
    return sum;
  });
}

export const total = (streams, field) => streams.reduce((sum, stream) => sum + stream[field], 0);

export const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

/** Repeats until `check` stops throwing; its last complaint is the failure. */
export async function eventually(check, { within = 15_000, every = 200 } = {}) {
  const end = Date.now() + within;
  for (;;) {
    try { return await check(); } catch (error) { if (Date.now() > end) throw error; }
    await sleep(every);
  }
}

/** Decoded frames rise and audio carries energy during `ms`; returns the rates seen. */
export async function flowing(page, { ms = 3000, videos = 1, audios = 1, minFps = 10 } = {}) {
  const before = await received(page);
  const start = Date.now();
  await sleep(ms);
  const after = await received(page);
  const seconds = (Date.now() - start) / 1000;
  const rise = (kind, field) => after[kind].map((now) => now[field] - (before[kind].find((b) => b.ssrc === now.ssrc)?.[field] ?? 0));
  const fps = rise('video', 'framesDecoded').map((frames) => frames / seconds);
  const energy = rise('audio', 'energy');
  assert.ok(fps.filter((f) => f >= minFps).length >= videos, `video frames a second: ${fps.map((f) => f.toFixed(1))} (wanted ${videos} at ${minFps} or more)`);
  assert.ok(energy.filter((e) => e > 0).length >= audios, `audio energy: ${energy} (wanted ${audios} above zero)`);
  return { fps, energy, after };
}
