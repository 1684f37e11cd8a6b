import { Trace } from '@wardline/ui';
import { Button as AriaButton } from 'react-aria-components';
import { useWords } from './page';
import { useRoom } from './RoomPage';

/** The last minute as a line, and the same in words. */
export function QualityCard() {
  const { quality } = useRoom().snapshot;
  const words = useWords().quality;
  const figures = words.figures(quality.roundTripMs, quality.estimateKbps, quality.lossPercent);
  const advice = words.advice[quality.level];
  return (
    <section className="card quality" data-level={quality.level}>
      <h2>{words[quality.level]}</h2>
      <div className="quality-trace"><Trace history={quality.history} /></div>
      {advice !== '' && <p>{advice}</p>}
      {figures !== '' && <p className="soft small figures">{figures}</p>}
    </section>
  );
}

/** The same, small, over the picture where there is no column beside it. */
export function ConnectionChip({ onPress }: { onPress: () => void }) {
  const { quality } = useRoom().snapshot;
  const words = useWords().quality;
  return (
    <AriaButton className="chip quality" data-level={quality.level} onPress={onPress}>
      <span className="chip-trace"><Trace history={quality.history} /></span>
      {words[quality.level]}
    </AriaButton>
  );
}
