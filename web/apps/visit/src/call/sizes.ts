import type { Timer } from '@wardline/ui/plain';

interface Size {
  width: number;
  height: number;
}

/** A layout settles for this long before the server hears of it. */
const settleMs = 200;

/**
 * Tells the server how large each picture is shown, in device pixels, so that it sends no more than that. A page that
 * nobody looks at asks for no picture at all; sound goes on.
 */
export class Sizes {
  readonly #wanted = new Map<string, Size>();
  readonly #told = new Map<string, string>();
  #visible = true;
  #cancel: (() => void) | null = null;

  constructor(
    private readonly tell: (participant: string, width: number, height: number) => void,
    private readonly timer: Timer,
    private readonly pixelRatio: () => number,
  ) {}

  show(participant: string, size: Size): void {
    this.#wanted.set(participant, size);
    this.later();
  }

  hide(participant: string): void {
    this.#wanted.set(participant, { width: 0, height: 0 });
    this.later();
  }

  setVisible(visible: boolean): void {
    this.#visible = visible;
    this.later();
  }

  close(): void {
    this.#cancel?.();
    this.#cancel = null;
  }

  private later(): void {
    this.#cancel ??= this.timer.after(settleMs, () => {
      this.#cancel = null;
      this.flush();
    });
  }

  private flush(): void {
    const ratio = this.pixelRatio();
    for (const [participant, size] of this.#wanted) {
      const width = this.#visible ? Math.round(size.width * ratio) : 0;
      const height = this.#visible ? Math.round(size.height * ratio) : 0;
      const key = `${width}x${height}`;
      if (this.#told.get(participant) === key) continue;
      this.#told.set(participant, key);
      this.tell(participant, width, height);
    }
  }
}
