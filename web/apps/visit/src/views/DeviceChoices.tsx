import { CameraIcon, Choice, MicIcon, SpeakerIcon } from '@wardline/ui';
import type { Choice as Device } from '../devices/desk';
import { useStore, useTools, useWords } from './page';

/** Which camera, microphone and speaker. One of a kind is no choice and is not shown. */
export function DeviceChoices() {
  const { desk } = useTools();
  const { check } = useWords();
  const { camera, microphone, speaker } = useStore(desk.state);
  const named = (devices: readonly Device[], unnamed: (n: number) => string) =>
    devices.map((device, index) => ({ id: device.id, label: device.label === '' ? unnamed(index + 1) : device.label }));
  return (
    <div className="device-choices">
      {camera.choices.length > 1 && (
        <Choice label={check.camera} icon={<CameraIcon />} value={camera.chosen}
          options={named(camera.choices, check.unnamed.camera)} onChange={(id) => void desk.choose('camera', id)} />
      )}
      {microphone.choices.length > 1 && (
        <Choice label={check.microphone} icon={<MicIcon />} value={microphone.chosen}
          options={named(microphone.choices, check.unnamed.microphone)} onChange={(id) => void desk.choose('microphone', id)} />
      )}
      {speaker.canChoose && speaker.choices.length > 1 && (
        <Choice label={check.speaker} icon={<SpeakerIcon />} value={speaker.chosen}
          options={named(speaker.choices, check.unnamed.speaker)} onChange={(id) => desk.chooseSpeaker(id)} />
      )}
    </div>
  );
}
