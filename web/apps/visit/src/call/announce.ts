import type { VisitSnapshot } from '@wardline/client';
import type { Words } from '../words';

export interface Saying {
  text: string;
  /** Interrupts what the screen reader is saying. */
  urgent: boolean;
}

/** What a screen reader should say about a change: what a person who looks would notice, and nothing twice. */
export function sayings(before: VisitSnapshot, after: VisitSnapshot, words: Words): Saying[] {
  const said: Saying[] = [];
  const polite = (text: string) => said.push({ text, urgent: false });
  const urgent = (text: string) => said.push({ text, urgent: true });

  if (before.phase !== after.phase) {
    if (after.phase === 'in-call' && after.you?.role !== 'clinician') urgent(words.announce.admitted);
    if (after.phase === 'waiting' && before.phase === 'in-call') urgent(words.announce.held);
  }

  if (before.connection !== after.connection) {
    if (after.connection === 'reconnecting') urgent(`${words.connection.reconnecting} ${words.connection.reconnectingNext}`);
    else if (after.connection === 'offline') urgent(`${words.connection.offline} ${words.connection.offlineNext}`);
    else polite(words.connection.back);
  }

  // The roster after a reconnection is not news, nor is the first one.
  if (before.phase === after.phase && after.phase === 'in-call' && before.connection === 'connected' && after.connection === 'connected') {
    for (const now of after.participants) {
      const then = before.participants.find((p) => p.id === now.id);
      if (now.isYou || then?.state === now.state) continue;
      if (now.state === 'in-call' && then?.state !== 'away') polite(words.announce.joined(now.name));
      if (now.state === 'away' && then?.state === 'in-call') polite(words.call.away(now.name));
    }
    for (const then of before.participants) {
      if (then.state === 'in-call' && !after.participants.some((p) => p.id === then.id)) polite(words.announce.gone(then.name));
    }
  }

  if (before.quality.level !== after.quality.level && after.quality.level === 'poor') {
    polite(`${words.announce.quality(words.quality.poor)} ${words.quality.advice.poor}`);
  }
  if (before.quality.level === 'poor' && after.quality.level === 'good') polite(words.announce.quality(words.quality.good));

  if (after.code.digits !== null && after.code.digits !== before.code.digits) polite(words.announce.number(after.code.digits));

  const seconds = after.idleSecondsLeft;
  if (seconds !== null && (before.idleSecondsLeft === null || crossed(before.idleSecondsLeft, seconds))) {
    urgent(`${words.idle.title} ${words.idle.text(seconds)}`);
  }

  if (after.error !== null && after.error !== before.error) urgent(`${words.trouble.title}. ${words.trouble.means}`);
  return said;
}

const crossed = (before: number, now: number): boolean => [30, 10].some((at) => before > at && now <= at);
