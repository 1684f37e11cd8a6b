import type { ParticipantView } from '@wardline/client';
import { CameraOffIcon, FlipIcon, MicOffIcon, PersonIcon } from '@wardline/ui';
import { type CSSProperties, type ReactNode, useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { Button as AriaButton } from 'react-aria-components';
import { CROWD, type Grid, gridFor, lastRowStart } from '../call/tiles';
import { useOwnStream, Video } from './media';
import { useStore, useTools, useWords } from './page';
import { useRoom } from './RoomPage';

/** The others, each as large as can be. */
export function Stage({ others, empty }: { others: readonly ParticipantView[]; empty: ReactNode }) {
  const ref = useRef<HTMLDivElement>(null);
  const [grid, setGrid] = useState<Grid>({ columns: 1, rows: 1 });
  const count = others.length;

  useLayoutEffect(() => {
    const box = ref.current;
    if (box === null) return;
    const measure = () => setGrid((before) => {
      const next = gridFor(count, box.clientWidth, box.clientHeight);
      return next.columns === before.columns && next.rows === before.rows ? before : next;
    });
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(box);
    return () => observer.disconnect();
  }, [count]);

  const style = { '--columns': grid.columns, '--rows': grid.rows } as CSSProperties;
  const start = lastRowStart(count, grid);
  const lastRow = grid.columns * (grid.rows - 1);
  return (
    <div className="stage" ref={ref} style={style} data-count={count}>
      {count === 0 ? empty : others.map((person, n) => <Tile key={person.id} person={person} crowd={count >= CROWD} start={n === lastRow ? start : null} />)}
    </div>
  );
}

function Tile({ person, crowd, start }: { person: ParticipantView; crowd: boolean; start: number | null }) {
  const { sizes } = useRoom();
  const { call } = useWords();
  const { id } = person;
  const onSize = useCallback((width: number, height: number) => sizes.show(id, { width, height }), [sizes, id]);
  const stream = person.cameraOn && person.state === 'in-call' ? person.cameraStream : null;
  useEffect(() => {
    if (stream === null) sizes.hide(id);
  }, [stream, sizes, id]);

  const why = person.state === 'away' ? call.away(person.name) : person.cameraOn ? call.securing : call.cameraOff(person.name);
  return (
    <figure className="tile" data-state={person.state} data-start={start ?? undefined} style={start === null ? undefined : { '--start': start } as CSSProperties}>
      {stream !== null
        ? <Video stream={stream} crowd={crowd} label={person.name} onSize={onSize} />
        : <div className="tile-empty"><PersonIcon size={56} /><p>{why}</p></div>}
      <figcaption className="tile-name">
        {!person.microphoneOn && <MicOffIcon size={18} />}
        <span>{person.name}</span>
        {!person.microphoneOn && <span className="tile-state">{call.muted}</span>}
        {stream !== null && !person.secure && <span className="tile-state">{call.securing}</span>}
      </figcaption>
    </figure>
  );
}

/** Oneself, small and mirrored as in a mirror, and where the camera is turned round on a phone. */
export function SelfTile() {
  const { desk } = useTools();
  const { room } = useRoom();
  const { call, check } = useWords();
  const { camera, facing } = useStore(desk.state);
  const { microphoneOn } = useStore(room.state);
  const stream = useOwnStream(camera.track);
  return (
    <div className="self">
      <figure className="tile">
        {stream !== null
          ? <Video stream={stream} mirrored={facing === 'user'} label={check.preview} />
          : <div className="tile-empty"><CameraOffIcon size={28} /></div>}
        <figcaption className="tile-name">
          {!microphoneOn && <MicOffIcon size={18} />}
          <span>{call.you}</span>
        </figcaption>
      </figure>
      {camera.track !== null && camera.choices.length > 1 && (
        <AriaButton className="flip" aria-label={call.switchCamera} onPress={() => void room.flip()}><FlipIcon /></AriaButton>
      )}
    </div>
  );
}
