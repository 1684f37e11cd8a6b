// What a page notices and does when its network changes, with times: where the seconds of coming back go. Give
// `keepTimeline` to `openProfile` as an init script, after it `readTimeline(page, from)`.

export const keepTimeline = () => {
  if (globalThis.__timeline) return;
  const timeline = (globalThis.__timeline = []);
  const note = (what) => timeline.push([Date.now(), what]);
  for (const name of ['online', 'offline']) addEventListener(name, () => note(name));
  navigator.connection?.addEventListener('change', () => note(`connection.change ${navigator.connection.type ?? ''}`));

  const fetchBefore = globalThis.fetch;
  globalThis.fetch = async (...args) => {
    const path = new URL(args[0]?.url ?? args[0], location.href).pathname.replace(/[^/]{12,}/g, '…');
    note(`fetch ${path}`);
    try {
      const response = await fetchBefore(...args);
      note(`fetched ${path} ${response.status}`);
      return response;
    } catch (error) {
      note(`fetch failed ${path} ${error.message}`);
      throw error;
    }
  };

  let sockets = 0;
  globalThis.WebSocket = class extends globalThis.WebSocket {
    constructor(...args) {
      super(...args);
      const n = ++sockets;
      note(`ws${n} opening`);
      this.addEventListener('open', () => note(`ws${n} open`));
      this.addEventListener('close', (e) => note(`ws${n} closed ${e.code}`));
      this.addEventListener('message', (e) => note(`ws${n} ← ${/"type":"([\w-]+)"/.exec(e.data)?.[1]}${/"resumed":\w+/.exec(e.data)?.[0] ?? ''}`));
      const send = this.send.bind(this);
      this.send = (data) => {
        note(`ws${n} → ${/"type":"([\w-]+)"/.exec(data)?.[1]}`);
        send(data);
      };
      const close = this.close.bind(this);
      this.close = (...code) => {
        note(`ws${n} close()`);
        close(...code);
      };
    }
  };

  const Peer = globalThis.RTCPeerConnection;
  let peers = 0;
  globalThis.RTCPeerConnection = new Proxy(Peer, {
    construct(target, args, newTarget) {
      const peer = Reflect.construct(target, args, newTarget);
      const n = ++peers;
      note(`pc${n} made`);
      // What moved since the last look, and on which pairs the checks are answered: a path that is open but brings no
      // picture can be told from a dead one.
      let last = {};
      setInterval(async () => {
        if (peer.connectionState === 'closed') return;
        const report = await peer.getStats();
        const seen = { in: 0, out: 0, rtp: 0, frames: 0, keys: 0, plis: 0 };
        const pairs = [];
        for (const s of report.values()) {
          if (s.type === 'transport') [seen.in, seen.out] = [s.packetsReceived, s.packetsSent];
          if (s.type === 'candidate-pair') {
            const local = report.get(s.localCandidateId);
            pairs.push(`${local?.address} ${local?.protocol} ${s.state}${s.nominated ? '!' : ''} ${s.requestsSent}/${s.responsesReceived}`);
          }
          if (s.type === 'inbound-rtp' && s.kind === 'video') {
            seen.rtp += s.packetsReceived;
            seen.frames += s.framesDecoded;
            seen.keys += s.keyFramesDecoded;
            seen.plis += s.pliCount;
          }
        }
        const more = Object.keys(seen).map((k) => `${k} +${seen[k] - (last[k] ?? 0)}`);
        note(`pc${n} ${more.join(' ')} | ${pairs.join(' | ')}`);
        last = seen;
      }, 100);
      peer.addEventListener('connectionstatechange', () => note(`pc${n} ${peer.connectionState}`));
      peer.addEventListener('iceconnectionstatechange', () => note(`pc${n} ice ${peer.iceConnectionState}`));
      peer.addEventListener('icecandidate', (e) => note(`pc${n} candidate ${e.candidate ? `${e.candidate.protocol} ${e.candidate.address}` : 'end'}`));
      for (const name of ['createOffer', 'setLocalDescription', 'setRemoteDescription']) {
        const before = peer[name].bind(peer);
        peer[name] = async (...given) => {
          const result = await before(...given);
          note(`pc${n} ${name} ${given[0]?.iceRestart ? 'iceRestart' : ''}${given[0]?.type ?? ''}`);
          return result;
        };
      }
      return peer;
    },
  });
};

/** One line an event from `from` (epoch ms) on, each with its ms since then. */
export async function readTimeline(page, from) {
  const events = await page.evaluate(() => globalThis.__timeline);
  return events.filter(([at]) => at >= from).map(([at, what]) => `${String(at - from).padStart(6)} ${what}`).join('\n');
}
