import { expect, test } from 'vitest';
import { takeSecret, visitOf } from '../src/flow/link';

test('The visit is read from the path', () => {
  expect(visitOf('/visit/4f1c')).toBe('4f1c');
  expect(visitOf('/visit/4f1c/')).toBe('4f1c');
  expect(visitOf('/visit/a%20b')).toBe('a b');
});

test.each(['/', '/visit/', '/visit/a/b', '/other/4f1c', '/visit/%E0%A4%A'])('%s names no visit', (path) => expect(visitOf(path)).toBeNull());

test('The secret is taken out of the address before anything else', () => {
  const replaced: unknown[] = [];
  const secret = takeSecret({ pathname: '/visit/4f1c', search: '?test', hash: '#s3cret' }, { replaceState: (...all) => { replaced.push(all); } });
  expect(secret).toBe('s3cret');
  expect(replaced).toEqual([[null, '', '/visit/4f1c?test']]);
});

test('An address without a secret is left alone', () => {
  const replaceState = () => { throw new Error('touched'); };
  expect(takeSecret({ pathname: '/visit/4f1c', search: '', hash: '' }, { replaceState })).toBeNull();
  expect(takeSecret({ pathname: '/visit/4f1c', search: '', hash: '#' }, { replaceState })).toBeNull();
});
