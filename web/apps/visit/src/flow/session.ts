import type { Role, VisitClient, VisitSnapshot } from '@wardline/client';

/** What the page needs of a visit in progress: the client of `@wardline/client`, or the scripted one of the tests. */
export type VisitSession = Pick<VisitClient,
  | 'getSnapshot' | 'subscribe' | 'join' | 'replaceCamera' | 'replaceMicrophone' | 'setCameraOn' | 'setMicrophoneOn'
  | 'setView' | 'admit' | 'hold' | 'remove' | 'end' | 'leave' | 'activity'>;

export interface Me {
  id: string;
  name: string;
  role: Role;
}

/** Clinicians of a visit by name, for sentences such as "Dr. Osei can see that you are here." */
export function clinicians(people: readonly { name: string; role: Role }[] | undefined): string[] {
  return (people ?? []).filter((person) => person.role === 'clinician').map((person) => person.name);
}

export type { Role, VisitSnapshot };
