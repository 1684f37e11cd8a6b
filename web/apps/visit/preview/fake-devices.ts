import type { DeskPorts, Kind } from '../src/devices/desk';

export interface FakeDevice {
  kind: MediaDeviceKind;
  deviceId: string;
  label: string;
}

export const laptop: readonly FakeDevice[] = [
  { kind: 'videoinput', deviceId: 'cam-1', label: 'FaceTime HD Camera' },
  { kind: 'videoinput', deviceId: 'cam-2', label: 'Logitech BRIO' },
  { kind: 'audioinput', deviceId: 'mic-1', label: 'Built-in microphone' },
  { kind: 'audioinput', deviceId: 'mic-2', label: 'Jabra Evolve headset' },
  { kind: 'audiooutput', deviceId: 'out-1', label: 'Built-in speakers' },
  { kind: 'audiooutput', deviceId: 'out-2', label: 'Jabra Evolve headset' },
];

type Asked = MediaTrackConstraints & { deviceId?: { exact: string } };

/** Cameras and microphones that are plugged in, pulled out and refused by the script of a test or a preview. */
export class FakeDevices {
  readonly asked: string[] = [];
  readonly tracks: MediaStreamTrack[] = [];
  readonly #listeners = new Set<() => void>();
  devices: readonly FakeDevice[] = laptop;
  refusal: Partial<Record<Kind, DOMException>> = {};
  permissions: Partial<Record<Kind, PermissionState>> = {};

  constructor(private readonly makeTrack: (device: FakeDevice) => MediaStreamTrack, private readonly makeStream: (tracks: MediaStreamTrack[]) => MediaStream) {}

  readonly ports: DeskPorts = {
    media: {
      getUserMedia: (constraints?: MediaStreamConstraints) => this.open(constraints ?? {}),
      enumerateDevices: () => Promise.resolve(this.devices as unknown as MediaDeviceInfo[]),
      addEventListener: (_: string, listener: unknown) => { this.#listeners.add(listener as () => void); },
      removeEventListener: (_: string, listener: unknown) => { this.#listeners.delete(listener as () => void); },
    },
    permission: (kind) => Promise.resolve(this.permissions[kind] ?? null),
    preferences: { load: () => ({}), save: () => undefined },
    canChooseSpeaker: true,
  };

  get listening(): number {
    return this.#listeners.size;
  }

  plug(devices: readonly FakeDevice[]): void {
    this.devices = devices;
    for (const listener of this.#listeners) listener();
  }

  private async open(constraints: MediaStreamConstraints): Promise<MediaStream> {
    const wanted: [Kind, Asked][] = [];
    if (constraints.video) wanted.push(['camera', constraints.video as Asked]);
    if (constraints.audio) wanted.push(['microphone', constraints.audio as Asked]);
    this.asked.push(wanted.map(([kind, asked]) => [kind, asked.deviceId?.exact, asked.facingMode].filter(Boolean).join(':')).join('+'));
    await Promise.resolve();
    const tracks = wanted.map(([kind, asked]) => {
      const refusal = this.refusal[kind];
      if (refusal !== undefined) throw refusal;
      const device = this.devices.find((d) => d.kind === (kind === 'camera' ? 'videoinput' : 'audioinput') && (asked.deviceId === undefined || d.deviceId === asked.deviceId.exact));
      if (device === undefined) throw new DOMException('gone', asked.deviceId === undefined ? 'NotFoundError' : 'OverconstrainedError');
      return this.makeTrack(device);
    });
    this.tracks.push(...tracks);
    return this.makeStream(tracks);
  }
}
