import { ApiError, type VisitInfo } from '@wardline/client';
import { expect, test } from 'vitest';
import { FakeSession } from '../preview/fake-session';
import { patientIn, patientWaits, visit } from '../preview/people';
import { Flow, type Ports } from '../src/flow/flow';
import { People } from '../src/flow/people';
import { Resume, type ResumeMark } from '../src/flow/resume';
import { FakeStorage, FakeTimer, settled } from './fakes';

interface World {
  flow: Flow;
  calls: string[];
  session: FakeSession;
  timer: FakeTimer;
  resume: Resume;
  people: People;
}

function world(change: Partial<Ports> & { secret?: string | null; session?: FakeSession; visitId?: string | null; local?: FakeStorage; info?: VisitInfo } = {}): World {
  const calls: string[] = [];
  const timer = new FakeTimer();
  const memory = { session: new FakeStorage(), local: change.local ?? new FakeStorage() };
  const session = change.session ?? new FakeSession(patientWaits());
  const resume = new Resume(memory, () => 5_000);
  const people = new People(memory);
  const info = change.info ?? visit;
  const flow = new Flow(change.visitId === undefined ? 'v1' : change.visitId, change.secret === undefined ? 's3cret' : change.secret, {
    checkSupport: () => ({ supported: true, missing: [] }),
    exchangeLink: (v, s) => { calls.push(`exchange ${v} ${s}`); return Promise.resolve({ person: info.you, visit: v }); },
    loadVisit: (v, p) => { calls.push(`load ${v} ${p}`); return Promise.resolve(info); },
    signOut: (p) => { calls.push(`sign out ${p}`); return Promise.resolve(); },
    openSession: (v, p) => { calls.push(`open ${v} ${p}`); return Promise.resolve(session); },
    tracks: (mark: ResumeMark | null) => { calls.push(`tracks ${mark === null ? 'as they are' : `camera=${mark.camera} microphone=${mark.microphone}`}`); return Promise.resolve({ camera: null, microphone: null }); },
    releaseDevices: () => { calls.push('release'); },
    people, resume, timer,
    ...change,
  });
  return { flow, calls, session, timer, resume, people };
}

const page = (flow: Flow) => flow.state.get().page;
const refused = (code: string, status: number) => () => Promise.reject(new ApiError(code, status, code));

test('A link leads to the device check, as the person it belongs to', async () => {
  const { flow, calls } = world();
  await flow.arrive();
  expect(calls).toEqual(['exchange v1 s3cret', 'load v1 p-maria']);
  expect(page(flow)).toEqual({ at: 'check', joining: false, straight: false, refused: null, slow: false });
  expect(flow.state.get().me?.name).toBe('Maria Alvarez');
});

test('The secret is exchanged once and then forgotten', async () => {
  const { flow, calls } = world();
  await flow.arrive();
  await flow.arrive();
  expect(calls.filter((call) => call.startsWith('exchange'))).toHaveLength(1);
});

test('A browser that cannot seal a call is told so before the link is spent', async () => {
  const { flow, calls } = world({ checkSupport: () => ({ supported: false, missing: ['RTCRtpScriptTransform'] }) });
  await flow.arrive();
  expect(page(flow)).toEqual({ at: 'unsupported', missing: ['RTCRtpScriptTransform'] });
  expect(calls).toEqual([]);
  await flow.join();
  expect(page(flow).at).toBe('unsupported');
});

test('A refused link says so and offers no second try of the same', async () => {
  const { flow } = world({ exchangeLink: refused('identity.link-refused', 401) });
  await flow.arrive();
  expect(page(flow)).toEqual({ at: 'problem', code: 'identity.link-refused', canRetry: false });
});

test('Without a network the link is kept for the next try', async () => {
  let online = false;
  const { flow } = world({ exchangeLink: (v) => online ? Promise.resolve({ person: visit.you, visit: v }) : Promise.reject(new ApiError('network.unreachable', 0, '')) });
  await flow.arrive();
  expect(page(flow)).toEqual({ at: 'problem', code: 'network.unreachable', canRetry: true });
  online = true;
  await flow.arrive();
  expect(page(flow).at).toBe('check');
});

test('A tab without a link and without a memory asks for the link', async () => {
  const { flow, calls } = world({ secret: null });
  await flow.arrive();
  expect(page(flow)).toEqual({ at: 'problem', code: 'link.missing', canRetry: false });
  expect(calls).toEqual([]);
});

test('A reopened tab comes back as the one person this browser knows', async () => {
  const local = new FakeStorage();
  await world({ local }).flow.arrive();
  const { flow, calls } = world({ local, secret: null });
  await flow.arrive();
  expect(calls).toEqual(['load v1 p-maria']);
  expect(page(flow).at).toBe('check');
});

test('A person whom the server no longer knows here is forgotten and asked for the link', async () => {
  const local = new FakeStorage();
  await world({ local }).flow.arrive();
  const { flow, people } = world({ local, secret: null, loadVisit: refused('identity.unknown', 401) });
  await flow.arrive();
  expect(page(flow)).toEqual({ at: 'problem', code: 'link.missing', canRetry: false });
  expect(people.recall('v1')).toEqual({ kind: 'none' });
});

test('An address without a visit is told so', async () => {
  const { flow } = world({ visitId: null });
  await flow.arrive();
  expect(page(flow)).toEqual({ at: 'problem', code: 'visit.unknown', canRetry: false });
});

test('A visit that is over is not joined', async () => {
  const { flow } = world({ info: { ...visit, status: 'ended' } });
  await flow.arrive();
  expect(page(flow)).toEqual({ at: 'after', ending: { reason: 'ended', code: null, mayReturn: false } });
});

test('Join visit leads to the room, once', async () => {
  const { flow, calls, session } = world();
  await flow.arrive();
  const first = flow.join();
  const second = flow.join();
  expect(page(flow)).toMatchObject({ at: 'check', joining: true });
  await Promise.all([first, second]);
  expect(page(flow)).toEqual({ at: 'room' });
  expect(calls.filter((call) => call.startsWith('open'))).toEqual(['open v1 p-maria']);
  expect(session.calls).toEqual(['join camera=false microphone=false']);
});

test('A full visit leads back to the device check with the reason', async () => {
  const { flow } = world({ session: new FakeSession(new ApiError('visit.full', 409, '')) });
  await flow.arrive();
  await flow.join();
  expect(page(flow)).toEqual({ at: 'check', joining: false, straight: false, refused: 'visit.full', slow: false });
});

test('A client that ends with an error while joining is a refusal too, not the page after a visit', async () => {
  class Refusing extends FakeSession {
    override async join(): Promise<void> {
      await Promise.resolve();
      this.change({ phase: 'ended', ending: { reason: 'error', code: 'visit.full', mayReturn: true } });
      throw Object.assign(new Error('full'), { code: 'visit.full' });
    }
  }
  const { flow } = world({ session: new Refusing() });
  await flow.arrive();
  await flow.join();
  expect(page(flow)).toMatchObject({ at: 'check', refused: 'visit.full' });
});

test('Code that does not load leaves the person at the device check', async () => {
  const { flow } = world({ openSession: () => Promise.reject(new TypeError('Failed to fetch dynamically imported module')) });
  await flow.arrive();
  await flow.join();
  expect(page(flow)).toMatchObject({ at: 'check', joining: false, refused: 'page.load' });
});

test('A way in that takes long is said to take long', async () => {
  const { flow, timer } = world({ openSession: () => new Promise(() => undefined) });
  await flow.arrive();
  void flow.join();
  timer.pass(7_999);
  expect(page(flow)).toMatchObject({ joining: true, slow: false });
  timer.pass(1);
  expect(page(flow)).toMatchObject({ joining: true, slow: true });
});

test.each([
  ['left', true], ['removed', false], ['ended', false], ['idle', true], ['replaced', true], ['error', true],
] as const)('%s shows its own page with all devices off', async (reason, mayReturn) => {
  const { flow, session, calls } = world({ session: new FakeSession(patientIn()) });
  await flow.arrive();
  await flow.join();
  session.change({ phase: 'ended', ending: { reason, code: null, mayReturn } });
  expect(page(flow)).toEqual({ at: 'after', ending: { reason, code: null, mayReturn } });
  expect(calls).toContain('release');
  expect(flow.state.get().session).toBeNull();
});

test('Join again goes through the device check', async () => {
  const { flow, session } = world({ session: new FakeSession(patientIn()) });
  await flow.arrive();
  await flow.join();
  await session.leave();
  await flow.again();
  expect(page(flow)).toMatchObject({ at: 'check', joining: false });
});

test('After the visit moved to another window it comes back at one press', async () => {
  const { flow, session } = world({ session: new FakeSession(patientIn()) });
  await flow.arrive();
  await flow.join();
  session.change({ phase: 'ended', ending: { reason: 'replaced', code: null, mayReturn: true } });
  await flow.again();
  expect(page(flow)).toEqual({ at: 'room' });
});

test('A reload in the middle goes straight back with what was on', async () => {
  const local = new FakeStorage();
  const before = world({ local, session: new FakeSession(patientIn()) });
  await before.flow.arrive();
  await before.flow.join();
  before.flow.stillHere(false, true);

  const { flow, calls } = world({ local, secret: null, session: new FakeSession(patientIn()) });
  const seen: unknown[] = [];
  flow.state.subscribe(() => seen.push(page(flow)));
  await flow.arrive();
  expect(page(flow)).toEqual({ at: 'room' });
  expect(calls).toContain('tracks camera=false microphone=true');
  expect(seen).not.toContainEqual(expect.objectContaining({ at: 'check', joining: false }));
});

test('Who left is asked again, and no mark is written outside the room', async () => {
  const local = new FakeStorage();
  const before = world({ local, session: new FakeSession(patientIn()) });
  await before.flow.arrive();
  before.flow.stillHere(true, true);
  expect(before.resume.find('v1', 'p-maria')).toBeNull();
  await before.flow.join();
  before.flow.stillHere(true, true);
  await before.session.leave();

  const { flow } = world({ local, secret: null });
  await flow.arrive();
  expect(page(flow)).toMatchObject({ at: 'check', joining: false });
});

test('Another link in the same tab counts, but not during a visit', async () => {
  const { flow, calls } = world({ secret: null, session: new FakeSession(patientIn()) });
  await flow.arrive();
  expect(page(flow).at).toBe('problem');
  await flow.openLink('second');
  expect(page(flow).at).toBe('check');
  await flow.join();
  await flow.openLink('third');
  expect(page(flow).at).toBe('room');
  expect(calls.filter((call) => call.startsWith('exchange'))).toEqual(['exchange v1 second']);
});

test('Of two arrivals only the last one decides', async () => {
  let answer: (info: VisitInfo) => void = () => undefined;
  let loads = 0;
  const { flow } = world({ loadVisit: () => ++loads === 1 ? new Promise((resolve) => { answer = resolve; }) : Promise.resolve(visit) });
  const first = flow.arrive();
  await settled();
  await flow.openLink('other');
  answer({ ...visit, status: 'ended' });
  await first;
  expect(page(flow).at).toBe('check');
});

test('Who leaves a borrowed device is forgotten on it, and their link leads back', async () => {
  const w = world({ session: new FakeSession(patientIn()) });
  await w.flow.arrive();
  await w.flow.forget();
  expect(w.calls).not.toContain('sign out p-maria'); // not from anywhere but the end
  await w.flow.join();
  w.session.leave();
  await settled();
  expect(page(w.flow)).toMatchObject({ at: 'after', ending: { reason: 'left', mayReturn: true } });
  await w.flow.forget();
  expect(w.calls.at(-1)).toBe('sign out p-maria');
  expect(page(w.flow)).toMatchObject({ at: 'after', forgotten: 'done', ending: { mayReturn: false } });
  expect(w.people.recall('v1')).toEqual({ kind: 'none' });
  expect(w.flow.state.get().me).toBeNull();
  await w.flow.openLink('s3cret');
  expect(page(w.flow).at).toBe('check');
});

test('A sign-out that did not arrive is said, and forgets nothing', async () => {
  let online = false;
  const w = world({ session: new FakeSession(patientIn()), signOut: () => online ? Promise.resolve() : Promise.reject(new ApiError('network.unreachable', 0, '')) });
  await w.flow.arrive();
  await w.flow.join();
  w.session.leave();
  await settled();
  await w.flow.forget();
  expect(page(w.flow)).toMatchObject({ at: 'after', forgotten: 'failed', ending: { mayReturn: true } });
  expect(w.people.recall('v1')).toEqual({ kind: 'known', person: 'p-maria' });
  online = true;
  await w.flow.forget();
  expect(page(w.flow)).toMatchObject({ at: 'after', forgotten: 'done' });
});

test('Devices that go off at the end are not noted as something to come back to', async () => {
  // The room tells the flow what is on whenever it changes, also when the end switches it off.
  let flow: Flow | null = null;
  const made = world({ session: new FakeSession(patientIn()), releaseDevices: () => flow?.stillHere(false, false) });
  flow = made.flow;
  await flow.arrive();
  await flow.join();
  flow.stillHere(true, true);
  made.session.change({ phase: 'ended', ending: { reason: 'ended', code: null, mayReturn: false } });
  expect(page(flow).at).toBe('after');
  expect(made.resume.find('v1', 'p-maria')).toBeNull();
});
