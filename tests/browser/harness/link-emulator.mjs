// Sends the browser's UDP through the link emulator (tests/Wardline.Netem) instead of straight to the SFU.
import { spawn } from 'node:child_process';
import path from 'node:path';
import { freePort, root } from './wardline.mjs';

/** `link`: { loss: percent, delay: ms, jitter: ms, rate: '300k' }. */
export async function startLink(sfuPort, link, { seconds = 180 } = {}) {
  const port = await freePort();
  const options = Object.entries(link).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const child = spawn('dotnet', [
    path.join(root, 'tests/Wardline.Netem/bin/Release/net10.0/Wardline.Netem.dll'),
    '--listen', `127.0.0.1:${port}`, '--to', `127.0.0.1:${sfuPort}`, '--seconds', String(seconds), ...options,
  ], { stdio: ['pipe', 'pipe', 'inherit'] });
  await new Promise((done, fail) => { child.stdout.once('data', done); child.once('exit', () => fail(new Error('link emulator ended'))); });
  return {
    port,
    change(text) { child.stdin.write(`${text}\n`); },
    async stop() {
      const ended = new Promise((done) => child.once('exit', done));
      child.kill('SIGINT');
      await ended;
    },
  };
}

/** An init script: the page's answers name the emulator's port, and no TCP. */
export const throughLink = (port) => `
  const set = RTCPeerConnection.prototype.setRemoteDescription;
  RTCPeerConnection.prototype.setRemoteDescription = function (description) {
    const sdp = description.sdp
      .replace(/^a=candidate:\\S+ 1 tcp .*\\r\\n/gim, '')
      .replace(/^(a=candidate:\\S+ 1 udp \\d+ )(\\S+) \\d+ /gim, '$1' + '127.0.0.1 ${port} ');
    return set.call(this, { type: description.type, sdp });
  };`;
