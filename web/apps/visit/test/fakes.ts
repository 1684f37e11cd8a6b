import type { Timer } from '@wardline/ui/plain';
import { FakeDevices } from '../preview/fake-devices';

/** Time that moves only when the test says so. */
export class FakeTimer implements Timer {
  #now = 0;
  readonly #waiting: { at: number; act: () => void }[] = [];

  now = (): number => this.#now;

  after(ms: number, act: () => void): () => void {
    const one = { at: this.#now + ms, act };
    this.#waiting.push(one);
    return () => {
      const at = this.#waiting.indexOf(one);
      if (at >= 0) this.#waiting.splice(at, 1);
    };
  }

  pass(ms: number): void {
    const until = this.#now + ms;
    for (;;) {
      const next = this.#waiting.filter((w) => w.at <= until).sort((a, b) => a.at - b.at)[0];
      if (next === undefined) break;
      this.#waiting.splice(this.#waiting.indexOf(next), 1);
      this.#now = next.at;
      next.act();
    }
    this.#now = until;
  }
}

export class FakeTrack {
  enabled = true;
  readyState: MediaStreamTrackState = 'live';
  onended: (() => void) | null = null;

  constructor(readonly kind: 'audio' | 'video', readonly label: string, private readonly deviceId: string) {}

  getSettings = (): MediaTrackSettings => ({ deviceId: this.deviceId });
  stop(): void { this.readyState = 'ended'; }

  /** Pulled out, as the browser tells it. */
  unplug(): void {
    this.readyState = 'ended';
    this.onended?.();
  }
}

export function fakeDevices(): FakeDevices {
  return new FakeDevices(
    (device) => new FakeTrack(device.kind === 'videoinput' ? 'video' : 'audio', device.label, device.deviceId) as unknown as MediaStreamTrack,
    (tracks) => new MediaStream(tracks),
  );
}

export class FakeStorage implements Pick<Storage, 'getItem' | 'setItem' | 'removeItem'> {
  readonly kept = new Map<string, string>();
  getItem = (key: string): string | null => this.kept.get(key) ?? null;
  setItem = (key: string, value: string): void => void this.kept.set(key, value);
  removeItem = (key: string): void => void this.kept.delete(key);
}

/** Lets everything that is already settled go on. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 30; turn++) await Promise.resolve();
}
