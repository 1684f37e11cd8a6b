import { CameraOffIcon, Notice } from '@wardline/ui';
import { clinicians } from '../flow/session';
import { ConnectionNotice, TroubleNotice } from './CallNotices';
import { CameraButton, LeaveButton, MicrophoneButton } from './Controls';
import { DeviceNotices } from './DeviceNotices';
import { Frame } from './Frame';
import { useOwnStream, Video } from './media';
import { PageHeading, useStore, useTools, useWords } from './page';
import { useRoom } from './RoomPage';

/** Waiting, without wondering whether anybody knows. */
export function WaitingPage() {
  const { desk, flow } = useTools();
  const { room, snapshot } = useRoom();
  const words = useWords();
  const { waiting } = words;
  const { visit } = useStore(flow.state);
  const { heldBack } = useStore(room.state);
  const { camera, facing } = useStore(desk.state);
  const stream = useOwnStream(camera.track);

  const here = snapshot.participants.filter((p) => p.role === 'clinician' && p.state === 'in-call').map((p) => p.name);
  const planned = clinicians(visit?.people);
  const names = here.length > 0 ? here : planned;
  const doctor = names.length > 0 ? words.list(names) : words.theClinician;

  return (
    <Frame step="waiting">
      <div className="page waiting">
        <PageHeading>{waiting.heading}</PageHeading>
        <p className="lead">{heldBack ? waiting.back(doctor) : here.length > 0 ? waiting.seen(doctor) : waiting.notHere(capital(doctor))}</p>
        <ConnectionNotice />
        <TroubleNotice />
        <div className="waiting-you">
          <div className="preview">
            {stream !== null
              ? <Video stream={stream} mirrored={facing === 'user'} label={words.check.preview} />
              : <p className="preview-empty"><CameraOffIcon size={32} />{words.check.cameraOff}</p>}
          </div>
          <div className="waiting-controls" role="group" aria-label={words.call.controls}>
            <MicrophoneButton /><CameraButton /><LeaveButton />
          </div>
        </div>
        <DeviceNotices />
        <Notice title={waiting.next(doctor)}><p>{waiting.private}</p></Notice>
      </div>
    </Frame>
  );
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
