import { toBase64Url, type Bytes } from '../../src/bytes';
import { E2eeSession, type E2eeState, type RosterKeys } from '../../src/e2ee/session';
import { FakeClock, flush } from '../fake-clock';

export interface Member {
  readonly name: string;
  readonly session: E2eeSession;
  state: E2eeState;
  line: RosterKeys;
  online: boolean;
}

export type Passing = { from: string; to: string; body: string };

/** A signaling server for E2EE sessions in one process; what it does to what it passes on is a test's choice. */
export class Relay {
  readonly clock = new FakeClock();
  readonly members = new Map<string, Member>();
  readonly passed: Passing[] = [];
  /** Null: not passed on. */
  tamper: (message: Passing) => Passing | null = message => message;
  /** What `viewer` is told of the roster. */
  roster: (viewer: string, lines: RosterKeys[]) => RosterKeys[] = (_viewer, lines) => lines;
  private readonly queue: Passing[] = [];
  private nextMember = 0;

  async create(name: string, visit = 'visit-1'): Promise<Member> {
    const member: Partial<Member> & { state: E2eeState } = { name, online: true, state: { secure: [], digits: null, epoch: 0 } };
    const session = await E2eeSession.create(visit, {
      clock: this.clock,
      send: (to, body) => void this.queue.push({ from: name, to, body }),
      changed: state => {
        member.state = state;
      },
    });
    const line = { participant: name, member: this.nextMember++, publicKey: toBase64Url(session.publicKey), commitment: toBase64Url(session.commitment) };
    return Object.assign(member, { session, line }) as Member;
  }

  async join(...names: string[]): Promise<Member[]> {
    const joined: Member[] = [];
    for (const name of names) {
      const member = await this.create(name);
      this.members.set(name, member);
      joined.push(member);
      await this.tellRoster();
    }
    return joined;
  }

  async leave(name: string): Promise<void> {
    this.members.delete(name);
    await this.tellRoster();
  }

  async tellRoster(): Promise<void> {
    const lines = [...this.members.values()].map(m => m.line);
    for (const member of this.members.values()) {
      if (member.online) member.session.setRoster(member.name, this.roster(member.name, lines.map(l => ({ ...l }))));
    }
    await this.settle();
  }

  /** Until nobody has anything to say. */
  async settle(): Promise<void> {
    do {
      for (const message of this.queue.splice(0)) {
        const from = this.members.get(message.from);
        const passing = this.tamper(message);
        if (passing === null || from?.online !== true) continue;
        this.passed.push(passing);
        const to = this.members.get(passing.to);
        if (to?.online === true) to.session.receive(passing.from, passing.body);
      }
      for (const member of this.members.values()) await member.session.settled();
      await flush();
    } while (this.queue.length > 0);
  }

  advance(ms: number): Promise<void> {
    return this.clock.advance(ms, () => this.settle());
  }
}

/** A VP8 frame as an encoder makes it: key frames begin with tag, start code and size. */
export function vp8(isKey: boolean, length = 200, seed = 7): Bytes {
  const frame = new Uint8Array(length).map((_, i) => (i * 31 + seed) & 0xff);
  frame.set(isKey ? [0x10, 0x02, 0x00, 0x9d, 0x01, 0x2a, 0x80, 0x02, 0x68, 0x01] : [0x31, 0x02, 0x00]);
  return frame;
}
