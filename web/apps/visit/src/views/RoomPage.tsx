import type { VisitSnapshot } from '@wardline/client';
import { browserTimer } from '@wardline/ui/plain';
import { createContext, use, useEffect, useRef, useState } from 'react';
import { sayings } from '../call/announce';
import { browserAwake, keepAwake } from '../call/awake';
import { Room } from '../call/room';
import { Sizes } from '../call/sizes';
import type { VisitSession } from '../flow/session';
import { titleOf } from '../title';
import { CallPage } from './CallPage';
import { useStore, useTools, useWords } from './page';
import { WaitingPage } from './WaitingPage';

interface InRoom {
  room: Room;
  sizes: Sizes;
  snapshot: VisitSnapshot;
}

const RoomContext = createContext<InRoom | null>(null);

export function useRoom(): InRoom {
  const inRoom = use(RoomContext);
  if (inRoom === null) throw new Error('No room around this view');
  return inRoom;
}

/** From the waiting room to the end: one client, one set of acts, two pages. */
export function RoomPage() {
  const { session } = useStore(useTools().flow.state);
  return session === null ? null : <Inside session={session} />;
}

function Inside({ session }: { session: VisitSession }) {
  const inRoom = useInRoom(session);
  const words = useWords();
  const { phase, participants, you } = inRoom?.snapshot ?? session.getSnapshot();
  const knocking = you?.role === 'clinician' ? participants.filter((p) => p.state === 'waiting').length : 0;

  useEffect(() => {
    document.title = titleOf(phase === 'in-call' ? 'call' : 'waiting', words, knocking);
  }, [phase, words, knocking]);

  if (inRoom === null) return null;
  return (
    <RoomContext value={inRoom}>
      {phase === 'in-call' ? <CallPage /> : <WaitingPage />}
    </RoomContext>
  );
}

function useInRoom(session: VisitSession): InRoom | null {
  const { desk, flow, announcer, tone } = useTools();
  const words = useWords();
  const [made, setMade] = useState<{ room: Room; sizes: Sizes } | null>(null);
  const [snapshot, setSnapshot] = useState(() => session.getSnapshot());
  const spoken = useRef(snapshot);

  useEffect(() => {
    const room = new Room({ session, desk, joinedWith: flow.state.get().joinedWith, timer: browserTimer, tone });
    const sizes = new Sizes((participant, width, height) => session.setView(participant, 'camera', width, height), browserTimer, () => devicePixelRatio);
    const onSnapshot = () => setSnapshot(session.getSnapshot());
    const unsubscribe = session.subscribe(onSnapshot);
    onSnapshot();
    const awake = keepAwake(browserAwake());
    const visible = () => sizes.setVisible(document.visibilityState === 'visible');
    const touched = () => room.touched();
    const mark = () => flow.stillHere(room.state.get().cameraOn, room.state.get().microphoneOn);
    const markEvery = setInterval(mark, 15_000);
    const unmark = room.state.subscribe(mark);
    mark();
    document.addEventListener('visibilitychange', visible);
    addEventListener('pagehide', mark);
    for (const event of ['pointerdown', 'keydown'] as const) addEventListener(event, touched, { passive: true });
    setMade({ room, sizes });
    return () => {
      clearInterval(markEvery);
      unmark();
      document.removeEventListener('visibilitychange', visible);
      removeEventListener('pagehide', mark);
      for (const event of ['pointerdown', 'keydown'] as const) removeEventListener(event, touched);
      awake();
      unsubscribe();
      sizes.close();
      room.close();
    };
  }, [session, desk, flow, tone]);

  useEffect(() => {
    for (const { text, urgent } of sayings(spoken.current, snapshot, words)) announcer.say(text, urgent);
    spoken.current = snapshot;
  }, [snapshot, words, announcer]);

  return made === null ? null : { ...made, snapshot };
}
