import { concat, equal, prefixed, text, type Bytes } from '../bytes';
import { encode, type E2eeMessage } from './messages';

// A round, for one set of members, in the eyes of one of them:
//
//   begin: draw a nonce, send its commitment to everybody
//     -> [everybody's commitment is here] -> reveal the own nonce to everybody
//     -> [everybody's nonce is here and fits its commitment] -> six digits
//
// A nonce belongs to one set of members for good, so a set that comes back finds its digits again, and nobody ever
// reveals before the others are bound. Why that leaves a server in the middle one try in a million:
// docs/design/e2ee.md.

/** Rounds that may begin in a row; one more is earned every `roundEveryMs`. Bounds the tries of a malicious server. */
export const freeRounds = 16;
export const roundEveryMs = 10_000;
const maxRounds = 64;

export interface CodeMember {
  readonly participant: string;
  readonly member: number;
  readonly publicKey: Bytes;
  /** As the member's hello named it. */
  readonly commitment: Bytes;
  readonly isYou: boolean;
}

interface Round {
  readonly nonce: Bytes;
  readonly commitment: Bytes;
  readonly commitments: Map<string, Bytes>;
  readonly nonces: Map<string, Bytes>;
  revealed: boolean;
  digits: string | null;
}

/** What the others have sent, kept by instance (its public key) and by set of members. */
interface Heard {
  readonly commitments: Map<string, Bytes>;
  readonly nonces: Map<string, Bytes>;
}

export async function commitmentOf(visit: string, nonce: Bytes): Promise<Bytes> {
  return sha256(concat(text('Wardline E2EE 1 commit\0'), prefixed(visit), nonce));
}

/** The six digits over everything that everybody has put in; `members` in ascending order of their numbers. */
export async function digitsOf(
  visit: string, members: readonly { member: number; publicKey: Bytes; commitment: Bytes; nonce: Bytes }[],
): Promise<string> {
  const parts = members.map(m => concat(new Uint8Array([m.member]), m.publicKey, m.commitment, m.nonce));
  const count = new Uint8Array([members.length]);
  const digest = await sha256(concat(text('Wardline E2EE 1 code\0'), prefixed(visit), count, ...parts));
  const digits = (new DataView(digest.buffer).getBigUint64(0) % 1_000_000n).toString().padStart(6, '0');
  return `${digits.slice(0, 3)} ${digits.slice(3)}`;
}

export class ShortCode {
  private readonly rounds = new Map<string, Round>();
  private readonly heard = new Map<string, Heard>();
  private members: readonly CodeMember[] = [];
  private label: Bytes = new Uint8Array();
  private view = '';
  private round: Round | null = null;
  private tokens = freeRounds;
  private tokensAt: number;

  constructor(
    private readonly visit: string, private firstNonce: Bytes | null,
    private readonly now: () => number, private readonly random: (length: number) => Bytes,
    private readonly send: (to: string, body: string) => void,
  ) {
    this.tokensAt = now();
  }

  get digits(): string | null {
    return this.round?.digits ?? null;
  }

  /** Whether something is still awaited from the others. */
  get isOpen(): boolean {
    return this.members.length >= 2 && this.digits === null;
  }

  /** Everybody in the call, this member included. */
  async setMembers(members: readonly CodeMember[]): Promise<void> {
    this.members = [...members].sort((a, b) => a.member - b.member);
    this.label = new Uint8Array(this.members.map(m => m.member));
    const present = new Set(this.members.map(keyOf));
    for (const instance of this.heard.keys()) if (!present.has(instance)) this.heard.delete(instance);
    for (const member of this.others()) {
      if (!this.heard.has(keyOf(member))) this.heard.set(keyOf(member), { commitments: new Map(), nonces: new Map() });
    }
    if (viewOf(this.members) !== this.view) this.round = null;
    this.view = viewOf(this.members);
    await this.advance();
  }

  async receive(from: string, message: E2eeMessage & { type: 'commit' | 'reveal' }): Promise<void> {
    const member = this.others().find(m => m.participant === from);
    const heard = member === undefined ? undefined : this.heard.get(keyOf(member));
    if (heard === undefined) return;
    const label = String(message.members);
    // The first word counts: nobody changes a commitment after seeing what it is bound to.
    const store = message.type === 'commit' ? heard.commitments : heard.nonces;
    if (!store.has(label) && store.size < maxRounds) store.set(label, message.value);
    if (message.type === 'commit' && message.again && equal(message.members, this.label)) this.say(from, false);
    await this.advance();
  }

  /** Says everything again and asks the others to; for messages that a broken socket may have lost. */
  repeat(): void {
    if (!this.isOpen || this.round === null) return;
    for (const other of this.others()) this.say(other.participant, true);
  }

  /** Takes the current round as far as it goes. */
  async advance(): Promise<void> {
    if (this.members.length < 2) return;
    const round = this.round ?? (await this.begin());
    if (round === null || round.digits !== null) return;
    const label = String(this.label);
    for (const other of this.others()) {
      const commitment = this.heard.get(keyOf(other))?.commitments.get(label);
      // Fixed for good once the own nonce is out.
      if (commitment !== undefined && !round.commitments.has(keyOf(other))) round.commitments.set(keyOf(other), commitment);
    }
    if (round.commitments.size < this.members.length) return;

    if (!round.revealed) {
      round.revealed = true;
      for (const other of this.others()) this.send(other.participant, this.revealOf(round));
    }
    for (const other of this.others()) {
      const nonce = this.heard.get(keyOf(other))?.nonces.get(label);
      if (nonce === undefined || round.nonces.has(keyOf(other))) continue;
      if (equal(await commitmentOf(this.visit, nonce), round.commitments.get(keyOf(other))!)) round.nonces.set(keyOf(other), nonce);
    }
    if (round.nonces.size < this.members.length) return;
    round.digits = await digitsOf(this.visit, this.members.map(m => ({ ...m, nonce: round.nonces.get(keyOf(m))! })));
  }

  private async begin(): Promise<Round | null> {
    const { view } = this;
    let round = this.rounds.get(view);
    if (round === undefined) {
      if (!this.takeToken()) return null;
      const you = this.members.find(m => m.isYou);
      if (you === undefined) return null;
      const nonce = this.firstNonce ?? this.random(32);
      this.firstNonce = null;
      const commitment = await commitmentOf(this.visit, nonce);
      round = {
        nonce, commitment, revealed: false, digits: null,
        commitments: new Map([[keyOf(you), commitment]]), nonces: new Map([[keyOf(you), nonce]]),
      };
      if (this.rounds.size >= maxRounds) this.rounds.delete(this.rounds.keys().next().value!);
      this.rounds.set(view, round);
    }
    this.round = round;
    if (round.digits === null) for (const other of this.others()) this.say(other.participant, false);
    return round;
  }

  private say(to: string, again: boolean): void {
    if (this.round === null) return;
    this.send(to, encode({ type: 'commit', again, members: this.label, value: this.round.commitment }));
    if (this.round.revealed) this.send(to, this.revealOf(this.round));
  }

  private revealOf(round: Round): string {
    return encode({ type: 'reveal', members: this.label, value: round.nonce });
  }

  private others(): readonly CodeMember[] {
    return this.members.filter(m => !m.isYou);
  }

  private takeToken(): boolean {
    const earned = Math.floor((this.now() - this.tokensAt) / roundEveryMs);
    this.tokens = Math.min(freeRounds, this.tokens + earned);
    this.tokensAt += earned * roundEveryMs;
    if (this.tokens < 1) return false;
    this.tokens--;
    return true;
  }
}

function viewOf(members: readonly CodeMember[]): string {
  return members.map(m => `${m.member}:${keyOf(m)}`).join();
}

function keyOf(member: CodeMember): string {
  return String(member.publicKey);
}

async function sha256(bytes: Bytes): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
}
