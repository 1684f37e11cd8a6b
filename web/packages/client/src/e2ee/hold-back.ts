import type { Clock } from '../basics';

/**
 * How long a frame waits for its key. A leave turns the epoch at once; the key goes over TCP and the frames over UDP.
 * When the key's segment is lost, TCP sends it again after 200 ms at the least (RFC 6298 §2.4 asks for 1 s, Linux uses
 * 200 ms) and half a round trip more.
 */
export const holdBackMs = 300;
/** For one sender: 300 ms of sound (15 frames) and of two pictures at 30 a second (18) twice over, … */
export const holdBackFrames = 64;
/** … and of 6 Mbit/s. */
export const holdBackBytes = 256 * 1024;

interface Waiting {
  readonly bytes: number;
  readonly done: () => void;
}

/** Frames of one sender, in the order in which they came, until the next key of it comes: bounded in every way. */
export class HoldBack {
  private readonly waiting = new Set<Waiting>();
  private bytes = 0;

  constructor(private readonly clock: Clock) {}

  /** True after a wait, to try again; false at once when there is no room. */
  async wait(bytes: number): Promise<boolean> {
    if (this.waiting.size >= holdBackFrames || this.bytes + bytes > holdBackBytes) return false;
    this.bytes += bytes;
    await new Promise<void>(resolve => {
      const cancel = this.clock.after(holdBackMs, () => entry.done());
      const entry: Waiting = {
        bytes,
        done: () => {
          cancel();
          if (this.waiting.delete(entry)) this.bytes -= bytes;
          resolve();
        },
      };
      this.waiting.add(entry);
    });
    return true;
  }

  /** A key has come, or none will. */
  release(): void {
    for (const entry of [...this.waiting]) entry.done();
  }
}
