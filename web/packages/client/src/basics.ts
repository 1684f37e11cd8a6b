export type Role = 'clinician' | 'patient' | 'interpreter' | 'family';
export type Source = 'microphone' | 'camera' | 'screen';

/** Time, as an argument. Times are milliseconds from any fixed origin. */
export interface Clock {
  now(): number;
  /** Runs `action` once after `delayMs`; the answer cancels it. */
  after(delayMs: number, action: () => void): () => void;
}
