import { type Bytes, leafHash, text, toBase64Url } from '@wardline/client/log';
import type { Entry } from '../../src/api/types';
import { clinicianOf, officer, patientOf, pseudonym } from './people';

export type Act = Pick<Entry, 'action' | 'actor' | 'actorKind'> & Partial<Entry> & { after: number };

/** A visit as it happens, second by second. */
function visitActs(n: number): Act[] {
  const [clinician, patient, visit] = [pseudonym(clinicianOf(n)), pseudonym(patientOf(n)), pseudonym(`visit ${n}`)];
  const address = pseudonym(`address ${n % 7}`);
  const one = { visit, patient, policyVersion: '2026-11' };
  const byClinician = { ...one, actor: clinician, actorKind: 'clinician', where: 'clinic', why: 'TREAT' } as const;
  const byPatient = { ...one, actor: patient, actorKind: 'patient', where: address, why: 'PATRQT' } as const;
  const key = (whom: string, member: number) => ({
    ...one, action: 'key.member', actor: 'system', actorKind: 'system', person: whom, rule: 'key.before-use', after: 0.04,
    facts: { member: String(member), key: pseudonym(`key ${n} ${member}`) },
  } as const);
  return [
    { ...byClinician, action: 'identity.link-used', rule: 'identity.link', after: 90 },
    { ...byClinician, action: 'visit.read', rule: 'visit.invited', after: 0.3 },
    { ...byClinician, action: 'visit.join', rule: 'visit.invited', after: 12 },
    { ...byClinician, action: 'relay.credentials', rule: 'visit.invited', after: 0.2 },
    { ...byClinician, action: 'visit.enter', rule: 'visit.clinician', after: 0.5 },
    key(clinician, 0),
    ...(n % 5 === 1 ? [{ ...byPatient, action: 'identity.link-used', outcome: 'denied', actor: 'anonymous', actorKind: 'anonymous', patient: null, rule: 'identity.link', after: 40 } as const] : []),
    { ...byPatient, action: 'identity.link-used', rule: 'identity.link', after: 63 },
    { ...byPatient, action: 'visit.join', rule: 'visit.invited', after: 25 },
    { ...byPatient, action: 'visit.wait', rule: 'visit.invited', after: 0.4 },
    { ...byClinician, action: 'visit.admit', person: patient, rule: 'visit.clinician-admits', after: 41 },
    key(patient, 1),
    { ...byPatient, action: 'visit.enter', rule: 'visit.admitted', after: 0.1 },
    ...(n % 4 === 2 ? [
      { ...byPatient, action: 'visit.admit', outcome: 'denied', person: pseudonym('Ines Moreau'), rule: 'visit.clinician-admits', after: 70 } as const,
      { ...byClinician, action: 'visit.hold', person: patient, rule: 'visit.clinician-admits', after: 55 } as const,
      { ...byClinician, action: 'visit.admit', person: patient, rule: 'visit.clinician-admits', after: 80 } as const,
    ] : []),
    ...(n % 6 === 3 ? [{ ...byPatient, action: 'visit.away', rule: null, after: 200 } as const, { ...byPatient, action: 'visit.enter', rule: 'visit.admitted', after: 9 } as const] : []),
    ...(n % 9 === 4 ? [{ ...byClinician, action: 'relay.credentials', outcome: 'failed', rule: 'visit.invited', after: 30, facts: { code: 'relay.none' } } as const] : []),
    { ...byClinician, action: 'visit.end', rule: 'visit.clinician-ends', after: 420 + (n % 7) * 80 },
  ];
}

const between: readonly Act[] = [
  { action: 'audit.search', actor: pseudonym(officer.name), actorKind: 'staff', where: 'clinic', why: 'HAUDIT', rule: 'audit.privacy-officer', policyVersion: '2026-11', patient: pseudonym(patientOf(0)), after: 600 },
  { action: 'keys.turn', actor: 'system', actorKind: 'system', rule: 'keys.every-90-days', policyVersion: '2026-11', facts: { tenant: 'default', version: '3' }, after: 900 },
  { action: 'recording.frobnicate', actor: 'system', actorKind: 'system', after: 30, facts: { note: 'an act that this page has no words for' } },
];

/** `count` entries that end shortly before `now`: visits one after the other, and what happens between them. */
export function makeEntries(count: number, now: Date): Entry[] {
  const acts: Act[] = [];
  for (let visit = 0; acts.length < count; visit++) {
    acts.push(...visitActs(visit));
    const more = visit % 3 === 0 ? between[(visit / 3) % between.length] : undefined;
    if (more !== undefined) acts.push(more);
  }
  acts.length = count;
  const whole = acts.reduce((sum, act) => sum + act.after, 0);
  let at = now.getTime() - whole * 1000 - 60_000;
  return acts.map(({ after, ...act }, index) => {
    at += after * 1000;
    return {
      index, at: new Date(Math.round(at)).toISOString(), tenant: 'default', patient: null, visit: null, person: null, where: null, why: null,
      outcome: 'success', rule: null, policyVersion: null, facts: {}, sealed: false, ...act,
    };
  });
}

/** As the log keeps it (docs/design/ledger.md): members in one order, absent ones left out, with the hash of the entry before. */
export async function toBytes(entries: readonly Entry[]): Promise<Bytes[]> {
  const all: Bytes[] = [];
  let previous = '';
  for (const entry of entries) {
    const bytes = bytesOf(entry, previous);
    all.push(bytes);
    previous = toBase64Url(await leafHash(bytes));
  }
  return all;
}

function bytesOf(entry: Entry, previous: string): Bytes {
  const { index, at, tenant, action, actor, actorKind, patient, visit, person, where, why, outcome, rule, policyVersion, facts, sealed } = entry;
  const members = {
    v: 1, index, time: at, previous, tenant, action, actor, actorKind, patient, visit, person, where, why, outcome, rule, policy: policyVersion,
    facts: Object.keys(facts).length === 0 ? null : facts, sealed: sealed ? 'AAECAwQ' : null,
  };
  return text(JSON.stringify(Object.fromEntries(Object.entries(members).filter(([, value]) => value !== null))));
}
