/**
 * What entries say in English. `did`: it happened. `tried`: it was refused, or went wrong; the page says which beside it.
 * Templates: audit/sentence.ts.
 */
export const actsEn = {
  'identity.link-used': { did: '{actor} signed in with their link[ to {visit}].', tried: '{actor} tried to sign in with a link that does not work.' },
  'identity.staff-link-used': { did: '{actor} signed in to these pages.', tried: '{actor} tried to sign in to these pages with a link that does not work.' },
  'identity.sign-out': { did: '{actor} signed out.', tried: '{actor} tried to sign out.' },
  'visit.create': { did: '{actor} planned {visit}[ for {patient}].', tried: '{actor} tried to plan a visit[ for {patient}].' },
  'visit.begin-again': { did: '{actor} opened {visit} again after its end.', tried: '{actor} tried to open {visit} again.' },
  'visit.read': { did: '{actor} looked up {visit}: who is invited, and when it begins.', tried: '{actor} tried to look up {visit}.' },
  'visit.join': { did: '{actor} was given a ticket to join {visit}.', tried: '{actor} tried to join {visit}.' },
  'visit.wait': { did: '{actor} came into the waiting room.', tried: '{actor} tried to come into the waiting room.' },
  'visit.enter': { did: '{actor} came into the call.', tried: '{actor} tried to come into the call.' },
  'visit.admit': { did: '{actor} admitted {person}.', tried: '{actor} tried to admit {person}.' },
  'visit.hold': { did: '{actor} asked {person} back into the waiting room.', tried: '{actor} tried to ask {person} back into the waiting room.' },
  'visit.remove': { did: '{actor} took {person} out of the visit.', tried: '{actor} tried to take {person} out of the visit.' },
  'visit.leave': { did: '{actor} left.', tried: '{actor} tried to leave.' },
  'visit.away': { did: '{actor} lost the connection.', tried: '{actor} lost the connection.' },
  'visit.end': { did: '{actor} ended the visit for everyone.', tried: '{actor} tried to end the visit.' },
  'relay.credentials': { did: '{actor} was given leave to use the relay.', tried: '{actor} asked for leave to use the relay.' },
  'key.member': { did: 'The call key of {person} was written down before the others used it.', tried: 'The call key of {person} could not be written down.' },
  'key.read': { did: '{actor} fetched the written-down call keys of {visit}.', tried: '{actor} tried to fetch the call keys of {visit}.' },
  'audit.search': { did: '{actor} searched what happened[, about {person}].', tried: '{actor} tried to search what happened.' },
  'audit.read': { did: '{actor} read entry {facts.index}.', tried: '{actor} tried to read an entry.' },
  'audit.proof': { did: '{actor} fetched the proof of entry {facts.index}.', tried: '{actor} tried to fetch the proof of an entry.' },
  'audit.export': { did: '{actor} exported[ {facts.count}] entries.', tried: '{actor} tried to export entries.' },
  'audit.people': { did: '{actor} looked for a person by name.', tried: '{actor} tried to look for a person by name.' },
  'audit.walk': { did: '{actor} fetched entries to recompute the log.', tried: '{actor} tried to fetch entries to recompute the log.' },
  'audit.integrity': { did: '{actor} looked at the state of the log.', tried: '{actor} tried to look at the state of the log.' },
  'keys.list': { did: '{actor} looked at the keys’ state.', tried: '{actor} tried to look at the keys’ state.' },
  'keys.turn': { did: '{actor} turned the data key of {facts.tenant}[ to version {facts.version}].', tried: '{actor} tried to turn the data key of {facts.tenant}.' },
  'keys.rewrap-start': { did: '{actor} began to re-wrap the data keys.', tried: '{actor} tried to re-wrap the data keys.' },
  'keys.rewrap-stop': { did: '{actor} stopped re-wrapping the data keys.', tried: '{actor} tried to stop re-wrapping the data keys.' },
  'keys.rewrap-done': { did: '{actor} finished re-wrapping[ {facts.count}] data keys.', tried: '{actor} could not finish re-wrapping the data keys.' },
  'person.erase': { did: '{actor} erased {person}.', tried: '{actor} tried to erase {person}.' },
  'server.start': { did: '{actor} started.', tried: '{actor} tried to start.' },
} as const;

export type ActWords = Readonly<Record<keyof typeof actsEn, { did: string; tried: string }>>;
