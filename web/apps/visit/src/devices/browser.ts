import { read, write } from '@wardline/ui/plain';
import type { DeskPorts, Kind, Preferences } from './desk';
import type { Ear } from './listen';

const key = 'wardline.devices';

/** The desk's ports in a real browser. */
export function browserDesk(): DeskPorts {
  return {
    media: navigator.mediaDevices,
    permission,
    preferences,
    canChooseSpeaker: 'setSinkId' in HTMLMediaElement.prototype,
  };
}

async function permission(kind: Kind): Promise<PermissionState | null> {
  try {
    return (await navigator.permissions.query({ name: kind as PermissionName })).state;
  } catch {
    return null;
  }
}

const preferences: Preferences = {
  load() {
    try {
      const parsed: unknown = JSON.parse(read(localStorage, key) ?? '{}');
      return typeof parsed === 'object' && parsed !== null
        ? Object.fromEntries(Object.entries(parsed).filter((entry) => typeof entry[1] === 'string'))
        : {};
    } catch {
      return {};
    }
  },
  save: (chosen) => write(localStorage, key, JSON.stringify(chosen)),
};

/** One audio context for the page: browsers allow only a few, and start it only after a touch or a key. */
let shared: AudioContext | null = null;

export function audioContext(): AudioContext {
  if (shared === null) {
    const context = new AudioContext();
    shared = context;
    const wake = () => {
      if (context.state === 'suspended') void context.resume();
    };
    for (const event of ['pointerdown', 'keydown'] as const) addEventListener(event, wake, { capture: true, passive: true });
  }
  return shared;
}

export function webAudioEar(track: MediaStreamTrack): Ear {
  const context = audioContext();
  const source = context.createMediaStreamSource(new MediaStream([track]));
  const analyser = context.createAnalyser();
  analyser.fftSize = 1024;
  source.connect(analyser);
  return {
    hear(samples) {
      if (context.state !== 'running') return false;
      analyser.getFloatTimeDomainData(samples);
      return true;
    },
    close: () => source.disconnect(),
  };
}
