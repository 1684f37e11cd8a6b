import { Store, type Timer } from '@wardline/ui/plain';
import { audible, levelOf, settle } from './level';

export interface Loudness {
  level: number;
  /** It was heard at least once since this microphone was taken. */
  heard: boolean;
}

/** How a track is listened to; WebAudio in the page. Fills the samples and tells whether it could. */
export interface Ear {
  hear(samples: Float32Array<ArrayBuffer>): boolean;
  close(): void;
}

const everyMs = 80;

/** The level of one microphone, about twelve times a second while somebody looks. */
export class Listener {
  readonly state = new Store<Loudness>({ level: 0, heard: false });
  readonly #samples = new Float32Array(1024);
  #stop: (() => void) | null = null;
  #ear: Ear | null = null;

  constructor(private readonly earOf: (track: MediaStreamTrack) => Ear, private readonly timer: Timer) {}

  listen(track: MediaStreamTrack | null): void {
    this.close();
    if (track === null) return;
    this.#ear = this.earOf(track);
    this.tick();
  }

  close(): void {
    this.#stop?.();
    this.#stop = null;
    this.#ear?.close();
    this.#ear = null;
    this.state.set({ level: 0, heard: false });
  }

  private tick(): void {
    const { level, heard } = this.state.get();
    if (this.#ear?.hear(this.#samples)) {
      const now = settle(level, levelOf(this.#samples));
      // Steps of a twentieth are all that the bar shows.
      const shown = Math.abs(now - level) < 0.01 ? level : now;
      if (shown !== level || (now > audible && !heard)) this.state.set({ level: shown, heard: heard || now > audible });
    }
    this.#stop = this.timer.after(everyMs, () => this.tick());
  }
}
