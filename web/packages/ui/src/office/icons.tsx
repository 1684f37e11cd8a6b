import { Icon } from '../icons';

type Props = { size?: number };

export const PreviousIcon = (p: Props) => <Icon {...p}><path d="M14.5 6l-6 6 6 6" /></Icon>;
export const NextIcon = (p: Props) => <Icon {...p}><path d="M9.5 6l6 6-6 6" /></Icon>;
export const ListIcon = (p: Props) => <Icon {...p}><path d="M4 6h1M4 12h1M4 18h1M9 6h11M9 12h11M9 18h11" /></Icon>;
export const GridIcon = (p: Props) => <Icon {...p}><rect x="3.5" y="4.5" width="17" height="15" rx="2" /><path d="M3.5 9.5h17M3.5 14.5h17M9.5 9.5v10" /></Icon>;
export const KeyIcon = (p: Props) => <Icon {...p}><circle cx="8" cy="15.5" r="4" /><path d="M11 12.6L19.5 4M16 7.5l3 3M13.5 10l2 2" /></Icon>;
export const ChainIcon = (p: Props) => <Icon {...p}><rect x="3" y="9" width="8" height="6" rx="3" /><rect x="13" y="9" width="8" height="6" rx="3" /><path d="M8.5 12h7" /></Icon>;
export const FilterIcon = (p: Props) => <Icon {...p}><path d="M4 5.5h16l-6.2 7.3V19l-3.6-2v-4.2z" /></Icon>;
export const DownloadIcon = (p: Props) => <Icon {...p}><path d="M12 4v11M7.5 10.5L12 15l4.5-4.5M4.5 19.5h15" /></Icon>;
export const TurnIcon = (p: Props) => <Icon {...p}><path d="M19.5 12a7.5 7.5 0 1 1-2.3-5.4L19.5 9M19.5 4.5V9H15" /></Icon>;
export const StopIcon = (p: Props) => <Icon {...p}><rect x="6.5" y="6.5" width="11" height="11" rx="1.5" /></Icon>;
export const GoIcon = (p: Props) => <Icon {...p}><path d="M8 5.5l10.5 6.5L8 18.5z" /></Icon>;
export const SealIcon = (p: Props) => <Icon {...p}><circle cx="12" cy="9.5" r="6" /><path d="M9.5 9.6l1.8 1.8 3.3-3.6M8.5 14.5L7 21l5-2.5L17 21l-1.5-6.5" /></Icon>;
export const BackIcon = (p: Props) => <Icon {...p}><path d="M20 12H5M11 6l-6 6 6 6" /></Icon>;
export const OutIcon = (p: Props) => <Icon {...p}><path d="M13 4H6.5A1.5 1.5 0 0 0 5 5.5v13A1.5 1.5 0 0 0 6.5 20H13M10.5 12H20M16.5 8.5L20 12l-3.5 3.5" /></Icon>;

/** Both ways faint, or the way that it is sorted. */
export function SortIcon({ direction }: { direction: 'up' | 'down' | null }) {
  return (
    <svg className="sort-icon" data-direction={direction ?? 'none'} width="14" height="20" viewBox="0 0 14 20" aria-hidden="true" focusable="false">
      {direction !== 'down' && <path d="M3 8l4-4.5L11 8z" />}
      {direction !== 'up' && <path d="M3 12l4 4.5L11 12z" />}
    </svg>
  );
}
