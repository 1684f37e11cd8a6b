import type { ParticipantView, VisitSnapshot } from '@wardline/client';
import { Store, type Timer } from '@wardline/ui/plain';
import type { Desk, Kind } from '../devices/desk';
import { codeOf, type Tracks } from '../flow/flow';
import type { VisitSession } from '../flow/session';
import { Arrivals } from './arrivals';

/** Long enough to notice and to press Undo, also with a shaky hand. */
export const undoSeconds = 6;
/** Signs of life go to the server at most this often. */
const activityEveryMs = 20_000;
const arrivalShownMs = 8_000;

export interface RoomState {
  /** What the others get: wanted, and the device gives something. */
  microphoneOn: boolean;
  cameraOn: boolean;
  /** Was in the call and was asked back into the waiting room. */
  heldBack: boolean;
  /** Somebody who will be removed unless it is undone. */
  removing: { participant: string; name: string; secondsLeft: number } | null;
  /** The newest arrival, for a few seconds. */
  arrived: { participant: string; name: string } | null;
  /** An act that was refused; the client's own problems stand in its snapshot. */
  refused: { code: string } | null;
  /** Unanswered acts by participant, so that a button is not pressed twice. */
  busy: readonly string[];
}

export interface RoomPorts {
  session: VisitSession;
  desk: Desk;
  /** What the client was given when it joined. A camera may have come since, while the way in took its time. */
  joinedWith: Tracks;
  timer: Timer;
  /** The soft tone; its visible twin is `arrived`. */
  tone(): void;
}

/** The acts of a person in the waiting room or the call, and what follows from them. The views only show it. */
export class Room {
  readonly state: Store<RoomState>;
  readonly #wants: Record<Kind, boolean>;
  readonly #sent: { camera: MediaStreamTrack | null; microphone: MediaStreamTrack | null };
  readonly #replacing: Record<Kind, Promise<void>> = { camera: Promise.resolve(), microphone: Promise.resolve() };
  readonly #arrivals: Arrivals;
  readonly #unsubscribe: readonly (() => void)[];
  #before: VisitSnapshot;
  #cancelRemoval: (() => void) | null = null;
  #cancelArrived: (() => void) | null = null;
  #lastActivity = -activityEveryMs;

  constructor(private readonly ports: RoomPorts) {
    const { session, desk, timer } = ports;
    const { camera, microphone } = desk.state.get();
    // Still being asked for counts as wanted: after a reload the question may come later than the visit.
    this.#wants = {
      camera: camera.track !== null || camera.state === 'asking',
      microphone: microphone.track !== null || microphone.state === 'asking',
    };
    this.#sent = { ...ports.joinedWith };
    this.#before = session.getSnapshot();
    this.#arrivals = new Arrivals(timer);
    this.state = new Store<RoomState>({
      microphoneOn: microphone.track !== null, cameraOn: camera.track !== null, heldBack: false, removing: null, arrived: null, refused: null, busy: [],
    });
    this.#unsubscribe = [desk.state.subscribe(() => this.syncDevices()), session.subscribe(() => this.onSnapshot())];
    // The client takes a device for switched on when it gets one. What is off here must be off there, before a device
    // that is chosen later could be heard or seen unasked.
    if (!this.state.get().microphoneOn) session.setMicrophoneOn(false);
    if (!this.state.get().cameraOn) session.setCameraOn(false);
    this.syncDevices();
    this.arrivalsIn(this.#before);
  }

  async toggle(kind: Kind): Promise<void> {
    const { desk } = this.ports;
    this.touched();
    const on = kind === 'camera' ? this.state.get().cameraOn : this.state.get().microphoneOn;
    this.#wants[kind] = !on;
    if (on && kind === 'camera') {
      // Off means off: the light beside the camera goes out.
      desk.turnOff('camera');
    } else if (!on && desk.state.get()[kind].track === null) {
      await desk.turnOn(kind);
    }
    this.syncDevices();
  }

  flip(): Promise<void> {
    this.touched();
    return this.ports.desk.flip();
  }

  admit(participant: string): Promise<void> {
    return this.act(participant, () => this.ports.session.admit(participant));
  }

  hold(participant: string): Promise<void> {
    return this.act(participant, () => this.ports.session.hold(participant));
  }

  /** Takes effect after a few seconds, in which it can be undone; that asks less of people than a dialog. */
  remove(participant: ParticipantView): void {
    this.touched();
    this.removeNow();
    const count = (secondsLeft: number) => {
      this.state.update({ removing: { participant: participant.id, name: participant.name, secondsLeft } });
      this.#cancelRemoval = this.ports.timer.after(1000, () => (secondsLeft <= 1 ? this.removeNow() : count(secondsLeft - 1)));
    };
    count(undoSeconds);
  }

  undoRemove(): void {
    this.#cancelRemoval?.();
    this.#cancelRemoval = null;
    this.state.update({ removing: null });
  }

  /** False when the server refused; what it said is shown. */
  async end(): Promise<boolean> {
    this.touched();
    return this.tried(() => this.ports.session.end());
  }

  async leave(): Promise<void> {
    // Somebody who is being removed is removed, also when the clinician leaves within these seconds.
    this.removeNow();
    await this.ports.session.leave();
  }

  dismissRefused(): void {
    this.state.update({ refused: null });
  }

  stillHere(): void {
    this.#lastActivity = this.ports.timer.now();
    this.ports.session.activity();
  }

  /** A key, a touch, a click. While the idle warning stands, only its own button counts: it says what it does. */
  touched(): void {
    if (this.ports.session.getSnapshot().idleSecondsLeft !== null) return;
    if (this.ports.timer.now() - this.#lastActivity >= activityEveryMs) this.stillHere();
  }

  close(): void {
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
    this.#cancelArrived?.();
    this.#cancelRemoval?.();
  }

  private removeNow(): void {
    this.#cancelRemoval?.();
    this.#cancelRemoval = null;
    const { removing } = this.state.get();
    if (removing === null) return;
    this.state.update({ removing: null });
    void this.act(removing.participant, () => this.ports.session.remove(removing.participant));
  }

  private async act(participant: string, send: () => Promise<void>): Promise<void> {
    this.touched();
    if (this.state.get().busy.includes(participant)) return;
    this.state.update({ busy: [...this.state.get().busy, participant] });
    await this.tried(send);
    this.state.update({ busy: this.state.get().busy.filter((id) => id !== participant) });
  }

  private async tried(send: () => Promise<void>): Promise<boolean> {
    try {
      await send();
      return true;
    } catch (error) {
      this.state.update({ refused: { code: codeOf(error) } });
      return false;
    }
  }

  private syncDevices(): void {
    const { camera, microphone } = this.ports.desk.state.get();
    // While a device changes, nothing is said to the others: a moment of dark is not "camera off".
    const cameraOn = this.#wants.camera && (camera.track !== null || camera.state === 'asking' && this.state.get().cameraOn);
    const microphoneOn = this.#wants.microphone && (microphone.track !== null || microphone.state === 'asking' && this.state.get().microphoneOn);
    if (microphone.track !== null) microphone.track.enabled = microphoneOn;
    const { state } = this;
    if (cameraOn !== state.get().cameraOn) {
      state.update({ cameraOn });
      this.ports.session.setCameraOn(cameraOn);
    }
    if (microphoneOn !== state.get().microphoneOn) {
      state.update({ microphoneOn });
      this.ports.session.setMicrophoneOn(microphoneOn);
    }
    this.send('camera', camera.track);
    this.send('microphone', microphone.track);
  }

  /** One replacement after the other, and of several that queue up only the last. */
  private send(kind: Kind, track: MediaStreamTrack | null): void {
    if (this.#sent[kind] === track) return;
    this.#sent[kind] = track;
    const { session } = this.ports;
    this.#replacing[kind] = this.#replacing[kind].then(async () => {
      if (this.#sent[kind] !== track) return;
      await (kind === 'camera' ? session.replaceCamera(track) : session.replaceMicrophone(track));
    }).catch(() => undefined);
  }

  private onSnapshot(): void {
    const now = this.ports.session.getSnapshot();
    const before = this.#before;
    this.#before = now;
    if (before.phase === 'in-call' && now.phase === 'waiting') this.state.update({ heldBack: true });
    if (before.phase === 'waiting' && now.phase === 'in-call') {
      this.state.update({ heldBack: false });
      this.ports.tone();
    }
    const { removing, arrived } = this.state.get();
    if (removing !== null && !now.participants.some((p) => p.id === removing.participant)) this.undoRemove();
    if (arrived !== null && !now.participants.some((p) => p.id === arrived.participant && p.state === 'waiting')) this.state.update({ arrived: null });
    this.arrivalsIn(now);
  }

  private arrivalsIn(snapshot: VisitSnapshot): void {
    const newest = this.#arrivals.newIn(snapshot).at(-1);
    if (newest === undefined) return;
    this.ports.tone();
    this.#cancelArrived?.();
    this.state.update({ arrived: { participant: newest.id, name: newest.name } });
    this.#cancelArrived = this.ports.timer.after(arrivalShownMs, () => this.state.update({ arrived: null }));
  }
}
