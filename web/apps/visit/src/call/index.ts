import { VisitClient } from '@wardline/client';
import type { VisitSession } from '../flow/session';

/** Everything that only a visit in progress needs; loaded after the first page is there. */
export { RoomPage } from '../views/RoomPage';

export function openSession(visit: string, person: string): VisitSession {
  return new VisitClient({ visit, person });
}
