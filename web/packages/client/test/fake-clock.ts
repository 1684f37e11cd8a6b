import type { Clock } from '../src/basics';

/** Time that only moves when a test says so. */
export class FakeClock implements Clock {
  private time = 0;
  private timers: { at: number; order: number; action: () => void }[] = [];
  private order = 0;

  now(): number {
    return this.time;
  }

  after(delayMs: number, action: () => void): () => void {
    const timer = { at: this.time + delayMs, order: this.order++, action };
    this.timers.push(timer);
    return () => {
      this.timers = this.timers.filter(t => t !== timer);
    };
  }

  /** Runs what is due up to then, in order, letting promises settle after each. */
  async advance(ms: number, settle: () => Promise<void> = flush): Promise<void> {
    const end = this.time + ms;
    for (;;) {
      const next = this.timers.filter(t => t.at <= end).sort((a, b) => a.at - b.at || a.order - b.order)[0];
      if (next === undefined) break;
      this.timers = this.timers.filter(t => t !== next);
      this.time = Math.max(this.time, next.at);
      next.action();
      await settle();
    }
    this.time = end;
    await settle();
  }
}

/** Lets everything that is ready run: microtasks, and the turns of the loop that WebCrypto needs to answer. */
export async function flush(): Promise<void> {
  for (let i = 0; i < 4; i++) await new Promise<void>(done => setImmediate(done));
}
