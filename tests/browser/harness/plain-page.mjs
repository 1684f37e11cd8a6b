// The smallest client that docs/protocol.md allows, run inside a real browser and without end-to-end encryption: only a
// visit whose profile is `test-no-e2ee` lets it in, and the product's own page never joins such a visit.
export const plainClient = async ({ visit, secret, participants }) => {
  const json = async (path, body, person) => {
    const response = await fetch(path, { method: 'POST', headers: { 'content-type': 'application/json', ...(person ? { 'wardline-person': person } : {}) }, body: JSON.stringify(body) });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return response.json();
  };
  const person = (await json('/api/identity/link', { visit, secret })).person.id;
  const instance = btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(16)))).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
  const { ticket, socket: url } = await json(`/api/visits/${visit}/join`, { instance }, person);
  const socket = new WebSocket(url, ['wardline.v1', `ticket.${ticket}`]);
  const seen = [];
  const waiting = [];
  socket.onmessage = ({ data }) => {
    const message = JSON.parse(data);
    seen.push(message);
    for (const entry of [...waiting]) if (entry.wants(message)) { waiting.splice(waiting.indexOf(entry), 1); entry.done(message); }
  };
  const next = (wants) => new Promise((done) => { const already = seen.find(wants); if (already) done(already); else waiting.push({ wants, done }); });
  const send = (message) => socket.send(JSON.stringify(message));
  await next((m) => m.type === 'welcome');
  send({ type: 'hello', id: 1 });
  await next((m) => m.re === 1);
  setInterval(() => socket.readyState === 1 && send({ type: 'ping', t: 1 }), 5000);
  const connection = new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
  const media = await navigator.mediaDevices.getUserMedia({ video: { width: 640, height: 360 }, audio: true });
  const audio = connection.addTransceiver(media.getAudioTracks()[0], { direction: 'sendonly' });
  const video = connection.addTransceiver(media.getVideoTracks()[0], { direction: 'sendonly', sendEncodings: [{ rid: 'q', scaleResolutionDownBy: 4 }, { rid: 'h', scaleResolutionDownBy: 2 }, { rid: 'f' }] });
  let id = 10;
  const negotiate = async (subscribe) => {
    await connection.setLocalDescription();
    const re = ++id;
    send({ type: 'offer', id: re, sdp: connection.localDescription.sdp, publish: [{ mid: audio.mid, source: 'microphone' }, { mid: video.mid, source: 'camera' }], subscribe });
    const answer = await next((m) => m.re === re);
    if (answer.type !== 'answer') throw new Error(JSON.stringify(answer));
    await connection.setRemoteDescription({ type: 'answer', sdp: answer.sdp });
  };
  await negotiate([]);
  globalThis.plain = {
    person, seen, send, next, connection,
    async admitEverybody(count = participants) {
      const roster = await next((m) => m.type === 'roster' && m.participants.length >= count);
      for (const p of roster.participants.filter((p) => p.state === 'waiting')) send({ type: 'admit', participant: p.participant });
    },
    async receiveFrom(participant) {
      const [a, v] = [connection.addTransceiver('audio', { direction: 'recvonly' }), connection.addTransceiver('video', { direction: 'recvonly' })];
      const element = document.createElement('video');
      element.autoplay = true;
      element.srcObject = new MediaStream([a.receiver.track, v.receiver.track]);
      document.body.append(element);
      await connection.setLocalDescription();
      await negotiate([{ mid: a.mid, participant, source: 'microphone' }, { mid: v.mid, participant, source: 'camera' }]);
      send({ type: 'view', slots: [{ mid: v.mid, width: 640, height: 360 }] });
    },
  };
  return seen.find((m) => m.type === 'welcome').you.participant;
};
