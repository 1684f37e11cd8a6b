import { ApiError, type VisitInfo, type VisitSnapshot } from '@wardline/client';
import { clinicianIn, forClinician, maria, osei, other, patientIn, patientWaits, poorQuality, ruth } from './people';
import { laptop } from './fake-devices';

/** One state of the page: what the server, the devices and the other people do until it is reached. */
export interface Scene {
  info?: VisitInfo;
  refuseLink?: ApiError;
  neverAnswers?: boolean;
  unsupported?: readonly string[];
  refuseDevices?: DOMException;
  devices?: typeof laptop;
  /** Joins, and the visit is then so. */
  joined?: Partial<VisitSnapshot>;
  refuseJoin?: Error;
  joinsSlowly?: boolean;
  /** What changes after that. */
  then?: Partial<VisitSnapshot>;
  /** A button to press once the page is there, by its accessible name in English. */
  press?: readonly string[];
}

const ended = (reason: NonNullable<VisitSnapshot['ending']>['reason'], mayReturn: boolean, code: string | null = null): Scene => ({
  joined: patientIn(), then: { phase: 'ended', ending: { reason, mayReturn, code } },
});

export const scenes: Readonly<Record<string, Scene>> = {
  arriving: { neverAnswers: true },
  'link-refused': { refuseLink: new ApiError('identity.link-refused', 401, 'refused') },
  offline: { refuseLink: new ApiError('network.unreachable', 0, 'unreachable') },
  'server-error': { refuseLink: new ApiError('http.500', 500, 'broken') },
  unsupported: { unsupported: ['RTCRtpScriptTransform'] },
  check: {},
  'check-clinician': { info: forClinician },
  'check-denied': { refuseDevices: new DOMException('Permission denied', 'NotAllowedError') },
  'check-no-devices': { devices: [] },
  'check-busy': { refuseDevices: new DOMException('Could not start', 'NotReadableError') },
  'check-full': { refuseJoin: new ApiError('visit.full', 409, 'full') },
  'check-slow': { joinsSlowly: true },
  waiting: { joined: patientWaits() },
  'waiting-alone': { joined: patientWaits({ participants: [maria({ isYou: true, state: 'waiting' })] }) },
  'waiting-back': { joined: patientIn(), then: patientWaits() },
  'waiting-reconnecting': { joined: patientWaits(), then: { connection: 'reconnecting' } },
  call: { joined: patientIn() },
  'call-securing': { joined: patientIn({ code: { digits: null }, participants: [maria({ isYou: true }), osei({ secure: false })] }) },
  'call-camera-off': { joined: patientIn({ participants: [maria({ isYou: true }), osei({ cameraOn: false, microphoneOn: false })] }) },
  'call-muted': { joined: patientIn(), press: ['Mute', 'Stop video'] },
  'call-more': { joined: patientIn(), press: ['More'] },
  'call-poor': { joined: patientIn({ quality: poorQuality }) },
  'call-reconnecting': { joined: patientIn(), then: { connection: 'reconnecting' } },
  'call-offline': { joined: patientIn(), then: { connection: 'offline' } },
  'call-idle': { joined: patientIn({ idleSecondsLeft: 47 }) },
  'call-error': { joined: patientIn({ error: { code: 'e2ee.malformed', message: '' } }) },
  'call-away': { joined: patientIn({ participants: [maria({ isYou: true }), osei({ state: 'away' })] }) },
  'call-alone': { joined: patientIn({ participants: [maria({ isYou: true })], code: { digits: null } }) },
  'clinician-knock': { info: forClinician, joined: clinicianIn({ participants: [osei({ isYou: true }), maria({ state: 'waiting' })], code: { digits: null } }) },
  clinician: { info: forClinician, joined: clinicianIn() },
  'clinician-three': { info: forClinician, joined: clinicianIn({ participants: [osei({ isYou: true }), maria(), ruth(), other(0, { state: 'waiting' })] }) },
  'clinician-end': { info: forClinician, joined: clinicianIn(), press: ['End visit'] },
  'clinician-remove': { info: forClinician, joined: clinicianIn(), press: ['Remove Maria Alvarez from the visit'] },
  'clinician-twelve': {
    info: forClinician,
    joined: clinicianIn({ participants: [osei({ isYou: true }), maria(), ruth({ microphoneOn: false }), ...Array.from({ length: 9 }, (_, n) => other(n, { cameraOn: n % 4 !== 3 }))] }),
  },
  'after-left': ended('left', true),
  'after-removed': ended('removed', false),
  'after-ended': ended('ended', false),
  'after-idle': ended('idle', true),
  'after-replaced': ended('replaced', false),
  'after-error': ended('error', true, 'signal.closed-1006'),
};

