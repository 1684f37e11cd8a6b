import type { ParticipantView, VisitSnapshot } from '@wardline/client';
import type { Timer } from '@wardline/ui/plain';

/** Somebody whose connection only flickered is not announced a second time within this. */
export const sameArrivalMs = 30_000;

/** Tells a clinician who has newly come to the waiting room; nobody twice for one coming. */
export class Arrivals {
  readonly #lastSeen = new Map<string, number>();

  constructor(private readonly timer: Pick<Timer, 'now'>) {}

  newIn(snapshot: VisitSnapshot): ParticipantView[] {
    if (snapshot.you?.role !== 'clinician' || snapshot.phase !== 'in-call') return [];
    const now = this.timer.now();
    const waiting = snapshot.participants.filter((p) => p.state === 'waiting' && !p.isYou);
    const fresh = waiting.filter((p) => {
      const seen = this.#lastSeen.get(p.id);
      return seen === undefined || now - seen > sameArrivalMs;
    });
    // In the call counts as seen too: whom the clinician sends back to the waiting room did not arrive.
    for (const p of snapshot.participants) if (p.state !== 'away') this.#lastSeen.set(p.id, now);
    return fresh;
  }
}
