import type { Clock } from '../basics';
import { equal, fromBase64Url, type Bytes } from '../bytes';
import type { RosterKeys } from '../e2ee/session';
import { maxEntriesAnswered, readKeysAnswer, readProof, type ProvenEntry } from './answer';
import { KeyChain, type Link } from './chain';
import { keyHash, readEntry, VisitNames } from './entry';
import { alarmOf, type Alarm, type Fault, type Refusal, type RefusalCode } from './faults';
import type { KeyTrust, TrustHandlers, Verdict } from './key-trust';
import { LogState, type SizeProof } from './log-state';
import type { LogMemory } from './memory';
import { isIncluded } from './merkle';
import { openCheckpoint, parseLogKey, type Checkpoint } from './note';
import { decodeView, encodeView, type View } from './view';

export interface TransparencyPorts {
  readonly clock: Clock;
  readonly memory: LogMemory;
  /** `GET …/keys?seq=…&size=…`: the parsed JSON. Rejects when there is none. */
  fetchKeys(seq: number, size: number): Promise<unknown>;
  /** `GET …/keys/consistency?from=…&to=…` */
  fetchConsistency(from: number, to: number): Promise<unknown>;
}

/**
 * A line of the roster, and what is known about it.
 *
 *   unknown    -> [the latest entry of this participant is this line] -> proven
 *   unknown    -> [5 s]                                               -> refused, and asked about again
 *   refused    -> [proven after all]                                  -> proven
 *   proven     -> [another entry of this participant follows]         -> superseded
 *   superseded -> [5 s]                                               -> refused
 *   proven     -> [12 views unanswered, or a view of another log]     -> outcast, for as long as this line stands
 */
interface Watched {
  readonly line: RosterKeys;
  readonly isYou: boolean;
  readonly who: string;
  readonly keyHash: string;
  state: 'unknown' | 'proven' | 'superseded' | 'refused' | 'outcast';
  code: RefusalCode | null;
  deadline: number;
  /** Their view of the log, not compared yet. */
  view: View | null;
  wasProven: boolean;
  wasTrusted: boolean;
  /** Our view is to be sent as soon as they can open it. */
  unsaid: boolean;
  /** A comparison is wanted. */
  due: boolean;
  unanswered: number;
}

export const proofWithinMs = 5_000;
export const refreshEveryMs = 5 * 60_000;
/** With the pauses below, a member has more than a minute, and as long as a lost socket is kept. */
export const maxUnanswered = 14;
const retryMs = [1_000, 2_000, 4_000, 8_000];
const repeatMs = [500, 1_000, 2_000, 4_000, 8_000];

/**
 * Holds the server to its log (docs/design/key-transparency.md): a key is used only while it is the latest entry of its
 * participant, in a log that only grows, and that the others see as well. Runs in the worker beside the keys. All that
 * changes its state happens one after the other in `steps`; only waiting for the server does not.
 */
export class KeyTransparency implements KeyTrust {
  private readonly chain = new KeyChain();
  private watched: readonly Watched[] = [];
  private handlers: TrustHandlers = { changed: () => {}, say: () => {} };
  private steps: Promise<void> = Promise.resolve();
  private connected = true;
  private closed = false;
  /** What views are made of: the end of the chain in a checkpoint. */
  private shown: { note: string; end: ProvenEntry } | null = null;
  private asking = false;
  private askAgain = false;
  private refreshing = false;
  private lastFault: RefusalCode | null = null;
  private retryStep = 0;
  private repeatStep = 0;
  private cancelRetry: () => void = () => {};
  private cancelRepeat: () => void = () => {};
  private cancelDeadline: () => void = () => {};

  private constructor(
    private readonly names: VisitNames, private readonly log: LogState, private alarm: Alarm | null, private readonly ports: TransparencyPorts,
  ) {}

  /** `logKey`: the C2SP verifier key that came with the page; null: the first one that the server names is remembered. */
  static async open(visit: string, logKey: string | null, ports: TransparencyPorts): Promise<KeyTransparency> {
    const { log, alarm } = await LogState.open(logKey, ports.memory);
    return new KeyTransparency(await VisitNames.of(visit), log, alarm, ports);
  }

  attach(handlers: TrustHandlers): void {
    this.handlers = handlers;
  }

  get verdict(): Verdict {
    const refused: Refusal[] = [];
    if (this.alarm === null) {
      for (const { line, code } of this.watched) if (code !== null) refused.push({ participant: line.participant, code });
    }
    return { refused, alarm: this.alarm };
  }

  /** Settles when everything that is here has been looked at; answers that are on their way are not waited for. */
  settled(): Promise<void> {
    return this.steps;
  }

  async admit(you: string, lines: readonly RosterKeys[]): Promise<readonly RosterKeys[]> {
    const watched: Watched[] = [];
    for (const line of lines) {
      const isYou = line.participant === you;
      const known = this.watched.find(w => w.isYou === isYou && isSame(w.line, line));
      watched.push(known ?? await this.watch(line, isYou));
    }
    this.watched = watched;
    this.judge();
    this.sayUnsaid();
    if (this.watched.some(isWaiting)) this.ask();
    return this.watched.filter(w => this.isTrusted(w)).map(w => w.line);
  }

  awaits(participant: string): boolean {
    return this.alarm === null && this.watched.some(w => w.line.participant === participant && w.state !== 'outcast' && !this.isTrusted(w));
  }

  hear(participant: string, bytes: Bytes): void {
    this.step(async () => {
      const from = this.watched.find(w => w.line.participant === participant && !w.isYou);
      const view = decodeView(bytes);
      if (from === undefined || view === null || !this.isTrusted(from)) return;
      from.view = view;
      if (view.again) this.say(from, false);
      await this.compare(from, null);
    });
  }

  setConnected(connected: boolean): void {
    if (this.connected === connected) return;
    this.connected = connected;
    this.cancelRetry();
    this.cancelRepeat();
    if (!connected) return this.cancelDeadline();
    const deadline = this.ports.clock.now() + proofWithinMs;
    for (const w of this.watched) w.deadline = deadline;
    this.retryStep = this.repeatStep = 0;
    this.step(() => this.judged());
    this.ask();
    this.scheduleRepeat();
  }

  close(): void {
    this.closed = true;
    this.stop();
  }

  private stop(): void {
    this.cancelRetry();
    this.cancelRepeat();
    this.cancelDeadline();
  }

  private async watch(line: RosterKeys, isYou: boolean): Promise<Watched> {
    return {
      line, isYou, who: await this.names.who(line.participant), keyHash: await keyHash(fromBase64Url(line.publicKey) ?? new Uint8Array()),
      state: 'unknown', code: null, deadline: this.ports.clock.now() + proofWithinMs, view: null,
      wasProven: false, wasTrusted: false, unsaid: false, due: false, unanswered: 0,
    };
  }

  /** Somebody is a member when the log says so of them and of ourselves. */
  private isTrusted(w: Watched): boolean {
    const holds = (one: Watched): boolean => one.state === 'proven' || one.state === 'superseded';
    return this.alarm === null && holds(w) && this.watched.some(own => own.isYou && holds(own));
  }

  /** The only place where a line's state changes by what the log says and by time. */
  private judge(): void {
    const now = this.ports.clock.now();
    for (const w of this.watched) {
      if (w.state === 'outcast') continue;
      const latest = this.chain.latestOf(w.who);
      const isLatest = latest !== null && latest.key === w.keyHash && latest.member === w.line.member && latest.commitment === w.line.commitment;
      if (isLatest) {
        w.state = 'proven';
        w.code = null;
        w.wasProven = true;
      } else if (w.state === 'proven') {
        w.state = 'superseded';
        w.deadline = now + proofWithinMs;
      } else if (w.state === 'refused' || (now >= w.deadline && this.connected)) {
        w.state = 'refused';
        w.code = this.lastFault ?? (w.isYou ? (w.wasProven ? 'keys.impersonated' : 'keys.missing') : latest === null ? 'keys.missing' : 'keys.mismatch');
      }
    }
    for (const w of this.watched) {
      const isTrusted = this.isTrusted(w);
      if (isTrusted && !w.wasTrusted && !w.isYou) w.unsaid = true;
      w.wasTrusted = isTrusted;
    }
    this.cancelDeadline();
    const waiting = this.watched.filter(isWaiting).map(w => w.deadline);
    if (waiting.length === 0 || !this.connected || this.closed || this.alarm !== null) return;
    this.cancelDeadline = this.ports.clock.after(Math.max(0, Math.min(...waiting) - now), () => this.step(() => this.judged()));
  }

  /** Judges, and tells when that makes a difference. */
  private judged(): void {
    const before = this.summary();
    this.judge();
    if (this.summary() !== before) this.handlers.changed();
    this.sayUnsaid(); // once they are members there, too
  }

  private summary(): string {
    return JSON.stringify([this.alarm, this.watched.map(w => [this.isTrusted(w), w.code])]);
  }

  private ask(): void {
    if (this.asking) this.askAgain = true;
    if (this.asking || !this.connected || this.closed || this.alarm !== null) return;
    this.asking = true;
    this.askAgain = false;
    this.cancelRetry();
    // The end of the chain again: it has to be where it was, and is then proven against the newest checkpoint.
    const seq = Math.max(0, this.chain.length - 1);
    this.ports.fetchKeys(seq, this.log.size).then(
      answer => this.step(() => this.answered(answer)),
      () => this.step(() => this.answered(null)),
    );
  }

  private async answered(answer: unknown): Promise<void> {
    this.asking = false;
    const before = this.chain.length;
    const fault = answer === null ? { refusal: 'keys.unreachable' } as const : await this.take(answer);
    if (fault !== null && 'alarm' in fault) return this.raise(fault.alarm);
    this.lastFault = fault?.refusal ?? null;
    const grown = this.chain.length - before;
    if (fault === null && (grown > 0 || this.refreshing)) {
      this.refreshing = false;
      for (const w of this.watched) w.unsaid = this.isTrusted(w) && !w.isYou;
    }
    this.judged();
    if (fault === null) for (const w of this.watched) await this.compare(w, null);

    // A full answer has a successor, and somebody may have come meanwhile.
    if (this.askAgain || grown >= maxEntriesAnswered - 1) return this.ask();
    const isOpen = fault !== null || this.watched.some(w => isWaiting(w) || w.state === 'refused' || w.view !== null);
    if (!isOpen || grown > 0) this.retryStep = 0;
    this.askAfter(isOpen ? retryMs[Math.min(this.retryStep++, retryMs.length - 1)]! : refreshEveryMs, !isOpen);
  }

  private askAfter(pauseMs: number, refreshing: boolean): void {
    this.cancelRetry();
    if (this.closed || this.alarm !== null || !this.connected) return;
    this.cancelRetry = this.ports.clock.after(pauseMs, () => {
      this.refreshing ||= refreshing;
      this.ask();
    });
  }

  /** An answer as a whole, or nothing of it. */
  private async take(value: unknown): Promise<Fault | null> {
    const answer = readKeysAnswer(value);
    if (answer === null) return { refusal: 'keys.malformed' };
    const verified = await this.log.verify(answer.log, answer.checkpoint);
    if (!('key' in verified)) return verified;
    const { key, checkpoint } = verified;
    const fault = await this.log.grows(checkpoint, answer.consistency, [key.text]);
    if (fault !== null) return fault;

    const links: Link[] = [];
    for (const proven of answer.entries) {
      const link = await this.read(proven, checkpoint);
      if ('refusal' in link) return link;
      links.push(link);
    }
    const judgement = this.chain.judge(links);
    if (judgement === 'unfit') return { refusal: 'keys.bad-history' };
    if (judgement !== 'fits') return this.twoChains(judgement.known, judgement.other);

    await this.log.keep(key, checkpoint);
    this.chain.append(links);
    const end = links.at(-1);
    if (end !== undefined) this.shown = { note: checkpoint.note, end: end.proven };
    return null;
  }

  private async read(proven: ProvenEntry, checkpoint: Checkpoint): Promise<Link | { refusal: RefusalCode }> {
    const entry = await readEntry(proven.entry);
    if (entry === null) return { refusal: 'keys.malformed' };
    if (!(await isIncluded(entry.leaf, proven.index, checkpoint.size, proven.proof, checkpoint.root))) return { refusal: 'keys.bad-proof' };
    return entry.scope === this.names.scope ? { ...entry, proven, note: checkpoint.note } : { refusal: 'keys.bad-history' };
  }

  private twoChains(known: Link, other: Link): Fault {
    return alarmOf('keys.forked', { logs: [this.log.key?.text ?? ''], checkpoints: [known.note, other.note], entries: [known.proven, other.proven] });
  }

  private async raise(alarm: Alarm): Promise<void> {
    if (this.alarm !== null) return;
    this.alarm = alarm;
    this.stop();
    this.handlers.changed();
    await this.log.remember(alarm);
  }

  /** Compares what a member sees with what is known here; what is missing for that is asked for. */
  private async compare(w: Watched, answered: SizeProof | null): Promise<void> {
    const { view } = w;
    const { key } = this.log;
    if (view === null || key === null || this.alarm !== null) return;
    const checkpoint = await openCheckpoint(view.checkpoint, [key]);
    if (checkpoint === null) {
      const other = view.log === key.text ? null : await parseLogKey(view.log);
      w.view = null;
      if (other !== null && (await openCheckpoint(view.checkpoint, [other])) !== null) this.castOut(w, 'keys.other-log');
      return;
    }
    const link = await this.read(view.end, checkpoint);
    if ('refusal' in link) {
      w.view = null;
      return;
    }

    // 1. One chain: their end of it is an entry of ours, or further than ours goes yet.
    const known = this.chain.at(link.seq);
    if (known !== null && !equal(known.leaf, link.leaf)) {
      const { alarm } = this.twoChains(known, link) as { alarm: Alarm };
      return this.raise(alarm);
    }
    if (known === null) return this.ask();

    // 2. One log.
    const result = await this.log.compare(checkpoint, answered);
    if (result === null) {
      w.view = null;
      w.due = false;
      w.unanswered = 0;
    } else if ('from' in result) {
      const { from, to } = result;
      this.ports.fetchConsistency(from, to).then(readProof, () => null).then(proof => this.step(async () => {
        if (w.view !== view) return;
        if (proof === null) w.view = null; // they are asked for another one
        else await this.compare(w, { from, to, proof });
      }));
    } else if ('alarm' in result) {
      return this.raise(result.alarm);
    }
  }

  /** A comparison begins with each member whom our view is owed to. */
  private sayUnsaid(): void {
    const owed = this.watched.filter(w => w.unsaid && this.isTrusted(w));
    if (owed.length === 0) return;
    for (const w of owed) {
      w.unsaid = false;
      w.due = true;
      w.unanswered = 0;
      this.say(w, false);
    }
    this.repeatStep = 0;
    this.scheduleRepeat();
  }

  private say(w: Watched, again: boolean): void {
    const key = this.log.key;
    if (key !== null && this.shown !== null) {
      this.handlers.say(w.line.participant, encodeView({ again, log: key.text, checkpoint: this.shown.note, end: this.shown.end }));
    }
  }

  private scheduleRepeat(): void {
    this.cancelRepeat();
    if (this.closed || !this.connected || this.alarm !== null || !this.watched.some(w => w.due && this.isTrusted(w))) return;
    const pause = repeatMs[Math.min(this.repeatStep++, repeatMs.length - 1)]!;
    this.cancelRepeat = this.ports.clock.after(pause, () => this.step(() => {
      for (const w of this.watched) {
        if (!w.due || !this.isTrusted(w)) continue;
        if (++w.unanswered > maxUnanswered) this.castOut(w, 'keys.uncompared');
        else this.say(w, true);
      }
      this.scheduleRepeat();
    }));
  }

  private castOut(w: Watched, code: RefusalCode): void {
    w.state = 'outcast';
    w.code = code;
    w.due = w.unsaid = w.wasTrusted = false;
    this.handlers.changed();
  }

  private step(action: () => Promise<void> | void): void {
    this.steps = this.steps.then(async () => {
      if (!this.closed && this.alarm === null) await action();
    }).catch(() => {
      // Nothing of what comes from outside throws; what does is the browser's own (a store, a cipher that is not there).
      this.lastFault = 'keys.malformed';
      this.askAfter(retryMs[0]!, false);
    });
  }
}

function isWaiting(w: Watched): boolean {
  return w.state === 'unknown' || w.state === 'superseded';
}

function isSame(a: RosterKeys, b: RosterKeys): boolean {
  return a.participant === b.participant && a.member === b.member && a.publicKey === b.publicKey && a.commitment === b.commitment;
}
