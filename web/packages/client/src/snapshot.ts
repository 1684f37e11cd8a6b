import type { Call } from './call';
import type { LocalMedia } from './local-media';
import type { RosterEntry } from './signaling/messages';
import { unknownQuality } from './quality';
import type { ParticipantView, VisitSnapshot } from './types';

export const idleSnapshot: VisitSnapshot = {
  phase: 'idle', connection: 'connected', you: null, participants: [], code: { digits: null }, quality: unknownQuality,
  idleSecondsLeft: null, ending: null, error: null,
};

export interface OwnStreams {
  camera: MediaStream | null;
  microphone: MediaStream | null;
}

/** What a page sees of `call`. Parts that have not changed stay the same objects, so that views need not compare. */
export function snapshotOf(call: Call, local: LocalMedia, own: OwnStreams, previous: VisitSnapshot): VisitSnapshot {
  const participants: ParticipantView[] = [];
  if (call.phase !== 'ended' && call.you !== null) {
    const you = call.you;
    const inCall = call.phase === 'in-call';
    participants.push({
      id: you.participant, name: you.name, role: you.role, state: inCall ? 'in-call' : 'waiting', isYou: true,
      microphoneOn: local.announced.microphone, cameraOn: local.announced.camera,
      cameraStream: own.camera, microphoneStream: own.microphone, secure: true,
    });
    for (const other of call.roster) if (other.participant !== you.participant) participants.push(viewOf(other, call));
  }
  return {
    phase: call.phase,
    connection: call.connectionState,
    you: keep(previous.you, call.you),
    participants: keepAll(previous.participants, participants),
    code: keep(previous.code, { digits: call.phase === 'in-call' ? call.keys.digits : null }),
    quality: call.quality,
    idleSecondsLeft: call.idleSecondsLeft,
    ending: keep(previous.ending, call.ending),
    error: keep(previous.error, call.error),
  };
}

function viewOf(other: RosterEntry, call: Call): ParticipantView {
  const isOn = (source: string): boolean => other.tracks.some(t => t.source === source && t.on);
  return {
    id: other.participant, name: other.name, role: other.role, state: other.state, isYou: false,
    microphoneOn: isOn('microphone'), cameraOn: isOn('camera'),
    cameraStream: call.streamOf(other.participant, 'camera'),
    microphoneStream: call.streamOf(other.participant, 'microphone'),
    secure: call.keys.secure.includes(other.participant),
  };
}

function keep<T extends object | null>(previous: T, next: T): T {
  return previous !== null && next !== null && shallowEqual(previous, next) ? previous : next;
}

function keepAll(previous: readonly ParticipantView[], next: ParticipantView[]): readonly ParticipantView[] {
  const kept = next.map(n => keep(previous.find(p => p.id === n.id) ?? n, n));
  return kept.length === previous.length && kept.every((k, i) => k === previous[i]) ? previous : kept;
}

function shallowEqual(a: object, b: object): boolean {
  const left = Object.entries(a);
  return left.length === Object.keys(b).length && left.every(([name, value]) => Object.is(value, (b as Record<string, unknown>)[name]));
}
