import { read, remove, write } from '@wardline/ui/plain';
import type { Memory } from './people';

/** What was on when the page went away, so that a reload or a reopened page comes back without asking anything. */
export interface ResumeMark {
  person: string;
  camera: boolean;
  microphone: boolean;
}

const key = (visit: string) => `wardline.resume.${visit}`;

/** Longer than this after the last sign of life, somebody opens the page anew and wants to see the device check. */
export const resumeWithinMs = 10 * 60_000;

/**
 * A mark in the browser's storage while a person is in a visit: refreshed now and then, removed when they leave.
 * `now` is the wall clock, since the mark outlives the page.
 */
export class Resume {
  constructor(private readonly memory: Memory, private readonly now: () => number) {}

  find(visit: string, person: string): ResumeMark | null {
    try {
      const parsed: unknown = JSON.parse(read(this.memory.local, key(visit)) ?? 'null');
      if (typeof parsed !== 'object' || parsed === null) return null;
      const mark = parsed as Partial<ResumeMark> & { seenAt?: unknown };
      if (mark.person !== person || typeof mark.seenAt !== 'number') return null;
      const age = this.now() - mark.seenAt;
      if (age < 0 || age > resumeWithinMs) return null;
      return { person, camera: mark.camera === true, microphone: mark.microphone === true };
    } catch {
      return null;
    }
  }

  mark(visit: string, mark: ResumeMark): void {
    write(this.memory.local, key(visit), JSON.stringify({ ...mark, seenAt: this.now() }));
  }

  clear(visit: string): void {
    remove(this.memory.local, key(visit));
  }
}
