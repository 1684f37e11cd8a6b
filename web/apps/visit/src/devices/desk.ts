import { Store } from '@wardline/ui/plain';
import { type Failure, failureOf } from './failure';

export type Kind = 'camera' | 'microphone';

export interface Choice {
  id: string;
  /** Empty while the browser keeps names to itself. */
  label: string;
}

/**
 *   off ──[on]──► asking ──► on ──[unplugged]──► failed(lost) ──[plugged in, choose, try again]──► asking
 *    ▲               └──► failed(denied, none, busy, …) ──[try again]──► asking
 *    └──[off]── from every state
 */
export interface DeviceState {
  state: 'off' | 'asking' | 'on' | 'failed';
  track: MediaStreamTrack | null;
  chosen: string | null;
  choices: readonly Choice[];
  failure: Failure | null;
  /** The device that was taken instead of one that stopped; shown once. */
  switchedTo: string | null;
}

export interface DeskState {
  camera: DeviceState;
  microphone: DeviceState;
  speaker: { chosen: string | null; choices: readonly Choice[]; canChoose: boolean };
  facing: 'user' | 'environment';
}

export interface Preferences {
  load(): { camera?: string; microphone?: string; speaker?: string };
  save(chosen: { camera?: string; microphone?: string; speaker?: string }): void;
}

export interface DeskPorts {
  media: Pick<MediaDevices, 'getUserMedia' | 'enumerateDevices' | 'addEventListener' | 'removeEventListener'>;
  /** 'granted', 'denied', 'prompt'; null where the browser does not tell. */
  permission(kind: Kind): Promise<PermissionState | null>;
  preferences: Preferences;
  canChooseSpeaker: boolean;
}

const nothing: DeviceState = { state: 'off', track: null, chosen: null, choices: [], failure: null, switchedTo: null };

/** Camera, microphone and speaker of this page: one owner, so that no light stays on behind our back. */
export class Desk {
  readonly state: Store<DeskState>;
  /** The newest request for a device wins; an older one that answers late is switched off again. */
  readonly #turn = { camera: 0, microphone: 0 };
  readonly #onDevices = () => void this.refresh();
  #listening = false;

  constructor(private readonly ports: DeskPorts) {
    const kept = ports.preferences.load();
    this.state = new Store<DeskState>({
      camera: { ...nothing, chosen: kept.camera ?? null },
      microphone: { ...nothing, chosen: kept.microphone ?? null },
      speaker: { chosen: kept.speaker ?? null, choices: [], canChoose: ports.canChooseSpeaker },
      facing: 'user',
    });
  }

  /** Asks for what is wanted with one question of the browser, not two. */
  async start(wanted: { camera: boolean; microphone: boolean } = { camera: true, microphone: true }): Promise<void> {
    this.listen();
    await this.refresh();
    if (!wanted.camera || !wanted.microphone) {
      await Promise.all([wanted.camera && this.turnOn('camera'), wanted.microphone && this.turnOn('microphone')]);
      return;
    }

    const turns = { camera: this.begin('camera'), microphone: this.begin('microphone') };
    try {
      const stream = await this.ports.media.getUserMedia({ video: this.constraints('camera'), audio: this.constraints('microphone') });
      this.keep('camera', turns.camera, stream.getVideoTracks()[0]);
      this.keep('microphone', turns.microphone, stream.getAudioTracks()[0]);
      await this.refresh();
    } catch (error) {
      await Promise.all([this.alone('camera', turns.camera, error), this.alone('microphone', turns.microphone, error)]);
    }
  }

  /** Which devices the browser gives without asking. */
  async granted(): Promise<Record<Kind, boolean>> {
    const [camera, microphone] = await Promise.all([this.ports.permission('camera'), this.ports.permission('microphone')]);
    return { camera: camera === 'granted', microphone: microphone === 'granted' };
  }

  async turnOn(kind: Kind): Promise<MediaStreamTrack | null> {
    this.listen();
    return this.ask(kind, this.begin(kind));
  }

  turnOff(kind: Kind): void {
    this.#turn[kind]++;
    this.release(kind);
    this.change(kind, { state: 'off', failure: null, switchedTo: null });
  }

  async choose(kind: Kind, id: string): Promise<void> {
    this.change(kind, { chosen: id });
    this.remember();
    // What is off stays off: choosing is not switching on.
    if (this.state.get()[kind].state !== 'off') await this.turnOn(kind);
  }

  chooseSpeaker(id: string): void {
    this.state.update({ speaker: { ...this.state.get().speaker, chosen: id } });
    this.remember();
  }

  /** Front to back and back again on a phone; to the next camera elsewhere. */
  async flip(): Promise<void> {
    const { camera, facing } = this.state.get();
    const here = camera.track?.getSettings().deviceId;
    const at = camera.choices.findIndex((choice) => choice.id === here);
    const other = camera.track?.getSettings().facingMode === undefined ? camera.choices[(at + 1) % camera.choices.length] : undefined;
    if (other !== undefined) return this.choose('camera', other.id);
    this.state.update({ facing: facing === 'user' ? 'environment' : 'user' });
    this.change('camera', { chosen: null });
    await this.turnOn('camera');
  }

  async refresh(): Promise<void> {
    const all = await this.ports.media.enumerateDevices().catch(() => []);
    const of = (kind: MediaDeviceKind) => all.filter((d) => d.kind === kind && d.deviceId !== '').map((d) => ({ id: d.deviceId, label: d.label }));
    this.change('camera', { choices: of('videoinput') });
    this.change('microphone', { choices: of('audioinput') });
    this.state.update({ speaker: { ...this.state.get().speaker, choices: of('audiooutput') } });
    for (const kind of ['camera', 'microphone'] as const) {
      const device = this.state.get()[kind];
      // Plugged in again, or another one appeared: take it without being asked.
      if (device.failure === 'lost' && device.choices.length > 0) void this.turnOn(kind);
    }
  }

  dismissSwitched(kind: Kind): void {
    this.change(kind, { switchedTo: null });
  }

  /** Everything off; the page is left or the visit over. */
  release(kind?: Kind): void {
    for (const one of kind === undefined ? (['camera', 'microphone'] as const) : [kind]) {
      const { track } = this.state.get()[one];
      if (track !== null) {
        track.onended = null;
        track.stop();
      }
      if (kind === undefined) this.#turn[one]++;
      this.change(one, { track: null, ...(kind === undefined ? { state: 'off' as const, failure: null } : {}) });
    }
  }

  close(): void {
    this.release();
    if (this.#listening) this.ports.media.removeEventListener('devicechange', this.#onDevices);
    this.#listening = false;
  }

  private listen(): void {
    if (this.#listening) return;
    this.#listening = true;
    this.ports.media.addEventListener('devicechange', this.#onDevices);
  }

  private begin(kind: Kind): number {
    this.change(kind, { state: 'asking', failure: null });
    return ++this.#turn[kind];
  }

  /** After the common question failed: one denied or missing device must not cost the other. */
  private async alone(kind: Kind, turn: number, error: unknown): Promise<void> {
    const failure = failureOf(error);
    const denied = failure === 'denied' || failure === 'denied-by-system';
    // Asking again after a "no" would be a second prompt, unless this one was allowed.
    if (denied && (await this.ports.permission(kind)) !== 'granted') return this.fail(kind, turn, failure);
    await this.ask(kind, turn);
  }

  private async ask(kind: Kind, turn: number): Promise<MediaStreamTrack | null> {
    try {
      const stream = await this.open(kind);
      const track = kind === 'camera' ? stream.getVideoTracks()[0] : stream.getAudioTracks()[0];
      this.keep(kind, turn, track);
      await this.refresh();
      return turn === this.#turn[kind] ? (track ?? null) : null;
    } catch (error) {
      this.fail(kind, turn, failureOf(error));
      return null;
    }
  }

  private async open(kind: Kind): Promise<MediaStream> {
    const asked = (constraints: MediaTrackConstraints) => kind === 'camera' ? { video: constraints } : { audio: constraints };
    try {
      // The old camera is let go first: a phone cannot open the second while the first is running.
      if (kind === 'camera') this.release('camera');
      return await this.ports.media.getUserMedia(asked(this.constraints(kind)));
    } catch (error) {
      const gone = failureOf(error) === 'none' && this.state.get()[kind].chosen !== null;
      if (!gone) throw error;
      // The chosen device is not there any more: any other is better than none.
      this.change(kind, { chosen: null });
      return this.ports.media.getUserMedia(asked(this.constraints(kind)));
    }
  }

  private keep(kind: Kind, turn: number, track: MediaStreamTrack | undefined): void {
    if (track === undefined) return this.fail(kind, turn, 'none');
    if (turn !== this.#turn[kind]) return track.stop();
    const before = this.state.get()[kind].track;
    if (before !== null && before !== track) {
      before.onended = null;
      before.stop();
    }
    track.onended = () => void this.lost(kind, track);
    this.change(kind, { state: 'on', track, failure: null, chosen: track.getSettings().deviceId ?? this.state.get()[kind].chosen });
  }

  private fail(kind: Kind, turn: number, failure: Failure): void {
    if (turn !== this.#turn[kind]) return;
    this.release(kind);
    this.change(kind, { state: 'failed', failure });
  }

  /** Unplugged, or taken away by the system. Another device of the kind takes over by itself. */
  private async lost(kind: Kind, track: MediaStreamTrack): Promise<void> {
    if (this.state.get()[kind].track !== track) return;
    const gone = track.getSettings().deviceId;
    const turn = this.begin(kind);
    this.release(kind);
    const all = await this.ports.media.enumerateDevices().catch(() => []);
    const wanted = kind === 'camera' ? 'videoinput' : 'audioinput';
    if (!all.some((d) => d.kind === wanted && d.deviceId !== gone && d.deviceId !== '')) return this.fail(kind, turn, 'lost');
    this.change(kind, { chosen: null });
    const next = await this.ask(kind, turn);
    if (next !== null) this.change(kind, { switchedTo: next.label });
    else if (turn === this.#turn[kind]) this.change(kind, { failure: 'lost' });
  }

  private constraints(kind: Kind): MediaTrackConstraints {
    const { chosen } = this.state.get()[kind];
    const device = chosen === null ? {} : { deviceId: { exact: chosen } };
    if (kind === 'microphone') return { ...device, echoCancellation: true, noiseSuppression: true, autoGainControl: true };
    const facing = chosen === null ? { facingMode: this.state.get().facing } : {};
    return { ...device, ...facing, width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30, max: 30 } };
  }

  private change(kind: Kind, change: Partial<DeviceState>): void {
    const state = this.state.get();
    this.state.set({ ...state, [kind]: { ...state[kind], ...change } });
  }

  private remember(): void {
    const { camera, microphone, speaker } = this.state.get();
    this.ports.preferences.save({
      ...(camera.chosen === null ? {} : { camera: camera.chosen }),
      ...(microphone.chosen === null ? {} : { microphone: microphone.chosen }),
      ...(speaker.chosen === null ? {} : { speaker: speaker.chosen }),
    });
  }
}
