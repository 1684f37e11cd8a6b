import { Button, Notice } from '@wardline/ui';
import { useState } from 'react';
import { troubleText } from '../call/trouble';
import { useStore, useWords } from './page';
import { useRoom } from './RoomPage';

export function ConnectionNotice() {
  const { connection } = useRoom().snapshot;
  const words = useWords().connection;
  if (connection === 'connected') return null;
  return connection === 'offline'
    ? <Notice tone="attention" title={words.offline}><p>{words.offlineNext}</p></Notice>
    : <Notice tone="attention" title={words.reconnecting}><p>{words.reconnectingNext}</p></Notice>;
}

/** Stays until it is closed or another problem takes its place. */
export function TroubleNotice() {
  const { room, snapshot } = useRoom();
  const { refused } = useStore(room.state);
  const words = useWords();
  const error = refused ?? snapshot.error;
  const [closed, setClosed] = useState<unknown>(null);
  if (error === null || closed === error) return null;
  return (
    <Notice tone="attention" title={words.trouble.title} code={words.code(error.code)}
      acts={<Button onPress={() => { setClosed(error); room.dismissRefused(); }}>{words.close}</Button>}>
      <p>{words.trouble.means} {troubleText(error.code, words)}</p>
    </Notice>
  );
}

export function IdleNotice() {
  const { room, snapshot } = useRoom();
  const { idle } = useWords();
  const seconds = snapshot.idleSecondsLeft;
  if (seconds === null) return null;
  return (
    <Notice tone="attention" title={idle.title} acts={<Button kind="main" onPress={() => room.stillHere()}>{idle.here}</Button>}>
      <p className="figures">{idle.text(seconds)}</p>
    </Notice>
  );
}

export function RemovingNotice() {
  const { room } = useRoom();
  const words = useWords().room;
  const { removing } = useStore(room.state);
  if (removing === null) return null;
  return (
    <Notice tone="attention" title={<span className="figures">{words.removing(removing.name, removing.secondsLeft)}</span>}
      acts={<Button kind="main" autoFocus onPress={() => room.undoRemove()}>{words.undo}</Button>} />
  );
}

export function SoundBlockedNotice({ onUnlock }: { onUnlock: () => void }) {
  const { call } = useWords();
  return <Notice tone="attention" title={call.soundBlocked} acts={<Button kind="main" onPress={onUnlock}>{call.turnOnSound}</Button>} />;
}
