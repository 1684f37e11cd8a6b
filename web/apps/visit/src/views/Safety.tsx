import { ShieldIcon } from '@wardline/ui';
import { Button as AriaButton } from 'react-aria-components';
import { useWords } from './page';
import { useRoom } from './RoomPage';

/** Equal on both screens exactly when nobody sits in the middle; so people must be able to compare it. */
export function SafetyCard() {
  const { snapshot } = useRoom();
  const words = useWords();
  const { secure } = words;
  const { digits } = snapshot.code;
  const others = snapshot.participants.filter((p) => !p.isYou && p.state === 'in-call').map((p) => p.name);
  return (
    <section className="card safety">
      <h2><ShieldIcon />{secure.heading}</h2>
      {digits === null ? <p className="soft">{secure.making}</p> : (
        <>
          <p>{others.length === 1 ? secure.compare(words.list(others)) : secure.compareOthers}</p>
          <p className="digits figures" data-safety-number>{digits}</p>
          <p className="soft small">{secure.why}</p>
        </>
      )}
    </section>
  );
}

export function SafetyChip({ onPress }: { onPress: () => void }) {
  const { digits } = useRoom().snapshot.code;
  const { secure } = useWords();
  if (digits === null) return null;
  return (
    <AriaButton className="chip" onPress={onPress}>
      <ShieldIcon size={18} /><span className="visually-hidden">{secure.heading} </span><span className="figures">{digits}</span>
    </AriaButton>
  );
}
