import type { ParticipantView, VisitInfo, VisitSnapshot } from '@wardline/client';

export const visit: VisitInfo = {
  id: 'v1', type: 'follow-up', status: 'open', startsAt: '2026-11-22T14:30:00Z',
  people: [{ name: 'Dr. Amara Osei', role: 'clinician' }, { name: 'Maria Alvarez', role: 'patient' }],
  you: { id: 'p-maria', name: 'Maria Alvarez', role: 'patient' }, e2ee: { required: true },
};

export const forClinician: VisitInfo = { ...visit, you: { id: 'p-osei', name: 'Dr. Amara Osei', role: 'clinician' } };

const person = (id: string, name: string, role: ParticipantView['role'], more: Partial<ParticipantView> = {}): ParticipantView => ({
  id, name, role, state: 'in-call', isYou: false, microphoneOn: true, cameraOn: true,
  cameraStream: null, microphoneStream: null, secure: true, ...more,
});

export const maria = (more: Partial<ParticipantView> = {}) => person('maria', 'Maria Alvarez', 'patient', more);
export const osei = (more: Partial<ParticipantView> = {}) => person('osei', 'Dr. Amara Osei', 'clinician', more);
export const ruth = (more: Partial<ParticipantView> = {}) => person('ruth', 'Ruth Lindqvist', 'interpreter', more);
export const other = (n: number, more: Partial<ParticipantView> = {}) =>
  person(`other-${n}`, ['Tomás Alvarez', 'Elena Alvarez', 'Jo Park', 'Samuel Greene', 'Ines Moreau', 'Li Wei', 'Olga Petrova', 'Hassan Ali', 'Ana Sousa', 'Per Holm'][n % 10] ?? 'Guest', 'family', more);

export const goodQuality: VisitSnapshot['quality'] = {
  level: 'good', roundTripMs: 48, estimateKbps: 2240, lossPercent: 0.2,
  history: Array.from({ length: 60 }, (_, i) => 0.86 + 0.08 * Math.sin(i / 4) + 0.04 * Math.sin(i * 1.7)),
};

export const poorQuality: VisitSnapshot['quality'] = {
  level: 'poor', roundTripMs: 410, estimateKbps: 220, lossPercent: 6.4,
  history: Array.from({ length: 60 }, (_, i) => (i < 34 ? 0.85 : 0.28) + 0.07 * Math.sin(i / 2) + 0.05 * Math.sin(i * 1.9)),
};

export const patientIn = (change: Partial<VisitSnapshot> = {}): Partial<VisitSnapshot> => ({
  phase: 'in-call', connection: 'connected', you: { participant: 'maria', name: 'Maria Alvarez', role: 'patient' },
  participants: [maria({ isYou: true }), osei()], code: { digits: '284 913' }, quality: goodQuality, ...change,
});

export const patientWaits = (change: Partial<VisitSnapshot> = {}): Partial<VisitSnapshot> => ({
  phase: 'waiting', connection: 'connected', you: { participant: 'maria', name: 'Maria Alvarez', role: 'patient' },
  participants: [maria({ isYou: true, state: 'waiting' }), osei()], code: { digits: null }, ...change,
});

export const clinicianIn = (change: Partial<VisitSnapshot> = {}): Partial<VisitSnapshot> => ({
  phase: 'in-call', connection: 'connected', you: { participant: 'osei', name: 'Dr. Amara Osei', role: 'clinician' },
  participants: [osei({ isYou: true }), maria()], code: { digits: '284 913' }, quality: goodQuality, ...change,
});
