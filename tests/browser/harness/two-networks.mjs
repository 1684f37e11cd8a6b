// A host with two networks (think Wi-Fi and mobile) between itself and the server, each of which can go down. Made inside
// the test's own namespace (namespace.mjs), so it is gone with the test.
import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const run = (...command) => execFileSync(command[0], command.slice(1), { stdio: ['ignore', 'pipe', 'pipe'] });

export function makeTwoNetworks() {
  const holder = spawn('unshare', ['--net', 'sleep', '3600'], { stdio: 'ignore' });
  const inside = (...command) => run('nsenter', '-t', String(holder.pid), '-n', ...command);
  // unshare needs a moment before the new namespace is there.
  const outer = run('readlink', '/proc/self/ns/net').toString();
  for (let i = 0; run('readlink', `/proc/${holder.pid}/ns/net`).toString() === outer; i++) {
    if (i > 200) throw new Error('no namespace');
    run('sleep', '0.02');
  }
  inside('ip', 'link', 'set', 'lo', 'up');
  for (const n of [1, 2]) {
    run('ip', 'link', 'add', `net${n}`, 'type', 'veth', 'peer', 'name', `host${n}`);
    run('ip', 'link', 'set', `host${n}`, 'netns', String(holder.pid));
    run('ip', 'addr', 'add', `198.18.${n}.1/24`, 'dev', `net${n}`);
    run('ip', 'link', 'set', `net${n}`, 'up');
    inside('ip', 'addr', 'add', `198.18.${n}.2/24`, 'dev', `host${n}`);
  }
  const up = (n) => {
    inside('ip', 'link', 'set', `host${n}`, 'up');
    inside('ip', 'route', 'replace', 'default', 'via', `198.18.${n}.1`, 'dev', `host${n}`, 'metric', String(n));
  };
  const down = (n) => inside('ip', 'link', 'set', `host${n}`, 'down');
  // Policy routing as a firewall: a rule that leads nowhere drops what it matches, on its way out.
  let rules = 0;
  const block = (protocol, port) =>
    inside('ip', 'rule', 'add', 'pref', String(++rules), 'ipproto', protocol, ...(port ? ['dport', String(port)] : []), 'blackhole');
  up(1);

  const folder = mkdtempSync(path.join(tmpdir(), 'wardline-net-'));
  const chromium = path.join(folder, 'chromium');
  writeFileSync(chromium, `#!/bin/sh\nexec nsenter -t ${holder.pid} -n /usr/bin/chromium "$@"\n`);
  chmodSync(chromium, 0o755);
  return {
    chromium, up, down, block,
    stop() {
      holder.kill('SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
