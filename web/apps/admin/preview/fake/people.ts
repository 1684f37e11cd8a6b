import type { Names } from '../../src/api/types';

const clinicians = ['Dr. Amara Osei', 'Dr. Henrik Sundqvist', 'Dr. Mei-Ling Zhao', 'Dr. Paulo Nogueira'];
const patients = ['Ruth Alvarez', 'Tomás Villanueva', 'Aiyana Redcloud', 'Gertrud Maria von der Heydebrandt-Lindenberg', 'Jo Park', 'Samuel Greene', 'Olga Petrova', 'Hassan Ali', 'Per Holm', 'Li Wei'];

/** The same text is the same pseudonym, as a keyed hash would have it. */
export function pseudonym(text: string): string {
  const alphabet = 'abcdefghijklmnopqrstuvwxyz0123456789';
  let state = 2166136261;
  let made = '';
  for (let at = 0; at < 22; at++) {
    for (const character of `${text}${at}`) state = Math.imul(state ^ character.charCodeAt(0), 16777619) >>> 0;
    made += alphabet[state % alphabet.length];
  }
  return made;
}

export const officer = { id: 'p-noor', name: 'Noor Haddad', roles: ['privacy-officer'] as const };
export const keeper = { id: 'p-idris', name: 'Idris Bello', roles: ['key-administrator'] as const };

/** Jo Park was erased: entries about them stay, their name does not. */
export const erased = 'Jo Park';
export const clinicianOf = (n: number): string => clinicians[n % clinicians.length] ?? '';
export const patientOf = (n: number): string => patients[n % patients.length] ?? '';

export const names: Names = Object.fromEntries([
  ...clinicians.map((name) => [pseudonym(name), { name, role: 'clinician' }]),
  ...patients.filter((name) => name !== erased).map((name) => [pseudonym(name), { name, role: 'patient' }]),
  [pseudonym('Ines Moreau'), { name: 'Ines Moreau', role: 'interpreter' }],
  [pseudonym(officer.name), { name: officer.name, role: 'staff' }],
]);
