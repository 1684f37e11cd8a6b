import type { Clock } from './basics';
import { Call } from './call';
import { browserEnvironment, type Environment } from './environment';
import { LocalMedia } from './local-media';
import { RequestError } from './signaling/connection';
import { idleSnapshot, snapshotOf, type OwnStreams } from './snapshot';
import type { VisitSnapshot } from './types';

export interface VisitClientOptions {
  visit: string;
  person: string;
  /** Where the server is; empty for the page's own origin. */
  baseUrl?: string;
  clock?: Clock;
}

type View = { participant: string; source: 'camera' | 'screen'; width: number; height: number };

/**
 * One person's part in one visit: a store of what is to be seen (`getSnapshot`, `subscribe`) and the acts that a
 * person has. Acts that the server can refuse reject with an error that carries its `code`.
 */
export class VisitClient {
  private readonly environment: Environment;
  private readonly local = new LocalMedia();
  private readonly listeners = new Set<() => void>();
  private readonly views = new Map<string, View>();
  private readonly own: OwnStreams = { camera: null, microphone: null };
  private call: Call | null = null;
  private snapshot: VisitSnapshot = idleSnapshot;
  private isStale = false;

  /** `environment` is for tests; a page leaves it out. */
  constructor(options: VisitClientOptions, environment?: Environment) {
    this.environment = environment ?? browserEnvironment(options);
  }

  /** The same object until something has changed. */
  getSnapshot(): VisitSnapshot {
    if (this.isStale && this.call !== null) {
      this.isStale = false;
      this.snapshot = snapshotOf(this.call, this.local, this.own, this.snapshot);
    }
    return this.snapshot;
  }

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Settles when the server has taken this person in, to the call or its waiting room. */
  join(media: { camera: MediaStreamTrack | null; microphone: MediaStreamTrack | null }): Promise<void> {
    if (this.call !== null && this.call.phase !== 'ended') return Promise.reject(new RequestError('visit.already-joined', 'This visit is already open here.'));
    this.setTracks(media);
    return this.begin();
  }

  /** Another camera, or none. The old track stays the caller's, to be stopped. */
  async replaceCamera(track: MediaStreamTrack | null): Promise<void> {
    this.setTracks({ camera: track });
    await this.call?.localChanged();
  }

  async replaceMicrophone(track: MediaStreamTrack | null): Promise<void> {
    this.setTracks({ microphone: track });
    await this.call?.localChanged();
  }

  /** Off: nothing of the camera is sent. The caller stops the track, so that the camera's light goes out. */
  setCameraOn(on: boolean): void {
    this.local.switch({ camera: on });
    this.localChanged();
  }

  /** Off: no sound leaves this machine. */
  setMicrophoneOn(on: boolean): void {
    this.local.switch({ microphone: on });
    this.localChanged();
  }

  /** The size in device pixels at which somebody's picture is shown; 0 × 0: not at all. */
  setView(participant: string, source: 'camera' | 'screen', width: number, height: number): void {
    this.views.set(`${source} ${participant}`, { participant, source, width, height });
    this.call?.setView(participant, source, width, height);
  }

  /** Lets somebody in from the waiting room (clinicians only). */
  admit(participant: string): Promise<void> {
    return this.request({ type: 'admit', participant });
  }

  /** Back to the waiting room (clinicians only). */
  hold(participant: string): Promise<void> {
    return this.request({ type: 'hold', participant });
  }

  /** Out of the visit (clinicians only). */
  remove(participant: string): Promise<void> {
    return this.request({ type: 'remove', participant });
  }

  /** Ends the visit for everybody (clinicians only). */
  end(): Promise<void> {
    return this.request({ type: 'end' });
  }

  /** Settles when this person is out. */
  leave(): Promise<void> {
    const call = this.call;
    if (call === null || call.phase === 'ended') return Promise.resolve();
    return new Promise(done => {
      const stop = this.subscribe(() => {
        if (call.phase !== 'ended') return;
        stop();
        done();
      });
      call.leave();
    });
  }

  /** Somebody is there. Call it as often as you like. */
  activity(): void {
    this.call?.activity();
  }

  private begin(before?: Call): Promise<void> {
    const call = new Call(this.environment, this.local, {
      changed: () => {
        if (this.call === call) this.changed();
      },
      renew: () => {
        if (this.call === call) this.renew(call);
      },
    }, before);
    this.call = call;
    for (const view of this.views.values()) call.setView(view.participant, view.source, view.width, view.height);
    this.changed();
    return call.join();
  }

  /** A new instance takes over from one that found no way back; the server replaces the old one at once. */
  private renew(old: Call): void {
    old.close();
    this.begin(old).catch(() => {
      // The reason stands in the snapshot's `ending`.
    });
  }

  private async request(message: Record<string, unknown>): Promise<void> {
    if (this.call === null) throw new RequestError('signal.disconnected', 'This visit is not open here.');
    await this.call.request(message);
  }

  private setTracks(tracks: { camera?: MediaStreamTrack | null; microphone?: MediaStreamTrack | null }): void {
    const before = { camera: this.local.camera, microphone: this.local.microphone };
    this.local.set(tracks);
    for (const source of ['camera', 'microphone'] as const) {
      const track = this.local[source];
      if (track !== before[source]) this.own[source] = track === null ? null : this.environment.createStream(track);
    }
  }

  private localChanged(): void {
    void this.call?.localChanged().catch(() => {
      // The track ended while it was being put in; the page is told by the track itself.
    });
    this.changed();
  }

  private changed(): void {
    this.isStale = true;
    for (const listener of [...this.listeners]) listener();
  }
}
