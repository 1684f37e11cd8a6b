import type { Timer } from '@wardline/ui/plain';
import { officer } from '../preview/fake/people';
import { FakeServer, type Weather } from '../preview/fake/server';
import { now } from '../preview/world';
import { AdminApi } from '../src/api/admin-api';

/** Time that goes on when it is told to. */
export class FakeTimer implements Timer {
  #now = 0;
  #waiting: { at: number; act: () => void }[] = [];

  now = (): number => this.#now;

  after(ms: number, act: () => void): () => void {
    const one = { at: this.#now + ms, act };
    this.#waiting.push(one);
    return () => { this.#waiting = this.#waiting.filter((other) => other !== one); };
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** Lets `ms` go by, and everything that it was to lead to. */
  async pass(ms: number): Promise<void> {
    const end = this.#now + ms;
    for (;;) {
      const next = this.#waiting.filter((one) => one.at <= end).sort((a, b) => a.at - b.at)[0];
      if (next === undefined) break;
      this.#waiting = this.#waiting.filter((one) => one !== next);
      this.#now = next.at;
      next.act();
      await settled();
    }
    this.#now = end;
    await settled();
  }
}

/** Lets everything that is under way come to its end: hashing goes through real tasks. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 6; turn++) await new Promise((resolve) => { setTimeout(resolve, 0); });
}

export async function serverWith(weather: Weather = {}): Promise<{ server: FakeServer; api: AdminApi }> {
  const server = await FakeServer.make(weather, now);
  return { server, api: new AdminApi(officer.id, server.fetcher) };
}
