import { Announcer } from '@wardline/ui/plain';
import { expect, test } from 'vitest';
import { quiet } from '../preview/fake-session';
import { clinicianIn, goodQuality, maria, osei, patientIn, patientWaits, poorQuality, ruth } from '../preview/people';
import { sayings } from '../src/call/announce';
import { languages } from '../src/words';

const words = languages.en;
const of = (change: ReturnType<typeof patientIn>) => ({ ...quiet, ...change });
const texts = (before: ReturnType<typeof of>, after: ReturnType<typeof of>) => sayings(before, after, words).map((s) => (s.urgent ? `! ${s.text}` : s.text));
const call = of(patientIn());

test('Nothing changed, nothing said', () => expect(texts(call, { ...call })).toEqual([]));

test('Being admitted and being held back interrupt', () => {
  expect(texts(of(patientWaits()), call)).toContain('! You are in the visit.');
  expect(texts(call, of(patientWaits()))).toEqual(['! You are back in the waiting room.']);
});

test('A clinician is not told that they came in', () => {
  expect(texts({ ...of(clinicianIn()), phase: 'joining', code: { digits: '284 913' }, quality: goodQuality }, of(clinicianIn()))).toEqual([]);
});

test('Coming and going is told of others, not of oneself', () => {
  const three = of(patientIn({ participants: [maria({ isYou: true }), osei(), ruth()] }));
  expect(texts(call, three)).toEqual(['Ruth Lindqvist joined the visit.']);
  expect(texts(three, call)).toEqual(['Ruth Lindqvist left the visit.']);
  expect(texts(call, of(patientIn({ participants: [osei()] })))).toEqual(['Maria Alvarez left the visit.']);
});

test('Who lost the connection is not said to have joined when it is back', () => {
  const away = of(patientIn({ participants: [maria({ isYou: true }), osei({ state: 'away' })] }));
  expect(texts(call, away)).toEqual(['Dr. Amara Osei lost the connection. They can come back.']);
  expect(texts(away, call)).toEqual([]);
});

test('One’s own reconnection is told at its begin and end, and the roster after it is no news', () => {
  const lost = { ...call, connection: 'reconnecting' as const };
  expect(texts(call, lost)).toEqual(['! The connection was lost. We are bringing you back. Stay on this page. You do not need to do anything.']);
  expect(texts(lost, of(patientIn({ participants: [maria({ isYou: true }), osei(), ruth()] })))).toEqual(['You are connected again.']);
});

test('Only a weak connection is worth words, and its end', () => {
  const poor = of(patientIn({ quality: poorQuality }));
  expect(texts(call, poor)).toEqual(['Weak connection. Sound comes first now. Move closer to your Wi-Fi, or stop your video.']);
  expect(texts(poor, call)).toEqual(['Good connection.']);
  expect(texts(call, of(patientIn({ quality: { ...goodQuality, level: 'fair' } })))).toEqual([]);
});

test('The safety number is read digit by digit', () => {
  expect(texts(of(patientIn({ code: { digits: null } })), call)).toEqual(['The safety number is 2 8 4   9 1 3.']);
});

test('The idle warning is said at its begin, at thirty and at ten seconds', () => {
  const at = (idleSecondsLeft: number | null) => ({ ...call, idleSecondsLeft });
  const said = (from: number | null, to: number) => texts(at(from), at(to)).length;
  expect([said(null, 60), said(60, 59), said(31, 30), said(30, 29), said(11, 10), said(10, 9)]).toEqual([1, 0, 1, 0, 1, 0]);
});

test('An error is said once', () => {
  const broken = of(patientIn({ error: { code: 'e2ee.malformed', message: '' } }));
  expect(texts(call, broken)).toEqual(['! Something in the visit did not work. The visit goes on.']);
  expect(texts(broken, { ...broken })).toEqual([]);
});

test('The same words twice are made different, or no screen reader would say them again', () => {
  const announcer = new Announcer();
  announcer.say('You are muted.');
  const first = announcer.state.get().polite;
  announcer.say('You are muted.');
  expect(announcer.state.get().polite).not.toBe(first);
  expect(announcer.state.get().polite.trim()).toBe('You are muted.');
  announcer.say('Now!', true);
  expect(announcer.state.get().urgent).toBe('Now!');
});
