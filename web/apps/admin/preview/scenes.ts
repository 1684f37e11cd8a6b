import { keeper, officer, patientOf, pseudonym } from './fake/people';
import type { Weather } from './fake/server';

/** One state of the admin pages: what the world is like, where one goes, and what one presses. */
export interface Scene extends Weather {
  /** The address; `/admin/` unless said. */
  at?: string;
  /** Buttons and tabs to press once the page is there, by their English names, one after the other. */
  press?: readonly string[];
  /** Words to write into the field of this English name. */
  write?: readonly [field: string, text: string];
  /** Links are opened with a secret that the server refuses. */
  secret?: string;
  /** This browser saw the log before, when it was this long; `otherwise` when it saw another one. */
  seen?: number | 'otherwise' | 'longer';
}

const asOfficer = { me: officer };
const asKeeper = { me: keeper };
const lost = 'lost' as const;

export const scenes: Readonly<Record<string, Scene>> = {
  arriving: { hangs: ['/api/identity'] },
  'signed-out': {},
  'link-refused': { secret: 'wrong' },
  'sign-in-offline': { ...asOfficer, fails: { '/api/identity': lost } },
  'no-role': { me: { id: 'p-x', name: 'Uma Rao', roles: [] } },
  'other-role': { ...asKeeper, at: '/admin/audit' },
  nowhere: { ...asOfficer, at: '/admin/nothing/here' },

  audit: { ...asOfficer },
  'audit-thousands': { ...asOfficer, entries: 4000 },
  'audit-table': { ...asOfficer, entries: 4000, press: ['Table'] },
  'audit-second-page': { ...asOfficer, entries: 4000, press: ['Older'] },
  'audit-filtered': { ...asOfficer, entries: 4000, at: `/admin/audit#patient=${pseudonym(patientOf(0))}&action=visit.*&outcome=success&from=2026-11-01T00:00` },
  'audit-refusals': { ...asOfficer, entries: 400, at: '/admin/audit#outcome=denied&order=oldest' },
  'audit-people': { ...asOfficer, write: ['Patient or person', 'al'], press: ['Find'] },
  'audit-nobody': { ...asOfficer, write: ['Patient or person', 'Zebedee'], press: ['Find'] },
  'audit-empty': { ...asOfficer, entries: 0 },
  'audit-nothing': { ...asOfficer, at: '/admin/audit#visit=unknownvisit00000' },
  'audit-loading': { ...asOfficer, hangs: ['/api/audit/entries'] },
  'audit-error': { ...asOfficer, fails: { '/api/audit/entries': { status: 500, code: 'http.fault' } } },
  'audit-offline': { ...asOfficer, fails: { '/api/audit': lost } },
  'audit-broken-log': { ...asOfficer, seen: 'otherwise' },
  'export-idle': { ...asOfficer, press: ['Export…'] },
  'export-going': { ...asOfficer, entries: 4000, exportWaitsMs: 40, press: ['Export…', 'Begin'] },
  'export-stopped': { ...asOfficer, entries: 4000, exportWaitsMs: 40, press: ['Export…', 'Begin', 'Stop'] },
  'export-broken': { ...asOfficer, entries: 400, exportBreaksAfter: 120, press: ['Export…', 'Begin'] },
  'export-done': { ...asOfficer, press: ['Export…', 'Begin'] },

  visit: { ...asOfficer, entries: 120, at: `/admin/visits/${pseudonym('visit 0')}` },
  'visit-held': { ...asOfficer, entries: 120, at: `/admin/visits/${pseudonym('visit 2')}` },
  'visit-erased': { ...asOfficer, entries: 160, at: `/admin/visits/${pseudonym('visit 4')}` },
  'visit-loading': { ...asOfficer, hangs: ['/api/audit/entries'], at: `/admin/visits/${pseudonym('visit 0')}` },
  'visit-unknown': { ...asOfficer, at: '/admin/visits/unknownvisit00000' },

  entry: { ...asOfficer, at: '/admin/entries/9' },
  'entry-proven': { ...asOfficer, entries: 4000, at: '/admin/entries/2741', press: ['Check it in this browser'], seen: 3000 },
  'entry-proven-first': { ...asOfficer, at: '/admin/entries/9', press: ['Check it in this browser'] },
  'entry-raw': { ...asOfficer, at: '/admin/entries/5', press: ['Show the raw entry'] },
  'entry-refused': { ...asOfficer, entries: 120, at: '/admin/entries/20' },
  'entry-changed': { ...asOfficer, at: '/admin/entries/9', press: ['Check it in this browser'], trick: 'changed-entry' },
  'entry-shown-otherwise': { ...asOfficer, at: '/admin/entries/9', press: ['Check it in this browser'], trick: 'shown-otherwise' },
  'entry-forged': { ...asOfficer, at: '/admin/entries/9', press: ['Check it in this browser'], trick: 'forged' },
  'entry-rewritten': { ...asOfficer, at: '/admin/entries/9', press: ['Check it in this browser'], seen: 'otherwise' },
  'entry-no-answer': { ...asOfficer, at: '/admin/entries/9', press: ['Check it in this browser'], fails: { '/api/audit/entries/9/proof': lost } },
  'entry-missing': { ...asOfficer, at: '/admin/entries/4711' },

  integrity: { ...asOfficer, entries: 4000, at: '/admin/integrity', seen: 3000 },
  'integrity-first': { ...asOfficer, at: '/admin/integrity' },
  'integrity-bare': { ...asOfficer, at: '/admin/integrity', integrity: (usual) => ({ ...usual, copies: [], witnesses: [] }) },
  'integrity-checking': { ...asOfficer, entries: 400, at: '/admin/integrity', integrity: (usual) => ({ ...usual, state: 'checking', verifiedSize: 152 }) },
  'integrity-behind': {
    ...asOfficer, at: '/admin/integrity',
    integrity: (usual) => ({
      ...usual, copies: usual.copies.map((copy, n) => (n === 0 ? copy : { ...copy, state: 'away', size: 12, code: 'ledger.copy-unreachable' })),
      witnesses: usual.witnesses.map((witness) => ({ ...witness, size: 30, code: 'ledger.witness-silent' })),
    }),
  },
  'integrity-broken': {
    ...asOfficer, at: '/admin/integrity', seen: 20,
    integrity: (usual) => ({
      ...usual, state: 'broken', verifiedSize: 17, copies: usual.copies.map((copy, n) => (n === 1 ? { ...copy, state: 'differs', code: 'verify.differs' } : copy)),
      alerts: [{ code: 'verify.changed', index: 17, at: usual.verifiedAt ?? '', copy: null }, { code: 'verify.differs', index: 17, at: usual.verifiedAt ?? '', copy: 'other-building' }],
    }),
  },
  'integrity-browser-says-no': { ...asOfficer, at: '/admin/integrity', seen: 'longer' },
  'integrity-replaced': { ...asOfficer, at: '/admin/integrity', seen: 'otherwise', press: ['The hospital has replaced its log…'] },
  'integrity-walked': { ...asOfficer, entries: 4000, at: '/admin/integrity', press: ['Begin'] },
  'integrity-walk-broken': { ...asOfficer, at: '/admin/integrity', press: ['Begin'], trick: 'unordered' },
  'integrity-walk-stopped': { ...asOfficer, at: '/admin/integrity', press: ['Begin'], fails: { '/api/audit/bundles': lost } },
  'integrity-loading': { ...asOfficer, at: '/admin/integrity', hangs: ['/api/audit/integrity'] },
  'integrity-error': { ...asOfficer, at: '/admin/integrity', fails: { '/api/audit/integrity': { status: 503, code: 'ledger.unavailable' } } },

  keys: { ...asKeeper },
  'keys-file': { ...asKeeper, keys: (usual) => ({ ...usual, sources: [{ id: 'file:9f3c1e0a5b7d2c46', current: true, works: true, code: null }], keys: usual.keys.slice(0, 3).map((key) => ({ ...key, wrappedUnder: 'file:9f3c1e0a5b7d2c46' })) }) },
  'keys-kms': { ...asKeeper, keys: (usual) => ({ ...usual, sources: [{ id: 'aws-kms:arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab', current: true, works: true, code: null }] }) },
  'keys-source-away': { ...asKeeper, keys: (usual) => ({ ...usual, sources: usual.sources.map((source) => ({ ...source, works: !source.current, code: source.current ? 'vault.key-source-away' : null })) }) },
  'keys-problems': {
    ...asKeeper,
    keys: (usual) => ({
      ...usual, problems: [
        { tenant: 'north-ward', task: 'turn', code: 'vault.key-source-refused', since: usual.checkedAt }, { tenant: 'practice-02', task: 'erase', code: 'vault.erasure-unrecorded', since: usual.checkedAt },
        { tenant: 'default', task: 'source', code: 'vault.key-source-lied', since: usual.checkedAt }, { tenant: '', task: 'store', code: 'vault.key-store-away', since: usual.checkedAt },
      ],
    }),
  },
  'keys-ask': { ...asKeeper, press: ['Turn now: the key of north-ward'] },
  'keys-turned': { ...asKeeper, press: ['Turn now: the key of north-ward', 'Yes, turn it'] },
  'keys-not-turned': { ...asKeeper, press: ['Turn now: the key of north-ward', 'Yes, turn it'], fails: { '/api/keys/north-ward/turn': { status: 503, code: 'vault.key-source-away' } } },
  'keys-rewrapping': { ...asKeeper, rewrapPace: 0, press: ['Begin'] },
  'keys-rewrap-stopped': { ...asKeeper, rewrapPace: 3, press: ['Begin', 'Stop'] },
  'keys-rewrapped': { ...asKeeper, rewrapPace: 500, press: ['Begin'] },
  'keys-rewrap-failed': { ...asKeeper, keys: (usual) => ({ ...usual, rewrap: { state: 'failed', done: 9, total: 18, startedAt: usual.checkedAt, code: 'vault.key-source-away' } }) },
  'keys-filtered': { ...asKeeper, write: ['Tenant', 'practice-0'] },
  'keys-nothing': { ...asKeeper, write: ['Tenant', 'nobody'] },
  'keys-empty': { ...asKeeper, keys: (usual) => ({ ...usual, keys: [] }) },
  'keys-loading': { ...asKeeper, hangs: ['/api/keys'] },
  'keys-error': { ...asKeeper, fails: { '/api/keys': { status: 403, code: 'access.denied' } } },
};
