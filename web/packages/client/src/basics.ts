export type Role = 'clinician' | 'patient' | 'interpreter' | 'family';
export type Source = 'microphone' | 'camera' | 'screen';

/** The person header selects among the cookies that this browser holds (docs/protocol.md §1). */
export const personHeader = 'Wardline-Person';

/** Time, as an argument. Times are milliseconds from any fixed origin. */
export interface Clock {
  now(): number;
  /** Runs `action` once after `delayMs`; the answer cancels it. */
  after(delayMs: number, action: () => void): () => void;
}
