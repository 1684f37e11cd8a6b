import type { Keys } from '../api/types';
import { currentSource } from '../keys/ages';
import { useWords } from './page';

/** The hierarchy of keys: one protects the next, and only the last one protects data. */
export function KeyPicture({ keys }: { keys: Keys }) {
  const { keys: say } = useWords();
  const tenants = new Set(keys.keys.map((key) => key.tenant)).size;
  const { drawing } = say;
  const source = currentSource(keys);
  return (
    <ol className="key-picture" role="list">
      <li data-broken={source?.works !== true || undefined}>
        <svg viewBox="0 0 64 56" width="64" height="56" aria-hidden="true" focusable="false">
          <rect x="6" y="6" width="52" height="44" rx="5" /><circle cx="32" cy="28" r="9" /><path d="M32 19v-5M32 42v-5M41 28h5M18 28h5" />
        </svg>
        <strong>{drawing.source}</strong>
      </li>
      <li className="key-joint small">{drawing.wraps}</li>
      <li>
        <svg viewBox="0 0 64 56" width="64" height="56" aria-hidden="true" focusable="false">
          <circle cx="18" cy="38" r="9" /><path d="M24 31l20-21M36 18l6 6M43 10l5 5" />
        </svg>
        <strong>{drawing.tenants}</strong>
        <span className="small soft figures">{drawing.tenantsText(tenants)}</span>
      </li>
      <li className="key-joint small">{drawing.seals}</li>
      <li>
        <svg viewBox="0 0 64 56" width="64" height="56" aria-hidden="true" focusable="false">
          <path d="M32 5l20 7v16c0 12-8 20-20 24C20 48 12 40 12 28V12z" /><path d="M24 29l6 6 11-12" />
        </svg>
        <strong>{drawing.data}</strong>
      </li>
    </ol>
  );
}
