import type { Announcer } from '../plain';
import { useStore } from './useStore';

/** Two regions for the whole life of the page: regions that come and go are not read. */
export function LiveRegions({ announcer }: { announcer: Announcer }) {
  const { polite, urgent } = useStore(announcer.state);
  return (
    <div className="visually-hidden">
      <div role="status" aria-live="polite">{polite}</div>
      <div role="alert" aria-live="assertive">{urgent}</div>
    </div>
  );
}
