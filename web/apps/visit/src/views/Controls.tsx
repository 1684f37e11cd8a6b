import { CameraIcon, CameraOffIcon, EndIcon, FlipIcon, LeaveIcon, MicIcon, MicOffIcon } from '@wardline/ui';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { Button as AriaButton, type ButtonProps } from 'react-aria-components';
import { shortcutOf } from '../call/shortcuts';
import { useStore, useTools, useWords } from './page';
import { useRoom } from './RoomPage';

interface ControlProps extends Omit<ButtonProps, 'children' | 'className' | 'style'> {
  icon: ReactNode;
  children: ReactNode;
  /** `off`: what it controls is off. */
  look?: 'usual' | 'off' | 'leave' | 'end' | undefined;
  shortcut?: string | undefined;
}

/** A picture above its words. The words say what pressing does. */
export function Control({ icon, children, look = 'usual', shortcut, ...rest }: ControlProps) {
  const ref = useRef<HTMLButtonElement>(null);
  // React Aria passes only the ARIA attributes it knows.
  useEffect(() => {
    if (shortcut === undefined) ref.current?.removeAttribute('aria-keyshortcuts');
    else ref.current?.setAttribute('aria-keyshortcuts', shortcut);
  }, [shortcut]);
  return <AriaButton {...rest} ref={ref} className="control" data-look={look}>{icon}<span>{children}</span></AriaButton>;
}

export function MicrophoneButton({ shortcut }: { shortcut?: boolean }) {
  const { announcer } = useTools();
  const { room } = useRoom();
  const { call } = useWords();
  const { microphoneOn } = useStore(room.state);
  return (
    <Control icon={microphoneOn ? <MicIcon /> : <MicOffIcon />} look={microphoneOn ? 'usual' : 'off'} shortcut={shortcut ? 'M' : undefined}
      onPress={() => { announcer.clear(); void room.toggle('microphone'); }}>
      {microphoneOn ? call.mute : call.unmute}
    </Control>
  );
}

export function CameraButton({ shortcut }: { shortcut?: boolean }) {
  const { announcer } = useTools();
  const { room } = useRoom();
  const { call } = useWords();
  const { cameraOn } = useStore(room.state);
  return (
    <Control icon={cameraOn ? <CameraIcon /> : <CameraOffIcon />} look={cameraOn ? 'usual' : 'off'} shortcut={shortcut ? 'V' : undefined}
      onPress={() => { announcer.clear(); void room.toggle('camera'); }}>
      {cameraOn ? call.stopVideo : call.startVideo}
    </Control>
  );
}

export function FlipButton() {
  const { room } = useRoom();
  const { call } = useWords();
  return <Control icon={<FlipIcon />} onPress={() => void room.flip()}>{call.switchCamera}</Control>;
}

export function LeaveButton() {
  const { room } = useRoom();
  const { call } = useWords();
  return <Control icon={<LeaveIcon />} look="leave" onPress={() => void room.leave()}>{call.leave}</Control>;
}

/** Ends the visit for everybody, so it asks, in its own place; the focus goes to the way back. */
export function EndButton({ onAsk }: { onAsk: () => void }) {
  const { call } = useWords();
  return <Control icon={<EndIcon />} look="end" onPress={onAsk}>{call.end}</Control>;
}

/** M and V, said aloud by the live region since no focused button changes its name. */
export function useShortcuts(enabled: boolean): void {
  const { announcer } = useTools();
  const { room } = useRoom();
  const { announce } = useWords();
  useEffect(() => {
    if (!enabled) return;
    const onKey = (event: KeyboardEvent) => {
      const kind = shortcutOf(event);
      if (kind === null) return;
      event.preventDefault();
      void room.toggle(kind).then(() => {
        const { microphoneOn, cameraOn } = room.state.get();
        announcer.say(kind === 'microphone'
          ? (microphoneOn ? announce.unmuted : announce.muted)
          : (cameraOn ? announce.videoOn : announce.videoOff));
      });
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, [enabled, room, announcer, announce]);
}

/** A setting that stays in this browser. */
export function useKept(key: string, initial: boolean): [boolean, (on: boolean) => void] {
  const { storage } = useTools();
  const [on, setOn] = useState(() => {
    try {
      const kept = storage.getItem(key);
      return kept === null ? initial : kept === 'yes';
    } catch {
      return initial;
    }
  });
  return [on, (next) => {
    setOn(next);
    try {
      storage.setItem(key, next ? 'yes' : 'no');
    } catch { /* forbidden: it holds for this page */ }
  }];
}
