import { Trace } from '@wardline/ui';
import { Button as AriaButton } from 'react-aria-components';
import { useWords } from './page';
import { useRoom } from './RoomPage';

/** The last minute as a line, and the same in words. */
export function QualityCard() {
  const { quality, connection } = useRoom().snapshot;
  const words = useWords().quality;
  const connected = connection === 'connected';
  // What was measured before the connection was lost says nothing about now.
  const figures = connected ? words.figures(quality.roundTripMs, quality.estimateKbps, quality.lossPercent) : '';
  const advice = connected ? words.advice[quality.level] : '';
  return (
    <section className="card quality" data-level={connected ? quality.level : 'poor'}>
      <h2>{connected ? words[quality.level] : words.none}</h2>
      <div className="quality-trace"><Trace history={quality.history} /></div>
      {advice !== '' && <p>{advice}</p>}
      {figures !== '' && <p className="soft small figures">{figures}</p>}
    </section>
  );
}

/** The same, small, over the picture where there is no column beside it. */
export function ConnectionChip({ onPress }: { onPress: () => void }) {
  const { quality, connection } = useRoom().snapshot;
  const words = useWords().quality;
  const connected = connection === 'connected';
  return (
    <AriaButton className="chip quality" data-level={connected ? quality.level : 'poor'} onPress={onPress}>
      <span className="chip-trace"><Trace history={quality.history} /></span>
      {connected ? words[quality.level] : words.none}
    </AriaButton>
  );
}
