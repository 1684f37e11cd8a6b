export type Shortcut = 'microphone' | 'camera';

type Press = Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'altKey' | 'repeat' | 'defaultPrevented' | 'target'>;

/**
 * M and V, unless somebody types, holds the key, or means a shortcut of the browser. They can be switched off
 * (WCAG 2.1.4), since speech input "types" letters.
 */
export function shortcutOf(press: Press): Shortcut | null {
  if (press.ctrlKey || press.metaKey || press.altKey || press.repeat || press.defaultPrevented) return null;
  if (press.target instanceof Element && press.target.closest('input:not([type="checkbox"]), textarea, select, [contenteditable]:not([contenteditable="false"])') !== null) return null;
  switch (press.key) {
    case 'm': case 'M': return 'microphone';
    case 'v': case 'V': return 'camera';
    default: return null;
  }
}
