import { Button, CameraOffIcon, Level, Notice, SpeakerIcon, Toggle } from '@wardline/ui';
import { useEffect, useState } from 'react';
import type { Page } from '../flow/flow';
import { clinicians } from '../flow/session';
import { problemText } from './App';
import { DeviceChoices } from './DeviceChoices';
import { DeviceNotices } from './DeviceNotices';
import { Frame } from './Frame';
import { useOwnStream, Video } from './media';
import { PageHeading, useStore, useTools, useWords } from './page';

/** Picture, sound, one button. Nothing here is sent to anybody. */
export function CheckPage({ page: { joining, refused, slow } }: { page: Extract<Page, { at: 'check' }> }) {
  const { desk, flow } = useTools();
  const words = useWords();
  const { check } = words;
  const { me, visit } = useStore(flow.state);
  const { camera, microphone } = useStore(desk.state);

  useEffect(() => { void desk.start(); }, [desk]);

  const others = clinicians(visit?.people).filter((name) => name !== me?.name);
  const doctor = others.length > 0 ? words.list(others) : words.theClinician;
  const isClinician = me?.role === 'clinician';
  const withWhom = isClinician ? (visit?.people ?? []).filter((p) => p.role === 'patient').map((p) => p.name) : others;
  const noPicture = camera.state === 'off' || camera.state === 'failed';
  const noSound = microphone.state === 'off' || microphone.state === 'failed';
  const without = noPicture && noSound ? check.withoutBoth : noPicture ? check.withoutCamera : noSound ? check.withoutMicrophone : null;

  return (
    <Frame step="check" wide={isClinician}>
      <div className="page check">
        <div className="check-head">
          <p className="soft">
            {withWhom.length > 0 ? check.with(words.list(withWhom)) : check.visit}
            {visit !== null && <> · <span className="figures">{check.at(startTime(visit.startsAt, words.tag))}</span></>}
          </p>
          <PageHeading>{check.heading}</PageHeading>
        </div>

        <div className="check-devices">
          <Preview />
          <div className="check-switches">
            <Toggle on={camera.state !== 'off'} onChange={(on) => void (on ? desk.turnOn('camera') : desk.turnOff('camera'))}>{check.useCamera}</Toggle>
            <Toggle on={microphone.state !== 'off'} onChange={(on) => void (on ? desk.turnOn('microphone') : desk.turnOff('microphone'))}>{check.useMicrophone}</Toggle>
          </div>
          <MicrophoneLevel />
        </div>

        <div className="check-next">
          <DeviceNotices />
          {refused !== null && (
            <Notice tone="danger" title={problemText(refused, words).title} code={words.code(refused)}>
              <p>{problemText(refused, words).means}</p>
              <p>{problemText(refused, words).next}</p>
            </Notice>
          )}
          <div className="check-join">
            {without !== null && <p>{without}</p>}
            <Button kind="main" className="join" isPending={joining} onPress={() => void flow.join()}>{joining ? check.joining : check.join}</Button>
            {slow && <p role="status">{check.slow}</p>}
            <p className="soft">{isClinician ? check.afterClinician : check.afterPatient(doctor)}</p>
          </div>
          <section className="check-change" aria-labelledby="check-change">
            <h2 id="check-change">{check.change}</h2>
            <DeviceChoices />
            <TestSound />
          </section>
        </div>
      </div>
    </Frame>
  );
}

function Preview() {
  const { desk } = useTools();
  const { check } = useWords();
  const { camera, facing } = useStore(desk.state);
  const stream = useOwnStream(camera.track);
  return (
    <div className="preview">
      {stream !== null
        ? <Video stream={stream} mirrored={facing === 'user'} label={check.preview} />
        : <p className="preview-empty"><CameraOffIcon size={32} />{camera.state === 'asking' ? check.asking : check.cameraOff}</p>}
    </div>
  );
}

function MicrophoneLevel() {
  const { desk, listener } = useTools();
  const { check } = useWords();
  const { microphone } = useStore(desk.state);
  const { level, heard } = useStore(listener.state);

  useEffect(() => {
    listener.listen(microphone.track);
    return () => listener.close();
  }, [listener, microphone.track]);

  const words = microphone.track === null ? check.micOff : heard ? check.hear : check.speak;
  return (
    <div className="check-level">
      <Level label={check.level} value={level} words={words} />
      <p className="small soft">{words}</p>
    </div>
  );
}

function TestSound() {
  const { tone, announcer } = useTools();
  const { check } = useWords();
  const [played, setPlayed] = useState(false);
  const play = () => {
    tone();
    setPlayed(true);
    announcer.say(check.testPlayed);
  };
  return (
    <div className="check-sound">
      <Button icon={<SpeakerIcon />} onPress={play}>{check.testSound}</Button>
      {played && <p className="small soft">{check.testPlayed}</p>}
    </div>
  );
}

function startTime(at: string, tag: string): string {
  const time = new Date(at);
  const today = new Date().toDateString() === time.toDateString();
  return new Intl.DateTimeFormat(tag, today ? { timeStyle: 'short' } : { dateStyle: 'medium', timeStyle: 'short' }).format(time);
}
