/** Loudness for a bar: −60 dB (silence) is 0, −12 dB (loud speech) is 1. `samples` are −1 to 1. */
export function levelOf(samples: Float32Array): number {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  const decibel = 10 * Math.log10(sum / Math.max(1, samples.length) + 1e-12);
  return Math.min(1, Math.max(0, (decibel + 60) / 48));
}

/** Up at once, down slowly: a bar that can be read. */
export const settle = (shown: number, now: number): number => now > shown ? now : shown * 0.82 + now * 0.18;

/** Speech, not the fan of a computer. */
export const audible = 0.35;
