import type { Bytes } from '../bytes';
import type { RosterKeys } from '../e2ee/session';
import type { Alarm, Refusal } from './faults';

/** What the log has to say about the members: who is trusted, who is not and why, and what has gone wrong for good. */
export interface Verdict {
  readonly refused: readonly Refusal[];
  readonly alarm: Alarm | null;
}

export interface TrustHandlers {
  /** Ask `admit` again: it would answer something else, or the verdict is another one. */
  changed(): void;
  /** Seal this for that member, and send it. */
  say(participant: string, view: Bytes): void;
}

/** Decides whose key the end-to-end encryption may use. `KeyTransparency` is the one of the product. */
export interface KeyTrust {
  attach(handlers: TrustHandlers): void;
  /** The lines that are members now. `lines`: everybody in the call, you included, with your own key in your line. */
  admit(you: string, lines: readonly RosterKeys[]): Promise<readonly RosterKeys[]>;
  readonly verdict: Verdict;
  /** Members that are not trusted yet but may be at any moment: what they send is worth keeping. */
  awaits(participant: string): boolean;
  /** What a member has sealed for us. */
  hear(participant: string, view: Bytes): void;
  setConnected(connected: boolean): void;
  close(): void;
}
