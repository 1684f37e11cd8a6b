// The browser's end-to-end encryption in node, at the other end of a pipe: bundled from web/packages/client/src as it is,
// with a clock that the test moves. One JSON object a line in, one out, in turn.
//
//   node browser-session.mjs ROOT OUT     ROOT: of the repository; OUT: an empty folder for the bundle
import { createRequire } from 'node:module';
import path from 'node:path';
import readline from 'node:readline';
import { pathToFileURL } from 'node:url';

const [root, out] = process.argv.slice(2);
const { build } = await import(pathToFileURL(createRequire(path.join(root, 'web/package.json')).resolve('vite')).href);
await build({
  configFile: false, logLevel: 'error', root: path.join(root, 'web'),
  build: {
    outDir: out, emptyOutDir: false, minify: false, target: 'node20',
    lib: { entry: path.join(root, 'web/packages/client/src/e2ee/session.ts'), formats: ['es'], fileName: () => 'session.mjs' },
  },
});
const { E2eeSession } = await import(pathToFileURL(path.join(out, 'session.mjs')).href);

const clock = {
  time: 0, timers: [],
  now() {
    return this.time;
  },
  after(delayMs, action) {
    const timer = { at: this.time + delayMs, action };
    this.timers.push(timer);
    return () => {
      this.timers = this.timers.filter(t => t !== timer);
    };
  },
};
const sent = [];
let session;
let state = { secure: [], digits: null, epoch: 0 };

async function settle() {
  await session.settled();
  for (let i = 0; i < 4; i++) await new Promise(done => setImmediate(done));
  await session.settled();
}

const base64 = bytes => Buffer.from(bytes).toString('base64');
const bytes = text => new Uint8Array(Buffer.from(text, 'base64'));

const operations = {
  async create({ visit }) {
    session = await E2eeSession.create(visit, { clock, send: (to, body) => void sent.push({ to, body }), changed: next => { state = next; } });
    const url = value => Buffer.from(value).toString('base64url');
    return { publicKey: url(session.publicKey), commitment: url(session.commitment) };
  },
  async roster({ you, members }) {
    session.setRoster(you, members);
  },
  async message({ from, body }) {
    session.receive(from, body);
  },
  async rotation({ seconds }) {
    session.setRotation(seconds);
  },
  async advance({ to }) {
    for (;;) {
      const next = clock.timers.filter(t => t.at <= to).sort((a, b) => a.at - b.at)[0];
      if (next === undefined) break;
      clock.timers = clock.timers.filter(t => t !== next);
      clock.time = Math.max(clock.time, next.at);
      next.action();
      await settle();
    }
    clock.time = to;
  },
  async seal({ source, frame }) {
    const sealed = await session.seal(source, bytes(frame));
    return { frame: sealed === null ? null : base64(sealed) };
  },
  async open({ from, source, frame }) {
    const result = await session.tryOpen(from, source, bytes(frame));
    return 'frame' in result ? { frame: base64(result.frame) } : { failure: result.failure };
  },
};

console.log(JSON.stringify({ ready: true }));
for await (const line of readline.createInterface({ input: process.stdin })) {
  const { op, ...rest } = JSON.parse(line);
  const answer = (await operations[op](rest)) ?? {};
  await settle();
  console.log(JSON.stringify({ ...answer, ...state, sent: sent.splice(0) }));
}
