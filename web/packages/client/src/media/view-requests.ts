import type { Clock, Source } from '../basics';

export interface ViewSlot {
  mid: string;
  width: number;
  height: number;
}

const settleMs = 120;
const maxPixels = 16_384;

/** Tells the server how large each received video is shown, once the layout has settled. */
export class ViewRequests {
  private readonly sizes = new Map<string, { participant: string; source: Source; width: number; height: number }>();
  private cancel: () => void = () => {};

  constructor(
    private readonly clock: Clock,
    private readonly midOf: (participant: string, source: Source) => string | null,
    private readonly send: (slots: ViewSlot[]) => void,
  ) {}

  set(participant: string, source: Source, width: number, height: number): void {
    const key = `${source} ${participant}`;
    const size = { participant, source, width: pixels(width), height: pixels(height) };
    const known = this.sizes.get(key);
    if (known?.width === size.width && known.height === size.height) return;
    this.sizes.set(key, size);
    this.schedule();
  }

  /** m-sections or the socket have changed: says everything again. */
  schedule(): void {
    this.cancel();
    if (this.sizes.size > 0) this.cancel = this.clock.after(settleMs, () => this.flush());
  }

  /** Forgets everybody who is not there any more. */
  keep(participants: ReadonlySet<string>): void {
    for (const [key, size] of this.sizes) if (!participants.has(size.participant)) this.sizes.delete(key);
  }

  close(): void {
    this.cancel();
    this.sizes.clear();
  }

  private flush(): void {
    const slots: ViewSlot[] = [];
    for (const { participant, source, width, height } of this.sizes.values()) {
      const mid = this.midOf(participant, source);
      if (mid !== null) slots.push({ mid, width, height });
    }
    if (slots.length > 0) this.send(slots);
  }
}

function pixels(value: number): number {
  return Number.isFinite(value) ? Math.min(maxPixels, Math.max(0, Math.round(value))) : 0;
}
