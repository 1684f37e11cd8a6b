import { describe, expect, test } from 'vitest';
import { officer } from '../preview/fake/people';
import { FakeServer, type Weather } from '../preview/fake/server';
import { MapStorage, now } from '../preview/world';
import { ApiError, send } from '../src/api/http';
import { hrefOf, Router, routeOf, takeSecret } from '../src/route';
import { Session } from '../src/session/session';

async function sessionOf(weather: Weather) {
  const server = await FakeServer.make({ entries: 1, ...weather }, now);
  const storage = new MapStorage();
  return { server, storage, session: new Session({ fetcher: server.fetcher, storage }) };
}

describe('Signing in', () => {
  test('a link makes one known, and a reload finds the same person without it', async () => {
    const { session, server, storage } = await sessionOf({ me: officer });
    await session.arrive('good');
    expect(session.state.get()).toMatchObject({ at: 'in', me: officer });
    expect(JSON.stringify([...storage.kept])).not.toContain('good');
    await session.arrive(null);
    expect(session.state.get()).toMatchObject({ at: 'in', me: officer });
    expect(server.asked).toEqual(['POST /api/identity/staff-link', 'GET /api/identity/me']);
  });

  test('a wrong link, nobody known, and a server that is away are told apart', async () => {
    const { session } = await sessionOf({ me: officer });
    await session.arrive('wrong');
    expect(session.state.get()).toEqual({ at: 'out', code: 'identity.link-refused' });
    await session.arrive(null);
    expect(session.state.get()).toEqual({ at: 'out', code: 'link.missing' });
    const away = await sessionOf({ me: officer, fails: { '/api/identity': 'lost' } });
    await away.session.arrive('good');
    expect(away.session.state.get()).toEqual({ at: 'out', code: 'network.unreachable' });
  });

  test('a cookie that ran out ends it, wherever it is noticed, and is forgotten', async () => {
    const { session, storage } = await sessionOf({ me: officer, fails: { '/api/audit': { status: 401, code: 'identity.not-signed-in' } } });
    await session.arrive('good');
    const state = session.state.get();
    if (state.at !== 'in') throw new Error('Not signed in');
    await expect(state.api.integrity()).rejects.toMatchObject({ code: 'identity.not-signed-in' });
    expect(session.state.get()).toEqual({ at: 'out', code: 'identity.not-signed-in' });
    expect(storage.kept.size).toBe(0);
  });

  test('one whom the server has forgotten is asked for the link', async () => {
    const { session, storage } = await sessionOf({});
    storage.setItem('wardline.admin.person', 'somebody');
    await session.arrive(null);
    expect(session.state.get()).toEqual({ at: 'out', code: 'link.missing' });
    expect(storage.kept.size).toBe(0);
  });

  test('signing out is only over when the server knows of it', async () => {
    const failing = await sessionOf({ me: officer, fails: { '/api/identity/session': { status: 500, code: 'http.fault' } } });
    await failing.session.arrive('good');
    await expect(failing.session.signOut()).rejects.toBeInstanceOf(ApiError);
    expect(failing.session.state.get().at).toBe('in');
    const { session, server, storage } = await sessionOf({ me: officer });
    await session.arrive('good');
    await session.signOut();
    expect(session.state.get()).toEqual({ at: 'out', code: null });
    expect(server.asked.at(-1)).toBe('DELETE /api/identity/session');
    expect(storage.kept.size).toBe(0);
  });
});

describe('The address', () => {
  test.each([
    '/admin/', '/admin/audit', '/admin/audit#patient=abc&order=oldest', '/admin/entries/0', '/admin/entries/4711', '/admin/visits/aB_-9', '/admin/integrity', '/admin/keys',
  ])('%s leads there and back', (href) => {
    const route = routeOf(new URL(href, 'https://clinic.example'));
    expect(route.at).not.toBe('unknown');
    expect(route.at === 'unknown' ? '' : hrefOf(route)).toBe(href);
  });

  test.each(['/admin/entries/x', '/admin/entries/-1', '/admin/visits/a b', '/admin/visits/', '/admin/else', '/visit/1', `/admin/visits/${'x'.repeat(65)}`])('%s leads nowhere', (href) => {
    expect(routeOf(new URL(href, 'https://clinic.example')).at).toBe('unknown');
  });

  test('the secret of a link is taken out of the address, and only of the first page', () => {
    const replaced: string[] = [];
    const history = { replaceState: (_: unknown, __: string, to?: string | URL | null) => void replaced.push(String(to)) };
    expect(takeSecret({ pathname: '/admin/', hash: '#s3cret' }, history)).toBe('s3cret');
    expect(takeSecret({ pathname: '/admin', hash: '#s3cret' }, history)).toBe('s3cret');
    expect(takeSecret({ pathname: '/admin/audit', hash: '#patient=abc' }, history)).toBeNull();
    expect(takeSecret({ pathname: '/admin/', hash: '#' }, history)).toBeNull();
    expect(replaced).toEqual(['/admin/', '/admin/']);
  });

  test('filters never come in front of the #, where a server would see them', () => {
    const address = new URL('https://clinic.example/admin/');
    const move = (_: unknown, __: string, to?: string | URL | null) => { address.href = new URL(String(to), address).href; };
    const router = new Router({ location: () => address, history: { pushState: move, replaceState: move } });
    router.go({ at: 'audit', query: 'patient=abc' });
    expect([address.search, address.hash]).toEqual(['', '#patient=abc']);
    address.href = 'https://clinic.example/admin/keys';
    router.moved();
    expect(router.state.get()).toEqual({ at: 'keys' });
  });
});

describe('Asking the server', () => {
  const answering = (status: number, body: string) => () => Promise.resolve(new Response(body, { status }));

  test.each([
    [403, '{"code":"access.denied","title":"No"}', 'access.denied'], [502, '<html>', 'http.502'], [404, '{"code":7}', 'http.404'],
  ])('a refusal of %d has a code', async (status, body, code) => {
    await expect(send(answering(status, body), '/x')).rejects.toMatchObject({ code, status });
  });

  test('an abort is no error of the network', async () => {
    await expect(send(() => Promise.reject(new DOMException('', 'AbortError')), '/x')).rejects.toBeInstanceOf(DOMException);
    await expect(send(() => Promise.reject(new TypeError('x')), '/x')).rejects.toMatchObject({ code: 'network.unreachable' });
  });
});
