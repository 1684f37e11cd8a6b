import type { ReactNode } from 'react';

/* Drawn on a 24 grid with one line weight. Always beside words, so hidden from assistive technology. */
export function Icon({ children, size = 24 }: { children: ReactNode; size?: number | undefined }) {
  return (
    <svg
      width={size} height={size} viewBox="0 0 24 24" fill="none" stroke="currentColor" strokeWidth={1.75}
      strokeLinecap="round" strokeLinejoin="round" aria-hidden="true" focusable="false"
    >
      {children}
    </svg>
  );
}

type Props = { size?: number };
const slash = <path d="M4 4l16 16" />;
const mic = <><rect x="9" y="3.5" width="6" height="11" rx="3" /><path d="M5.5 11.5a6.5 6.5 0 0 0 13 0M12 18v3" /></>;
const camera = <><rect x="3" y="6.5" width="12.5" height="11" rx="2" /><path d="M15.5 10.8l5.5-3v8.4l-5.5-3" /></>;

export const MicIcon = (p: Props) => <Icon {...p}>{mic}</Icon>;
export const MicOffIcon = (p: Props) => <Icon {...p}>{mic}{slash}</Icon>;
export const CameraIcon = (p: Props) => <Icon {...p}>{camera}</Icon>;
export const CameraOffIcon = (p: Props) => <Icon {...p}>{camera}{slash}</Icon>;
/** A camera that turns round. */
export const FlipIcon = (p: Props) => (
  <Icon {...p}>
    <path d="M8 7l1.4-2.5h5.2L16 7h3.5A1.5 1.5 0 0 1 21 8.5v9a1.5 1.5 0 0 1-1.5 1.5h-15A1.5 1.5 0 0 1 3 17.5v-9A1.5 1.5 0 0 1 4.5 7z" />
    <path d="M8.7 12.3a3.4 3.4 0 0 1 6.2-1.2M15.3 13.7a3.4 3.4 0 0 1-6.2 1.2" /><path d="M15.3 9.2v2.1h-2.1M8.7 16.8v-2.1h2.1" />
  </Icon>
);
export const SpeakerIcon = (p: Props) => (
  <Icon {...p}><path d="M4 9.5v5h3.5l5 4v-13l-5 4z" /><path d="M16 9a4.2 4.2 0 0 1 0 6M18.5 6.5a7.8 7.8 0 0 1 0 11" /></Icon>
);
/** A door with an arrow out of it. */
export const LeaveIcon = (p: Props) => (
  <Icon {...p}><path d="M13 4H6.5A1.5 1.5 0 0 0 5 5.5v13A1.5 1.5 0 0 0 6.5 20H13" /><path d="M10.5 12H20M16.5 8.5L20 12l-3.5 3.5" /></Icon>
);
/** A square in a ring: it stops for everyone. */
export const EndIcon = (p: Props) => <Icon {...p}><circle cx="12" cy="12" r="8.5" /><rect x="9" y="9" width="6" height="6" rx="1" /></Icon>;
export const MoreIcon = (p: Props) => <Icon {...p}><path d="M4 7h9M17 7h3M4 17h3M11 17h9" /><circle cx="15" cy="7" r="2" /><circle cx="9" cy="17" r="2" /></Icon>;
export const CloseIcon = (p: Props) => <Icon {...p}><path d="M6 6l12 12M18 6L6 18" /></Icon>;
export const DownIcon = (p: Props) => <Icon {...p}><path d="M7 10l5 5 5-5" /></Icon>;
export const ShieldIcon = (p: Props) => <Icon {...p}><path d="M12 3.5l7 2.5v5.5c0 4.3-2.9 7.4-7 9-4.1-1.6-7-4.7-7-9V6z" /><path d="M9 12l2.2 2.2L15.2 10" /></Icon>;
export const InfoIcon = (p: Props) => <Icon {...p}><circle cx="12" cy="12" r="8.5" /><path d="M12 11v5M12 8v.01" /></Icon>;
export const AlertIcon = (p: Props) => <Icon {...p}><path d="M12 4l9 16H3z" /><path d="M12 10v4.5M12 17.2v.01" /></Icon>;
export const DoneIcon = (p: Props) => <Icon {...p}><circle cx="12" cy="12" r="8.5" /><path d="M8.5 12.2l2.5 2.5 4.5-5" /></Icon>;
export const ChairIcon = (p: Props) => <Icon {...p}><path d="M7 3.5v9h9.5M7 12.5V20M16.5 12.5V20M7 16h9.5" /></Icon>;
export const PersonIcon = (p: Props) => <Icon {...p}><circle cx="12" cy="8" r="4" /><path d="M4.5 20.5c.8-4 3.8-6 7.5-6s6.7 2 7.5 6" /></Icon>;
export const LinkIcon = (p: Props) => <Icon {...p}><path d="M10 14a4 4 0 0 0 5.7 0l3-3A4 4 0 0 0 13 5.3l-1.2 1.2M14 10a4 4 0 0 0-5.7 0l-3 3A4 4 0 0 0 11 18.7l1.2-1.2" /></Icon>;
