const words = 32;
const span = words * 32;

/**
 * Which counters of one key on one track have been opened: the newest and the 1,023 below it. A sender counts all its
 * streams together (about 140 a second with three simulcast layers), so this is some seconds of late frames.
 * Asked before opening, told only after the tag was right, so that a forged frame moves nothing.
 */
export class ReplayWindow {
  private newest = -1;
  private readonly seen = new Uint32Array(words);

  isFresh(counter: number): boolean {
    if (counter > this.newest) return true;
    if (counter <= this.newest - span) return false;
    const bit = counter % span;
    return (this.seen[bit >>> 5]! & (1 << (bit & 31))) === 0;
  }

  /** False when it was taken meanwhile: the frame must not be used. */
  take(counter: number): boolean {
    if (!this.isFresh(counter)) return false;
    if (counter - this.newest >= span) this.seen.fill(0);
    else for (let passed = this.newest + 1; passed < counter; passed++) this.clear(passed);
    const bit = counter % span;
    this.seen[bit >>> 5]! |= 1 << (bit & 31);
    this.newest = Math.max(this.newest, counter);
    return true;
  }

  private clear(counter: number): void {
    const bit = counter % span;
    this.seen[bit >>> 5]! &= ~(1 << (bit & 31));
  }
}
