import { expect, test } from 'vitest';
import { tracePath } from '../src/trace';

test('Nothing yet draws nothing', () => expect(tracePath([], 120, 24)).toEqual({ line: '', area: '' }));

test('The newest value is at the right edge and a full minute reaches the left', () => {
  const minute = Array.from({ length: 60 }, () => 1);
  const { line, area } = tracePath(minute, 118, 24);
  expect(line.startsWith('M0 0L2 0')).toBe(true);
  expect(line.endsWith('L118 0')).toBe(true);
  expect(area.endsWith('L118 24L0 24Z')).toBe(true);
});

test('A short history starts where its first second belongs', () => {
  expect(tracePath([1, 0], 118, 24).line).toBe('M116 0L118 24');
});

test('Older than a minute is not drawn and values are kept within the box', () => {
  const { line } = tracePath([...Array.from({ length: 70 }, () => -3), 9], 118, 24);
  expect(line.match(/[ML]/g)).toHaveLength(60);
  expect(line.endsWith('L118 0')).toBe(true);
  expect(line.startsWith('M0 24')).toBe(true);
});
