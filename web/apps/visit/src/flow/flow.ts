import { ApiError, type Ending, type LinkExchange, type Support, type VisitInfo } from '@wardline/client';
import { Store, type Timer } from '@wardline/ui/plain';
import { type People } from './people';
import { type Resume, type ResumeMark } from './resume';
import type { Me, VisitSession } from './session';

/*
 *                     [link refused, offline, …]
 *   arriving ──────────────────────────────────► problem ──[retry]──► arriving
 *      │ └──[browser lacks something]──► unsupported
 *      │
 *      ├──[was in the visit a moment ago]──────────────┐
 *      ▼                                               ▼
 *    check ──[Join visit]──► joining ──[in]──────────► room ──[left, removed, ended, …]──► after
 *      ▲                        │                                                          │  │
 *      ├────────[refused]───────┘                                                          │  │
 *      └───────────────────────────────────────────[Join again]────────────────────────────┘  │
 *                                                  [Use this page instead] ──► joining ◄──────┘
 */
export type Page =
  | { at: 'arriving' }
  | { at: 'problem'; code: string; canRetry: boolean }
  | { at: 'unsupported'; missing: readonly string[] }
  /** `straight`: on the way in without having asked anything, after a reload. */
  | { at: 'check'; joining: boolean; straight: boolean; refused: string | null; slow: boolean }
  | { at: 'room' }
  /** `forgotten`: whether this browser has been told to forget the person, after it was asked to. */
  | { at: 'after'; ending: Ending; forgotten?: 'asking' | 'done' | 'failed' };

export interface FlowState {
  page: Page;
  me: Me | null;
  visit: VisitInfo | null;
  session: VisitSession | null;
  joinedWith: Tracks;
}

export interface Tracks {
  camera: MediaStreamTrack | null;
  microphone: MediaStreamTrack | null;
}

/** What the flow needs of the world; everything behind it is replaced in tests. */
export interface Ports {
  checkSupport(): Support;
  exchangeLink(visit: string, secret: string): Promise<LinkExchange>;
  loadVisit(visit: string, person: string): Promise<VisitInfo>;
  /** Takes this browser's cookie for the person away. */
  signOut(person: string): Promise<void>;
  /** Loads the code of the call and makes a client. */
  openSession(visit: string, person: string): Promise<VisitSession>;
  timer: Timer;
  /** The devices as they are now; with a mark, switched on as they were before. */
  tracks(resume: ResumeMark | null): Promise<Tracks>;
  releaseDevices(): void;
  people: People;
  resume: Resume;
}

/** A way in that takes longer than this is said to take longer; the client goes on trying. */
const slowAfterMs = 8_000;

/** From the link to the end of the visit, one page after the other. */
export class Flow {
  readonly state = new Store<FlowState>({ page: { at: 'arriving' }, me: null, visit: null, session: null, joinedWith: { camera: null, microphone: null } });
  #unwatch: (() => void) | null = null;
  #arrival = 0;

  constructor(readonly visitId: string | null, private secret: string | null, private readonly ports: Ports) {}

  /** Another link to the same visit was opened in this tab. During a call it changes nothing. */
  openLink(secret: string): Promise<void> {
    if (this.state.get().page.at === 'room') return Promise.resolve();
    this.secret = secret;
    return this.arrive();
  }

  async arrive(): Promise<void> {
    const arrival = ++this.#arrival;
    const go = (page: Page) => {
      if (arrival === this.#arrival) this.state.update({ page });
    };
    go({ at: 'arriving' });
    const support = this.ports.checkSupport();
    // Before the secret is spent on a cookie that this browser could do nothing with.
    if (!support.supported) return go({ at: 'unsupported', missing: support.missing });
    if (this.visitId === null) return go({ at: 'problem', code: 'visit.unknown', canRetry: false });

    try {
      const person = await this.identify(this.visitId);
      if (typeof person !== 'string') return go({ at: 'problem', code: person.code, canRetry: false });
      const visit = await this.load(this.visitId, person);
      if (arrival !== this.#arrival) return;
      if (visit === null) return go({ at: 'problem', code: 'link.missing', canRetry: false });
      this.state.update({ me: visit.you, visit });
      if (visit.status === 'ended') return go({ at: 'after', ending: { reason: 'ended', code: null, mayReturn: false } });

      const mark = this.ports.resume.find(this.visitId, person);
      go({ at: 'check', joining: mark !== null, straight: mark !== null, refused: null, slow: false });
      if (mark !== null) await this.enter(mark);
    } catch (error) {
      const code = codeOf(error);
      go({ at: 'problem', code, canRetry: code !== 'identity.link-refused' && code !== 'visit.not-invited' });
    }
  }

  /** `Join visit`. */
  join(): Promise<void> {
    const { page } = this.state.get();
    if (page.at !== 'check' || page.joining) return Promise.resolve();
    this.state.update({ page: { at: 'check', joining: true, straight: false, refused: null, slow: false } });
    return this.enter(null);
  }

  /** `Join again`: through the device check. After the visit moved elsewhere, straight back. */
  again(): Promise<void> {
    const { page } = this.state.get();
    if (page.at !== 'after') return Promise.resolve();
    const straight = page.ending.reason === 'replaced';
    this.state.update({ page: { at: 'check', joining: false, straight: false, refused: null, slow: false } });
    return straight ? this.join() : Promise.resolve();
  }

  /** `Forget me on this device`: for whoever borrowed it. Their link leads back to the visit. */
  async forget(): Promise<void> {
    const { page, me } = this.state.get();
    if (page.at !== 'after' || page.forgotten === 'asking' || me === null || this.visitId === null) return;
    const { ending } = page;
    this.state.update({ page: { at: 'after', ending, forgotten: 'asking' } });
    try {
      await this.ports.signOut(me.id);
    } catch {
      // Said, since the cookie is still there and the next person at this device could go on as this one.
      this.state.update({ page: { at: 'after', ending, forgotten: 'failed' } });
      return;
    }
    this.ports.people.forget(this.visitId, me.id);
    this.ports.resume.clear(this.visitId);
    this.state.update({ page: { at: 'after', ending: { ...ending, mayReturn: false }, forgotten: 'done' }, me: null, visit: null });
  }

  /** Keeps the mark alive and true; called now and then while in the room, and when the page goes away. */
  stillHere(camera: boolean, microphone: boolean): void {
    const { page, me } = this.state.get();
    if (page.at === 'room' && me !== null && this.visitId !== null) {
      this.ports.resume.mark(this.visitId, { person: me.id, camera, microphone });
    }
  }

  private async identify(visit: string): Promise<string | { code: string }> {
    if (this.secret !== null) {
      const { person } = await this.ports.exchangeLink(visit, this.secret);
      this.secret = null;
      this.ports.people.remember(visit, person.id);
      return person.id;
    }
    const recall = this.ports.people.recall(visit);
    if (recall.kind === 'known') return recall.person;
    return { code: recall.kind === 'several' ? 'link.several' : 'link.missing' };
  }

  /** Null when this browser's cookie for the person is gone: the person is forgotten and the link needed again. */
  private async load(visit: string, person: string): Promise<VisitInfo | null> {
    try {
      const info = await this.ports.loadVisit(visit, person);
      this.ports.people.rememberHere(visit, person);
      return info;
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 401) throw error;
      this.ports.people.forget(visit, person);
      return null;
    }
  }

  private async enter(resume: ResumeMark | null): Promise<void> {
    const { me } = this.state.get();
    const visit = this.visitId;
    if (me === null || visit === null) return;
    const notSlow = this.ports.timer.after(slowAfterMs, () => {
      const { page } = this.state.get();
      if (page.at === 'check' && page.joining) this.state.update({ page: { ...page, slow: true } });
    });
    try {
      const [opened, tracks] = await Promise.all([this.ports.openSession(visit, me.id), this.ports.tracks(resume)]);
      this.state.update({ joinedWith: tracks });
      this.watch(opened);
      await opened.join(tracks);
      this.follow(opened);
    } catch (error) {
      // The client may have said more by ending the visit; then that page is shown already.
      if (this.state.get().page.at === 'after') return;
      this.unwatch();
      this.ports.resume.clear(visit);
      const code = codeOf(error);
      if (code === 'visit.ended') return this.close({ reason: 'ended', code: null, mayReturn: false });
      this.state.update({ page: { at: 'check', joining: false, straight: false, refused: code, slow: false }, session: null });
    } finally {
      notSlow();
    }
  }

  private watch(session: VisitSession): void {
    this.unwatch();
    this.#unwatch = session.subscribe(() => this.follow(session));
  }

  private unwatch(): void {
    this.#unwatch?.();
    this.#unwatch = null;
  }

  private follow(session: VisitSession): void {
    const { phase, ending } = session.getSnapshot();
    const { page } = this.state.get();
    if (phase === 'ended') {
      // Refused at the door: `join` rejects with the reason, and the device check shows it.
      if (page.at === 'check' && ending?.reason === 'error') return;
      return this.close(ending ?? { reason: 'error', code: null, mayReturn: true });
    }
    if ((phase === 'waiting' || phase === 'in-call') && page.at === 'check') {
      this.state.update({ page: { at: 'room' }, session });
    }
  }

  private close(ending: Ending): void {
    this.unwatch();
    // Out of the room first: the devices going off would otherwise be noted as the state to come back to.
    this.state.update({ page: { at: 'after', ending }, session: null });
    this.ports.releaseDevices();
    if (this.visitId !== null) this.ports.resume.clear(this.visitId);
  }
}

export function codeOf(error: unknown): string {
  // ApiError and the client's own errors; a DOMException has a number of the same name.
  const { code } = error as { code?: unknown };
  if (typeof code === 'string') return code;
  // A chunk of the page that did not load rejects with a TypeError that only says so in words.
  if (error instanceof TypeError && /import|module|chunk/i.test(error.message)) return 'page.load';
  return 'page.failed';
}
