import { expect, test } from 'vitest';
import { RelayCredentials } from '../src/relay';
import { FakeClock } from './fake-clock';

function world() {
  const clock = new FakeClock();
  const reasons: string[] = [];
  const api = {
    turn: (reason: string) => {
      reasons.push(reason);
      return Promise.resolve({ iceServers: [{ urls: ['turn:relay.example'] }], expiresInSeconds: 3_600 });
    },
  };
  return { clock, reasons, relay: new RelayCredentials(api, clock, () => undefined) };
}

test('A restart says that it is one, so that the log of the relay tells who needed it and why', async () => {
  const { clock, reasons, relay } = world();
  await relay.fetch('join');
  await clock.advance(60_000);
  relay.restart();
  expect(reasons).toEqual(['join', 'restart']);
});

test('Restarts in a row ask once, and none asks for credentials that have just come', async () => {
  const { clock, reasons, relay } = world();
  await relay.fetch('join');
  relay.restart();
  expect(reasons).toEqual(['join']);
  await clock.advance(30_000);
  for (let i = 0; i < 5; i++) relay.restart();
  await clock.advance(29_000);
  relay.restart();
  expect(reasons).toEqual(['join', 'restart']);
});

test('Nothing is asked for any more when the call is over', async () => {
  const { clock, reasons, relay } = world();
  await relay.fetch('join');
  relay.close();
  await clock.advance(60_000);
  relay.restart();
  expect(reasons).toEqual(['join']);
});
