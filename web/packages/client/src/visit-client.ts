import type { Clock, VisitSnapshot } from './types';

export interface VisitClientOptions {
  visit: string;
  person: string;
  /** Where the server is; empty for the page's own origin. */
  baseUrl?: string;
  clock?: Clock;
}

const idle: VisitSnapshot = {
  phase: 'idle', connection: 'connected', you: null, participants: [], code: { digits: null },
  quality: { level: 'unknown', roundTripMs: null, estimateKbps: null, lossPercent: null, history: [] },
  idleSecondsLeft: null, ending: null, error: null,
};

/** One participant in one visit. The shape that pages are built against; the mechanism follows in the next commits. */
export abstract class VisitClientShape {
  abstract getSnapshot(): VisitSnapshot;
  abstract subscribe(listener: () => void): () => void;
  abstract join(media: { camera: MediaStreamTrack | null; microphone: MediaStreamTrack | null }): Promise<void>;
  abstract replaceCamera(track: MediaStreamTrack | null): Promise<void>;
  abstract replaceMicrophone(track: MediaStreamTrack | null): Promise<void>;
  abstract setCameraOn(on: boolean): void;
  abstract setMicrophoneOn(on: boolean): void;
  abstract setView(participant: string, source: 'camera' | 'screen', width: number, height: number): void;
  abstract admit(participant: string): Promise<void>;
  abstract hold(participant: string): Promise<void>;
  abstract remove(participant: string): Promise<void>;
  abstract end(): Promise<void>;
  abstract leave(): Promise<void>;
  abstract activity(): void;
}

export class VisitClient extends VisitClientShape {
  private readonly listeners = new Set<() => void>();
  constructor(readonly options: VisitClientOptions) {
    super();
  }
  getSnapshot(): VisitSnapshot {
    return idle;
  }
  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
  join(_media: { camera: MediaStreamTrack | null; microphone: MediaStreamTrack | null }): Promise<void> {
    return Promise.reject(new Error('not yet'));
  }
  async replaceCamera(_track: MediaStreamTrack | null): Promise<void> {}
  async replaceMicrophone(_track: MediaStreamTrack | null): Promise<void> {}
  setCameraOn(_on: boolean): void {}
  setMicrophoneOn(_on: boolean): void {}
  setView(_participant: string, _source: 'camera' | 'screen', _width: number, _height: number): void {}
  async admit(_participant: string): Promise<void> {}
  async hold(_participant: string): Promise<void> {}
  async remove(_participant: string): Promise<void> {}
  async end(): Promise<void> {}
  async leave(): Promise<void> {}
  activity(): void {}
}
