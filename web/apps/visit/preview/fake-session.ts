import type { ParticipantView, VisitSnapshot } from '@wardline/client';
import type { VisitSession } from '../src/flow/session';

export const quiet: VisitSnapshot = {
  phase: 'idle', connection: 'connected', you: null, participants: [], code: { digits: null },
  quality: { level: 'unknown', roundTripMs: null, estimateKbps: null, lossPercent: null, history: [] },
  idleSecondsLeft: null, ending: null, error: null,
};

/** A visit that follows a script: it keeps every call, and changes only when it is told to. */
export class FakeSession implements VisitSession {
  readonly calls: string[] = [];
  readonly #listeners = new Set<() => void>();
  #snapshot: VisitSnapshot = quiet;

  /** What `join` leads to; a rejection when it is an error. */
  constructor(private readonly onJoin: Partial<VisitSnapshot> | Error = { phase: 'waiting' }) {}

  readonly getSnapshot = (): VisitSnapshot => this.#snapshot;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  change(change: Partial<VisitSnapshot>): void {
    this.#snapshot = { ...this.#snapshot, ...change };
    for (const listener of [...this.#listeners]) listener();
  }

  changePerson(id: string, change: Partial<ParticipantView>): void {
    this.change({ participants: this.#snapshot.participants.map((p) => (p.id === id ? { ...p, ...change } : p)) });
  }

  async join(media: { camera: MediaStreamTrack | null; microphone: MediaStreamTrack | null }): Promise<void> {
    this.calls.push(`join camera=${media.camera !== null} microphone=${media.microphone !== null}`);
    await Promise.resolve();
    if (this.onJoin instanceof Error) throw this.onJoin;
    this.change(this.onJoin);
  }

  async replaceCamera(track: MediaStreamTrack | null): Promise<void> { this.calls.push(`replaceCamera ${track?.label ?? 'none'}`); }
  async replaceMicrophone(track: MediaStreamTrack | null): Promise<void> { this.calls.push(`replaceMicrophone ${track?.label ?? 'none'}`); }
  setCameraOn(on: boolean): void { this.calls.push(`setCameraOn ${on}`); }
  setMicrophoneOn(on: boolean): void { this.calls.push(`setMicrophoneOn ${on}`); }
  setView(participant: string, source: string, width: number, height: number): void { this.calls.push(`setView ${participant} ${source} ${width}x${height}`); }

  async admit(id: string): Promise<void> {
    this.calls.push(`admit ${id}`);
    this.changePerson(id, { state: 'in-call' });
  }

  async hold(id: string): Promise<void> {
    this.calls.push(`hold ${id}`);
    this.changePerson(id, { state: 'waiting' });
  }

  async remove(id: string): Promise<void> {
    this.calls.push(`remove ${id}`);
    this.change({ participants: this.#snapshot.participants.filter((p) => p.id !== id) });
  }

  async end(): Promise<void> {
    this.calls.push('end');
    this.change({ phase: 'ended', ending: { reason: 'ended', code: null, mayReturn: false } });
  }

  async leave(): Promise<void> {
    this.calls.push('leave');
    this.change({ phase: 'ended', ending: { reason: 'left', code: null, mayReturn: true } });
  }

  activity(): void {
    this.calls.push('activity');
    if (this.#snapshot.idleSecondsLeft !== null) this.change({ idleSecondsLeft: null });
  }
}
