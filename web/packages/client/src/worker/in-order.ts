/** Hands results on in the order in which they were asked for, whichever is ready first. */
export class InOrder<T> {
  private tail: Promise<void> = Promise.resolve();
  private pending = 0;

  /** Resolves at once while few results are awaited, so that whoever asks is slowed down when many are. */
  push(result: Promise<T>, deliver: (result: T) => void): Promise<void> {
    this.pending++;
    const before = this.tail;
    // One that fails is left out, in its turn.
    this.tail = result.then(ready => before.then(() => deliver(ready)), () => before).catch(() => {}).finally(() => {
      this.pending--;
    });
    return this.pending < 128 ? Promise.resolve() : this.tail;
  }

  /** When everything asked for so far was handed on. */
  settled(): Promise<void> {
    return this.tail;
  }
}
