import type { Role } from '@wardline/client';

const list = new Intl.ListFormat('en', { type: 'conjunction' });

/** Everything the page says, in English. Plain words; say what happens next. */
export const en = {
  tag: 'en',
  own: 'English',
  language: 'Language',
  product: 'Wardline',

  roles: { clinician: 'Clinician', patient: 'Patient', interpreter: 'Interpreter', family: 'Family' } satisfies Record<Role, string>,
  list: (names: readonly string[]) => list.format(names),
  theClinician: 'your clinician',
  you: 'You',
  code: (code: string) => `Code for support: ${code}`,
  tryAgain: 'Try again',
  close: 'Close',

  titles: {
    arriving: 'Opening your visit',
    problem: 'We could not open the visit',
    unsupported: 'This browser cannot join',
    check: 'Get ready',
    waiting: 'Waiting room',
    call: 'In the visit',
    after: 'Visit closed',
    knocking: (count: number) => `(${count}) waiting`,
  },

  arriving: { heading: 'Opening your visit…', text: 'This takes a moment.' },

  steps: { label: 'Your way into the visit', check: 'Get ready', waiting: 'Waiting room', call: 'Visit', done: 'done', now: 'now' },

  problems: {
    'link.missing': {
      title: 'Please open your link again',
      means: 'We cannot tell which visit is yours. Your visit is still there.',
      next: 'Open the link from your message or e-mail once more.',
    },
    'link.several': {
      title: 'Please open your link again',
      means: 'More than one person has used this browser for this visit, so we cannot tell who you are.',
      next: 'Open the link that was sent to you once more.',
    },
    'identity.link-refused': {
      title: 'This link does not work',
      means: 'It may be incomplete, too old, or meant for another visit. You have not missed anything by opening it.',
      next: 'Open the whole link from your newest message. If that does not help, call your clinic and ask for a new link.',
    },
    'network.unreachable': {
      title: 'We cannot reach the visit',
      means: 'Your device seems to be offline, or our server is not answering. Your visit is not lost.',
      next: 'Check your Wi-Fi or mobile data, then try again.',
    },
    'visit.unknown': {
      title: 'There is no visit at this address',
      means: 'The address may be incomplete.',
      next: 'Open the link from your message once more.',
    },
    'visit.not-invited': {
      title: 'This visit is not for you',
      means: 'You are known to us, but not invited to this visit.',
      next: 'Open the link for this visit, or call your clinic.',
    },
    'visit.removed': {
      title: 'You were taken out of this visit',
      means: 'The clinician took you out, so you cannot join it again by yourself.',
      next: 'If you think this was a mistake, call your clinic.',
    },
    'visit.full': {
      title: 'The visit is full',
      means: 'Twelve people are in this visit already. That is the most there can be.',
      next: 'Wait until somebody leaves, then try again.',
    },
    'page.load': {
      title: 'A part of this page did not load',
      means: 'You have not joined yet. Nobody can see or hear you.',
      next: 'Check your connection, then try again.',
    },
    other: {
      title: 'Something went wrong on our side',
      means: 'You have not joined the visit yet. Nobody can see or hear you.',
      next: 'Try again. If it happens again, call your clinic and read out the code.',
    },
  },

  unsupported: {
    heading: 'This browser cannot join the visit',
    text: 'Your visit is protected so that nobody else can watch or listen. This browser is too old for that, so it cannot join.',
    insecure: 'This page was not opened over a secure connection, so it cannot join.',
    next: 'What to do',
    steps: [
      'Update this browser and open your link again,',
      'or open your link in a newer Chrome, Edge, Firefox or Safari. On an iPhone or iPad, iOS 15.4 or later is needed.',
      'If neither works, call your clinic. They will find another way for your visit.',
    ],
    missing: (parts: string) => `For support: this browser lacks ${parts}.`,
  },

  check: {
    heading: 'Can we see and hear you?',
    with: (names: string) => `Your visit with ${names}`,
    visit: 'Your visit',
    at: (time: string) => `Starts ${time}`,
    intro: 'Check your picture and your sound. Then join.',
    clinicianIntro: 'Check your picture and your sound.',
    join: 'Join visit',
    joining: 'Joining…',
    slow: 'It takes longer than usual. We keep trying. Check your Wi-Fi or mobile data.',
    afterPatient: (names: string) => `Next you come to the waiting room. ${names} will let you in.`,
    afterClinician: 'Next you are in the visit. You let the others in.',
    preview: 'Your picture, as the others will see it',
    asking: 'Your browser is asking to use your camera and microphone. Choose “Allow”.',
    starting: 'Starting your camera…',
    cameraOff: 'Your camera is off. You can join without a picture.',
    camera: 'Camera',
    microphone: 'Microphone',
    speaker: 'Speaker',
    useCamera: 'Use my camera',
    useMicrophone: 'Use my microphone',
    level: 'Microphone level',
    hear: 'We can hear you.',
    speak: 'Say something. The bar should move.',
    micOff: 'Your microphone is off. The others will not hear you.',
    change: 'Something not right?',
    testSound: 'Play a test sound',
    testPlayed: 'Did you hear two soft tones? If not, turn up the volume or choose another speaker.',
    withoutBoth: 'You can join without camera and microphone. You will see and hear the others, but they will not see or hear you.',
    withoutCamera: 'You will join without a picture. The others will hear you.',
    withoutMicrophone: 'You will join without sound from you. The others will see you, but not hear you.',
    unnamed: { camera: (n: number) => `Camera ${n}`, microphone: (n: number) => `Microphone ${n}`, speaker: (n: number) => `Speaker ${n}` },
  },

  failures: {
    camera: {
      denied: { title: 'Your browser does not let us use the camera', means: 'The others cannot see you.' },
      'denied-by-system': { title: 'Your device does not let the browser use the camera', means: 'The others cannot see you.' },
      none: { title: 'We found no camera', means: 'The others cannot see you. You can still talk with them.' },
      busy: { title: 'Another program is using the camera', means: 'The others cannot see you. Close the other program (such as Zoom or Teams), then try again.' },
      lost: { title: 'The camera stopped', means: 'It may have been unplugged. The others cannot see you, but the visit goes on. Plug it in again or choose another camera.' },
      failed: { title: 'The camera did not start', means: 'The others cannot see you. Try again, or restart your browser.' },
    },
    microphone: {
      denied: { title: 'Your browser does not let us use the microphone', means: 'The others cannot hear you.' },
      'denied-by-system': { title: 'Your device does not let the browser use the microphone', means: 'The others cannot hear you.' },
      none: { title: 'We found no microphone', means: 'The others cannot hear you. Plug in a headset, or use a phone.' },
      busy: { title: 'Another program is using the microphone', means: 'The others cannot hear you. Close the other program (such as Zoom or Teams), then try again.' },
      lost: { title: 'The microphone stopped', means: 'It may have been unplugged. The others cannot hear you, but the visit goes on. Plug it in again or choose another microphone.' },
      failed: { title: 'The microphone did not start', means: 'The others cannot hear you. Try again, or restart your browser.' },
    },
    both: {
      denied: { title: 'Your browser does not let us use the camera and microphone', means: 'The others cannot see or hear you.' },
      'denied-by-system': { title: 'Your device does not let the browser use the camera and microphone', means: 'The others cannot see or hear you.' },
    },
    switched: {
      camera: (label: string) => `Your camera stopped. We switched to ${label}.`,
      microphone: (label: string) => `Your microphone stopped. We switched to ${label}.`,
    },
  },

  permission: {
    heading: 'What to do',
    system: {
      mac: ['Open System Settings, then Privacy & Security.', 'Open Camera and Microphone, and turn on your browser.', 'Come back and press “Try again”.'],
      windows: ['Open Windows Settings, then Privacy & security.', 'Open Camera and Microphone, and turn on access for desktop apps.', 'Come back and press “Try again”.'],
      phone: ['Open the Settings of your phone and find your browser in the list of apps.', 'Turn on Camera and Microphone.', 'Come back and press “Try again”.'],
      other: ['Open the privacy settings of your device.', 'Let your browser use the camera and microphone.', 'Come back and press “Try again”.'],
    },
    browser: {
      'chrome-desktop': ['Press the icon at the left end of the address bar.', 'Turn on Camera and Microphone.', 'Press “Try again”.'],
      'chrome-phone': ['Press the icon at the left end of the address bar, then Permissions.', 'Turn on Camera and Microphone.', 'Press “Try again”.'],
      edge: ['Press the padlock at the left end of the address bar.', 'Set Camera and Microphone to Allow.', 'Press “Try again”.'],
      firefox: ['Press the crossed-out camera or microphone in the address bar.', 'Remove the block with the ×.', 'Press “Try again” and choose Allow.'],
      'safari-mac': ['Open the Safari menu, then “Settings for this website”.', 'Set Camera and Microphone to Allow.', 'Press “Try again”.'],
      'safari-phone': ['Press the page icon at the left end of the address bar, then “Website Settings”.', 'Set Camera and Microphone to Allow.', 'Press “Try again”.'],
      other: ['Open your browser’s settings for this page.', 'Allow Camera and Microphone.', 'Press “Try again”.'],
    },
  },

  waiting: {
    heading: 'You are in the waiting room',
    seen: (names: string) => `${names} can see that you are here.`,
    notHere: (names: string) => `${names} is not here yet. You do not need to do anything.`,
    next: (names: string) => `The visit starts when ${names} lets you in. Keep this page open.`,
    back: (names: string) => `${names} asked you to wait here for a moment. They cannot see or hear you now.`,
    private: 'Nobody can see or hear you yet.',
    joining: 'Going to the waiting room…',
    entering: 'Going into the visit…',
  },

  call: {
    heading: 'Your visit',
    you: 'You',
    mute: 'Mute',
    unmute: 'Unmute',
    stopVideo: 'Stop video',
    startVideo: 'Start video',
    switchCamera: 'Switch camera',
    leave: 'Leave',
    end: 'End visit',
    endAsk: 'End the visit for everyone?',
    endYes: 'Yes, end for everyone',
    endNo: 'No, go on',
    more: 'More',
    lessMore: 'Close',
    controls: 'Controls',
    details: 'About this visit',
    alone: 'You are alone in the visit.',
    alonePatient: (names: string) => `${names} will be back in a moment. Stay on this page.`,
    aloneClinician: 'When somebody comes, you hear a soft tone and see them in the waiting room.',
    aloneKnocking: (names: string) => `${names} is in the waiting room.`,
    cameraOff: (name: string) => `${name}’s camera is off`,
    away: (name: string) => `${name} lost the connection. They can come back.`,
    muted: 'muted',
    securing: 'Protecting the call…',
    soundBlocked: 'Your browser keeps the sound off until you press this.',
    turnOnSound: 'Turn on sound',
    shortcuts: 'Keys M (mute) and V (video)',
    devices: 'Camera and sound',
    people: 'In the visit',
  },

  room: {
    heading: 'Waiting room',
    empty: 'Nobody is waiting.',
    arrived: (name: string) => `${name} is in the waiting room.`,
    admit: 'Admit',
    hold: 'To waiting room',
    holdName: (name: string) => `To waiting room: ${name}`,
    remove: 'Remove',
    removeName: (name: string) => `Remove ${name} from the visit`,
    removing: (name: string, seconds: number) => `${name} leaves the visit in ${seconds} s.`,
    undo: 'Undo',
  },

  secure: {
    heading: 'Safety number',
    compare: (names: string) => `Compare this number with ${names}:`,
    compareOthers: 'Compare this number with the others:',
    why: 'If it is the same on every screen, nobody else can watch or listen.',
    making: 'The number appears as soon as somebody is with you and the call is protected.',
  },

  quality: {
    good: 'Good connection',
    fair: 'Slightly weak connection',
    poor: 'Weak connection',
    unknown: 'Measuring the connection',
    none: 'No connection at the moment',
    advice: {
      good: '',
      fair: 'The picture may be less sharp.',
      poor: 'Sound comes first now. Move closer to your Wi-Fi, or stop your video.',
      unknown: '',
    },
    figures: (ms: number | null, kbps: number | null, loss: number | null) =>
      [ms === null ? '' : `${Math.round(ms)} ms delay`, kbps === null ? '' : `${Math.round(kbps)} kbit/s`, loss === null ? '' : `${loss.toFixed(1)} % lost`]
        .filter((part) => part !== '').join(' · '),
  },

  connection: {
    reconnecting: 'The connection was lost. We are bringing you back.',
    reconnectingNext: 'Stay on this page. You do not need to do anything.',
    offline: 'Your device is offline.',
    offlineNext: 'Check your Wi-Fi or mobile data. The visit goes on as soon as you are online.',
    back: 'You are connected again.',
  },

  idle: {
    title: 'Is anybody still there?',
    text: (seconds: number) => `The visit ends in ${seconds} seconds because nothing is happening.`,
    here: 'I’m still here',
  },

  trouble: {
    title: 'Something in the visit did not work',
    means: 'The visit goes on.',
    'signal.rate': 'That was a little fast. Wait a few seconds and try again.',
    'signal.not-allowed': 'Only the clinician can do that.',
    'signal.unknown-participant': 'That person is no longer in the visit.',
    'signal.disconnected': 'You were not connected at that moment. Try again in a few seconds.',
    e2ee: 'The call could not be protected for somebody. They may not see or hear you until they reload their page.',
    sdp: 'Your picture or sound could not be sent. Stop your video and start it again. If that does not help, reload this page.',
    other: 'If you notice a problem, reload this page. You come straight back.',
  },

  after: {
    left: { heading: 'You left the visit', text: 'Your camera and microphone are off. The visit may still be going on, and you can come back.' },
    removed: { heading: 'You were taken out of the visit', text: (names: string) => `${names} took you out. Your camera and microphone are off. If you think this was a mistake, call your clinic.` },
    ended: { heading: 'The visit has ended', text: 'Your camera and microphone are off. Your clinic will tell you what happens next. You can close this page.' },
    endedClinician: { heading: 'You have closed this visit', text: 'It has ended for everyone. You can close this page.' },
    idle: { heading: 'The visit was closed because nobody was active', text: 'Your camera and microphone are off. You can join again at any time.' },
    replaced: { heading: 'You opened the visit somewhere else', text: 'This page is closed, and the visit goes on in the other window or on the other device.' },
    error: { heading: 'The connection to the visit broke off', text: 'Your camera and microphone are off. The visit may still be going on.' },
    again: 'Join again',
    here: 'Use this page instead',
    forget: 'Forget me on this device',
    forgotten: 'This device has forgotten you. To come back to the visit, open your link again.',
    notForgotten: 'This device could not be told to forget you. Check the connection and press the button again, or close the whole browser.',
    callClinic: 'If it does not work again, call your clinic and read out the code.',
  },

  announce: {
    muted: 'You are muted.',
    unmuted: 'The others can hear you.',
    videoOff: 'Your video is off.',
    videoOn: 'Your video is on.',
    joined: (name: string) => `${name} joined the visit.`,
    gone: (name: string) => `${name} left the visit.`,
    admitted: 'You are in the visit.',
    held: 'You are back in the waiting room.',
    quality: (words: string) => `${words}.`,
    number: (digits: string) => `The safety number is ${digits.split('').join(' ')}.`,
  },
};

/** What every language must say. */
export type Words = typeof en;
