// Firefox gathers no candidate without a default route, and a blocked network needs a network of its own: a test file
// that calls `ownNetwork` runs in a fresh network namespace, which the kernel removes with its last process.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** This test's host in its own namespace (RFC 2544 range; reachable from nowhere else). */
export const address = '198.18.0.1';

const setUp = `
set -e
ip link set lo up
ip link add wl0 type veth peer name wl1
ip addr add ${address}/24 dev wl0
ip link set wl0 up; ip link set wl1 up
ip route add default via 198.18.0.254
exec "$@"`;

/** True in the namespace; outside, runs the file again inside and exits with its result. */
export function ownNetwork(fileUrl) {
  if (process.env.WARDLINE_NETNS === '1') return true;
  const result = spawnSync('unshare', ['--net', '--kill-child', '--fork', 'sh', '-c', setUp, 'sh', process.execPath, fileURLToPath(fileUrl)], {
    stdio: 'inherit', env: { ...process.env, WARDLINE_NETNS: '1' },
  });
  process.exit(result.status ?? 1);
}
