import { Button, ChairIcon } from '@wardline/ui';
import { useEffect, useId, useRef } from 'react';
import { useStore, useWords } from './page';
import { useRoom } from './RoomPage';

/** Who waits, and the one thing to do about it. */
export function WaitingList() {
  const { room, snapshot } = useRoom();
  const words = useWords();
  const { arrived, busy } = useStore(room.state);
  const id = useId();
  const waiting = snapshot.participants.filter((p) => p.state === 'waiting' && !p.isYou);
  const ref = useRef<HTMLElement>(null);
  const acted = useRef(false);
  useEffect(() => {
    // The button that admitted somebody is gone with them: the focus goes to the next one, not to the top of the page.
    if (!acted.current || (document.activeElement !== null && document.activeElement !== document.body)) return;
    acted.current = false;
    // An empty list is not shown where room is scarce; then the page's heading takes it.
    const next = ref.current?.querySelector<HTMLElement>('button') ?? ref.current?.querySelector<HTMLElement>('h2');
    next?.focus();
    if (document.activeElement !== next) document.querySelector<HTMLElement>('h1')?.focus({ preventScroll: true });
  }, [waiting.length]);
  return (
    <section ref={ref} className="knock" data-empty={waiting.length === 0 || undefined} data-arrived={arrived !== null || undefined} aria-labelledby={`${id}-h`}>
      <h2 id={`${id}-h`} tabIndex={-1}><ChairIcon />{words.room.heading}</h2>
      <WaitingAnnounce text={arrived === null ? '' : words.room.arrived(arrived.name)} />
      {waiting.length === 0 ? <p className="soft">{words.room.empty}</p> : (
        <ul role="list">
          {waiting.map((person) => (
            <li key={person.id}>
              <span id={`${id}-${person.id}`} className="knock-name">{person.name}<span className="soft small">{words.roles[person.role]}</span></span>
              <Button kind="main" aria-describedby={`${id}-${person.id}`} isPending={busy.includes(person.id)}
                onPress={() => { acted.current = true; void room.admit(person.id); }}>{words.room.admit}</Button>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

/** The visible list is the notice; this says it to those who do not look. */
function WaitingAnnounce({ text }: { text: string }) {
  return <p className="visually-hidden" role="alert">{text}</p>;
}
