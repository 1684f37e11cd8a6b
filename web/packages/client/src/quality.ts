import type { Quality } from './types';

/** One look at the connection, once a second. Null: not known. */
export interface QualitySample {
  /** The media path is up and bytes move on it. */
  connected: boolean;
  roundTripMs: number | null;
  /** What the server measures towards us. */
  downlink: { level: 'good' | 'fair' | 'poor'; estimateKbps: number | null; lossPercent: number | null } | null;
  /** Loss of what we send, as the server reports it, 0 … 100. */
  uplinkLossPercent: number | null;
}

type Level = Quality['level'];

const traces: Record<Level, number> = { good: 1, fair: 0.6, poor: 0.25, unknown: 0 };
const order: readonly Level[] = ['good', 'fair', 'poor'];
const historySeconds = 60;

export const unknownQuality: Quality = { level: 'unknown', roundTripMs: null, estimateKbps: null, lossPercent: null, history: [] };

/** Folds a sample into what is shown. The worse of the two directions counts: a call needs both. */
export function nextQuality(previous: Quality, sample: QualitySample): Quality {
  const level = sample.connected ? levelOf(sample) : 'poor';
  const trace = sample.connected ? traces[level] : 0;
  const losses = [sample.downlink?.lossPercent, sample.uplinkLossPercent].filter((l): l is number => typeof l === 'number');
  return {
    level,
    roundTripMs: sample.roundTripMs === null ? null : Math.round(sample.roundTripMs),
    estimateKbps: sample.downlink?.estimateKbps ?? null,
    lossPercent: losses.length === 0 ? null : Math.round(Math.max(...losses) * 10) / 10,
    history: [...previous.history, trace].slice(-historySeconds),
  };
}

function levelOf(sample: QualitySample): Level {
  const known: Level[] = [];
  if (sample.downlink !== null) known.push(sample.downlink.level);
  if (sample.uplinkLossPercent !== null) known.push(grade(sample.uplinkLossPercent, 3, 10));
  if (sample.roundTripMs !== null) known.push(grade(sample.roundTripMs, 300, 700));
  return known.length === 0 ? 'unknown' : known.reduce((a, b) => (order.indexOf(a) >= order.indexOf(b) ? a : b));
}

function grade(value: number, fair: number, poor: number): Level {
  return value >= poor ? 'poor' : value >= fair ? 'fair' : 'good';
}
