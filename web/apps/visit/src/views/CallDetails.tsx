import { Button, DownIcon, Toggle } from '@wardline/ui';
import { DeviceChoices } from './DeviceChoices';
import { LanguageButton } from './Frame';
import { useStore, useWords } from './page';
import { QualityCard } from './Quality';
import { useRoom } from './RoomPage';
import { SafetyCard } from './Safety';

/** Everything beside the picture, in the order in which a visit needs it. */
export function CallDetails({ shortcuts, setShortcuts }: { shortcuts: boolean; setShortcuts: (on: boolean) => void }) {
  const { call } = useWords();
  return (
    <>
      <SafetyCard />
      <People />
      <QualityCard />
      <details className="card">
        <summary><h2>{call.devices}</h2><DownIcon /></summary>
        <DeviceChoices />
        <Toggle on={shortcuts} onChange={setShortcuts}>{call.shortcuts}</Toggle>
        <LanguageButton />
      </details>
    </>
  );
}

function People() {
  const { room, snapshot } = useRoom();
  const words = useWords();
  const { busy, removing } = useStore(room.state);
  const isClinician = snapshot.you?.role === 'clinician';
  const inside = snapshot.participants.filter((p) => p.state !== 'waiting' && !p.isYou);
  // With one other person there is nothing in a list that the picture does not say, except what a clinician can do.
  if (inside.length < (isClinician ? 1 : 2)) return null;
  return (
    <section className="card people">
      <h2>{words.call.people}</h2>
      <ul role="list">
        {inside.map((person) => (
          <li key={person.id}>
            <span className="people-name">{person.name}<span className="soft small">{words.roles[person.role]}</span></span>
            {isClinician && person.role !== 'clinician' && (
              <span className="people-acts">
                <Button aria-label={words.room.holdName(person.name)} isDisabled={busy.includes(person.id)} onPress={() => void room.hold(person.id)}>{words.room.hold}</Button>
                <Button aria-label={words.room.removeName(person.name)} isDisabled={removing?.participant === person.id} onPress={() => room.remove(person)}>{words.room.remove}</Button>
              </span>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}
