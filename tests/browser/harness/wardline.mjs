// One Wardline of its own for a test: own ports, own data directory, started the way a user starts it.
import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../../../', import.meta.url));

export async function freePort(host = '127.0.0.1') {
  const server = createServer();
  await new Promise((done, fail) => server.once('error', fail).listen(0, host, done));
  const { port } = server.address();
  await new Promise((done) => server.close(done));
  return port;
}

export async function freeUdpPort(host = '127.0.0.1') {
  const socket = createSocket('udp4');
  await new Promise((done, fail) => socket.once('error', fail).bind(0, host, done));
  const { port } = socket.address();
  await new Promise((done) => socket.close(done));
  return port;
}

/** Settings of the product go in as the product takes them: `Section__Key` environment variables. */
export async function startWardline({ args = [], settings = {}, turn = false } = {}) {
  const data = mkdtempSync(path.join(tmpdir(), 'wardline-'));
  const [port, udp] = [await freePort(), await freeUdpPort()];
  const child = spawn(
    path.join(root, 'run.sh'),
    ['--no-build', '--port', String(port), '--udp-port', String(udp), '--data', data, ...(turn ? [] : ['--no-turn']), ...args],
    { cwd: root, env: { ...process.env, ...settings }, stdio: ['ignore', 'pipe', 'pipe'], detached: true },
  );
  let output = '';
  const ended = new Promise((done) => child.once('exit', done));
  const links = await new Promise((done, fail) => {
    const timer = setTimeout(() => fail(new Error(`no links after 60 s:\n${output}`)), 60_000);
    const read = (chunk) => {
      output += chunk;
      const clinician = /^Clinician: (\S+)/m.exec(output);
      const patient = /^Patient: (\S+)/m.exec(output);
      if (clinician && patient) {
        clearTimeout(timer);
        const others = Object.fromEntries([...output.matchAll(/^(Interpreter|Family): (\S+)/gm)].map((m) => [m[1].toLowerCase(), m[2]]));
        done({ clinician: clinician[1], patient: patient[1], ...others });
      }
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.once('exit', (code) => fail(new Error(`run.sh ended with ${code}:\n${output}`)));
  });

  return {
    port, udp, data, links,
    origin: new URL(links.clinician).origin,
    log: () => output,
    async stop() {
      // run.sh is a process group of its own, so everything it started goes with it.
      try { process.kill(-child.pid, 'SIGINT'); } catch { /* already gone */ }
      const killer = setTimeout(() => { try { process.kill(-child.pid, 'SIGKILL'); } catch { /* gone */ } }, 10_000);
      await ended;
      clearTimeout(killer);
      rmSync(data, { recursive: true, force: true });
    },
  };
}
