export type BrowserKind = 'chrome-desktop' | 'chrome-phone' | 'edge' | 'firefox' | 'safari-mac' | 'safari-phone' | 'other';
export type SystemKind = 'mac' | 'windows' | 'phone' | 'other';

/** Only for which words of help to show; nothing else depends on it. */
export function platformOf(userAgent: string, touchPoints: number): { browser: BrowserKind; system: SystemKind } {
  // An iPad says it is a Mac; a Mac has no touch points.
  const apple = /iPhone|iPad|iPod/.test(userAgent) || (/Macintosh/.test(userAgent) && touchPoints > 1);
  const phone = apple || /Android/.test(userAgent);
  const system: SystemKind = phone ? 'phone' : /Macintosh/.test(userAgent) ? 'mac' : /Windows/.test(userAgent) ? 'windows' : 'other';
  return { browser: browserOf(userAgent, apple, phone), system };
}

function browserOf(userAgent: string, apple: boolean, phone: boolean): BrowserKind {
  if (/Firefox\//.test(userAgent)) return 'firefox';
  if (apple && !/CriOS|FxiOS|EdgiOS/.test(userAgent)) return 'safari-phone';
  if (/Edg\//.test(userAgent)) return 'edge';
  if (/Chrome\//.test(userAgent)) return phone ? 'chrome-phone' : 'chrome-desktop';
  if (/Safari\//.test(userAgent) && !phone) return 'safari-mac';
  return 'other';
}
