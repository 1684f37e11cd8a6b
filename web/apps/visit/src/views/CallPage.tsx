import { Button, CloseIcon, MoreIcon } from '@wardline/ui';
import { useCallback, useEffect, useRef, useState } from 'react';
import { CROWD } from '../call/tiles';
import { clinicians } from '../flow/session';
import { CallDetails } from './CallDetails';
import { ConnectionNotice, IdleNotice, RemovingNotice, SoundBlockedNotice, TroubleNotice } from './CallNotices';
import { CameraButton, Control, EndButton, LeaveButton, MicrophoneButton, useKept, useShortcuts } from './Controls';
import { DeviceNotices } from './DeviceNotices';
import { Sound } from './media';
import { PageHeading, useStore, useTools, useWords } from './page';
import { ConnectionChip } from './Quality';
import { useRoom } from './RoomPage';
import { SafetyChip } from './Safety';
import { SelfTile, Stage } from './Stage';
import { WaitingList } from './WaitingList';

/** The call. What the other shows is large; everything else stays out of its way. */
export function CallPage() {
  const { desk } = useTools();
  const { snapshot } = useRoom();
  const words = useWords();
  const { call } = words;
  const { speaker } = useStore(desk.state);
  const [shortcuts, setShortcuts] = useKept('wardline.shortcuts', true);
  const [open, setOpen] = useState(false);
  const [blocked, setBlocked] = useState(false);
  const [unlock, setUnlock] = useState(0);
  const onBlocked = useCallback(() => setBlocked(true), []);
  useShortcuts(shortcuts);

  const others = snapshot.participants.filter((p) => !p.isYou && p.state !== 'waiting');
  const isClinician = snapshot.you?.role === 'clinician';
  return (
    <main className="room" data-open={open || undefined} data-crowd={others.length >= CROWD || undefined} data-connection={snapshot.connection}>
      <PageHeading hidden>{call.heading}</PageHeading>
      <div className="room-notices">
        <ConnectionNotice />
        <IdleNotice />
        {blocked && <SoundBlockedNotice onUnlock={() => { setBlocked(false); setUnlock(unlock + 1); }} />}
        <RemovingNotice />
        <TroubleNotice />
        <DeviceNotices />
      </div>
      {isClinician && <WaitingList />}
      <div className="room-stage">
        <Stage others={others} empty={<Alone />} />
        <div className="stage-chips"><ConnectionChip onPress={() => setOpen(true)} /><SafetyChip onPress={() => setOpen(true)} /></div>
      </div>
      <SelfTile />
      <Details open={open} onClose={() => setOpen(false)} shortcuts={shortcuts} setShortcuts={setShortcuts} />
      <ControlBar isClinician={isClinician} shortcuts={shortcuts} open={open} onMore={() => setOpen(!open)} />
      {others.map((p) => p.microphoneStream !== null && (
        <Sound key={p.id} stream={p.microphoneStream} speaker={speaker.chosen} unlock={unlock} onBlocked={onBlocked} />
      ))}
    </main>
  );
}

function Alone() {
  const { flow } = useTools();
  const { snapshot } = useRoom();
  const words = useWords();
  const { call } = words;
  const { visit } = useStore(flow.state);
  const names = clinicians(visit?.people);
  const waiting = snapshot.participants.filter((p) => p.state === 'waiting').map((p) => p.name);
  const text = snapshot.you?.role !== 'clinician' ? call.alonePatient(names.length > 0 ? words.list(names) : words.theClinician)
    : waiting.length > 0 ? call.aloneKnocking(words.list(waiting)) : call.aloneClinician;
  return <div className="alone"><p className="lead">{call.alone}</p><p>{text}</p></div>;
}

function ControlBar({ isClinician, shortcuts, open, onMore }: { isClinician: boolean; shortcuts: boolean; open: boolean; onMore: () => void }) {
  const { call } = useWords();
  const [asking, setAsking] = useState(false);
  const { room } = useRoom();
  const end = useRef<HTMLDivElement>(null);
  const stop = () => {
    setAsking(false);
    requestAnimationFrame(() => end.current?.querySelector<HTMLElement>('[data-look="end"]')?.focus());
  };
  if (asking) {
    return (
      <div className="controls controls-ask" role="group" aria-label={call.endAsk} onKeyDown={(event) => { if (event.key === 'Escape') stop(); }}>
        <p>{call.endAsk}</p>
        <Button kind="danger" onPress={() => void room.end().then((ended) => { if (!ended) setAsking(false); })}>{call.endYes}</Button>
        <Button autoFocus onPress={stop}>{call.endNo}</Button>
      </div>
    );
  }
  return (
    <div className="controls" role="group" aria-label={call.controls} ref={end}>
      <MicrophoneButton shortcut={shortcuts} />
      <CameraButton shortcut={shortcuts} />
      <div className="controls-more">
        <Control icon={open ? <CloseIcon /> : <MoreIcon />} aria-expanded={open} aria-controls="details" onPress={onMore}>
          {open ? call.lessMore : call.more}
        </Control>
      </div>
      <LeaveButton />
      {isClinician && <EndButton onAsk={() => setAsking(true)} />}
    </div>
  );
}

/** A column beside the picture on a wide screen; on a narrow one it opens over the picture and closes again. */
function Details({ open, onClose, shortcuts, setShortcuts }: {
  open: boolean; onClose: () => void; shortcuts: boolean; setShortcuts: (on: boolean) => void;
}) {
  const { call } = useWords();
  const ref = useRef<HTMLElement>(null);
  const was = useRef(open);
  useEffect(() => {
    if (open && !was.current) ref.current?.focus();
    if (!open && was.current) document.querySelector<HTMLElement>('.controls-more .control')?.focus();
    was.current = open;
  }, [open]);
  return (
    <section className="room-side" id="details" ref={ref} tabIndex={-1} aria-label={call.details}
      onKeyDown={(event) => { if (event.key === 'Escape' && open) onClose(); }}>
      <CallDetails shortcuts={shortcuts} setShortcuts={setShortcuts} />
    </section>
  );
}
