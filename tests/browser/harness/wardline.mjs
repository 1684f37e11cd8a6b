// One Wardline of its own for a test: own ports, own data directory, started the way a user starts it.
import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../../../', import.meta.url));

// Below the ports that the system itself gives to sockets without a number: one of those may go to anybody between the
// question whether it is free and the program's own bind.
const [firstPort, portCount] = [27_000, 5_000];
let nextPort = Math.floor(Math.random() * portCount);

/** A number that is free for TCP and UDP on every address, and another one each time. */
export async function freePort() {
  for (let tries = 0; tries < portCount; tries++) {
    nextPort = (nextPort + 1) % portCount;
    const port = firstPort + nextPort;
    if ((await isFreeForTcp(port)) && (await isFreeForUdp(port))) return port;
  }
  throw new Error(`No port from ${firstPort} to ${firstPort + portCount - 1} is free.`);
}

function isFreeForTcp(port) {
  const server = createServer();
  return new Promise((done) => server.once('error', () => done(false)).listen(port, () => server.close(() => done(true))));
}

function isFreeForUdp(port) {
  const socket = createSocket('udp6');
  return new Promise((done) => socket.once('error', () => done(false)).bind(port, () => socket.close(() => done(true))));
}

/** The product as a user starts it. Settings go in as the product takes them: `Section__Key` environment variables. */
export async function startWardline({ args = [], settings = {}, turn = false, guests = 0 } = {}) {
  const [port, udp] = [await freePort(), await freePort()];
  const turnPort = turn ? await freePort() : null;
  const relay = turn ? ['--turn-port', String(turnPort), '--turns-port', String(await freePort())] : ['--no-turn'];
  const started = await start(port, udp, guests, (data) => [
    path.join(root, 'run.sh'),
    ['--no-build', '--port', String(port), '--udp-port', String(udp), '--data', data, '--guests', String(guests), ...relay, ...args],
    settings,
  ]);
  return { ...started, turn: turnPort };
}

/** The same server in a host of the tests that writes every packet that the SFU decrypts to `tap` (a pcap). */
export async function startTapped(tap, { settings = {} } = {}) {
  const [port, udp] = [await freePort(), await freePort()];
  return start(port, udp, 0, (data) => [
    'dotnet',
    [path.join(root, 'tests/Wardline.TapHost/bin/Release/net10.0/Wardline.TapHost.dll'), tap],
    {
      Data__Root: data, Server__Host: 'localhost', Server__Port: String(port), Media__UdpPort: String(udp), Media__TcpPort: String(udp),
      Web__Root: path.join(root, 'web/apps/visit/dist'), Demo__Enabled: 'true', ...settings,
    },
  ]);
}

async function start(port, udp, guests, command) {
  const data = mkdtempSync(path.join(tmpdir(), 'wardline-'));
  const [program, args, settings] = command(data);
  const child = spawn(program, args, { cwd: root, env: { ...process.env, ...settings }, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  let output = '';
  const ended = new Promise((done) => child.once('exit', done));
  const links = await new Promise((done, fail) => {
    const timer = setTimeout(() => fail(new Error(`no links after 60 s:\n${output}`)), 60_000);
    const read = (chunk) => {
      output += chunk;
      // Whole lines only: a chunk of output may end in the middle of a link.
      const found = [...output.matchAll(/^(Clinician|Patient|Interpreter|Family): (\S+)\n/gm)];
      const of = (...roles) => found.filter((m) => roles.includes(m[1])).map((m) => m[2]);
      const links = { clinician: of('Clinician')[0], patient: of('Patient')[0], guests: of('Interpreter', 'Family') };
      if (!links.clinician || !links.patient || links.guests.length < guests) return;
      clearTimeout(timer);
      done(links);
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.once('exit', (code) => fail(new Error(`${program} ended with ${code}:\n${output}`)));
  });

  return {
    port, udp, data, links,
    origin: new URL(links.clinician).origin,
    log: () => output,
    async stop() {
      // A process group of its own, so everything that it started goes with it.
      try { process.kill(-child.pid, 'SIGINT'); } catch { /* already gone */ }
      const killer = setTimeout(() => { try { process.kill(-child.pid, 'SIGKILL'); } catch { /* gone */ } }, 10_000);
      await ended;
      clearTimeout(killer);
      rmSync(data, { recursive: true, force: true });
    },
  };
}
