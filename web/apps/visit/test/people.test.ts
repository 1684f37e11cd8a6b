import { expect, test } from 'vitest';
import { People } from '../src/flow/people';
import { Resume, resumeWithinMs } from '../src/flow/resume';
import { FakeStorage } from './fakes';

const tab = (local: FakeStorage) => new People({ session: new FakeStorage(), local });

test('A tab keeps its person, also when the browser knows several', () => {
  const local = new FakeStorage();
  const here = tab(local);
  here.remember('v1', 'maria');
  tab(local).remember('v1', 'osei');
  expect(here.recall('v1')).toEqual({ kind: 'known', person: 'maria' });
});

test('A reopened tab finds the only person that this browser knows', () => {
  const local = new FakeStorage();
  tab(local).remember('v1', 'maria');
  expect(tab(local).recall('v1')).toEqual({ kind: 'known', person: 'maria' });
  expect(tab(local).recall('v2')).toEqual({ kind: 'none' });
});

test('A reopened tab does not guess between two people', () => {
  const local = new FakeStorage();
  tab(local).remember('v1', 'maria');
  tab(local).remember('v1', 'osei');
  expect(tab(local).recall('v1')).toEqual({ kind: 'several' });
});

test('The same link twice is one person', () => {
  const local = new FakeStorage();
  tab(local).remember('v1', 'maria');
  tab(local).remember('v1', 'maria');
  expect(tab(local).recall('v1')).toEqual({ kind: 'known', person: 'maria' });
});

test('A forgotten person is gone here and elsewhere, the other stays', () => {
  const local = new FakeStorage();
  const here = tab(local);
  here.remember('v1', 'maria');
  tab(local).remember('v1', 'osei');
  here.forget('v1', 'maria');
  expect(here.recall('v1')).toEqual({ kind: 'known', person: 'osei' });
  here.forget('v1', 'osei');
  expect(here.recall('v1')).toEqual({ kind: 'none' });
});

test('What is in the storage is not trusted to have a shape', () => {
  for (const text of ['nonsense', 'null', '[1]', '{"v1":"maria"}', '{"v1":[7]}']) {
    const local = new FakeStorage();
    local.setItem('wardline.people', text);
    expect(tab(local).recall('v1')).toEqual({ kind: 'none' });
  }
});

test('A browser that forbids storage only needs the link again', () => {
  const refuse = () => { throw new DOMException('no', 'SecurityError'); };
  const people = new People({ session: { getItem: refuse, setItem: refuse, removeItem: refuse }, local: { getItem: refuse, setItem: refuse, removeItem: refuse } });
  people.remember('v1', 'maria');
  expect(people.recall('v1')).toEqual({ kind: 'none' });
});

test('A reload within ten minutes finds what was on, for the same person only', () => {
  let now = 1_000_000;
  const resume = new Resume({ session: new FakeStorage(), local: new FakeStorage() }, () => now);
  resume.mark('v1', { person: 'maria', camera: false, microphone: true });
  now += resumeWithinMs;
  expect(resume.find('v1', 'maria')).toEqual({ person: 'maria', camera: false, microphone: true });
  expect(resume.find('v1', 'osei')).toBeNull();
  expect(resume.find('v2', 'maria')).toBeNull();
  now += 1;
  expect(resume.find('v1', 'maria')).toBeNull();
});

test('Somebody who left, or whose clock went back, sees the device check', () => {
  let now = 1_000_000;
  const resume = new Resume({ session: new FakeStorage(), local: new FakeStorage() }, () => now);
  resume.mark('v1', { person: 'maria', camera: true, microphone: true });
  now -= 1;
  expect(resume.find('v1', 'maria')).toBeNull();
  now += 1;
  resume.clear('v1');
  expect(resume.find('v1', 'maria')).toBeNull();
});
