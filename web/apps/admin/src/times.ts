/** Times as the reader's own calendar and clock write them. */
export class Times {
  readonly #day: Intl.DateTimeFormat;
  readonly #clock: Intl.DateTimeFormat;
  readonly #minute: Intl.DateTimeFormat;
  readonly #full: Intl.DateTimeFormat;

  constructor(language: string) {
    const locale = language === 'es' ? 'es-MX' : 'en-US';
    this.#day = new Intl.DateTimeFormat(locale, { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' });
    this.#clock = new Intl.DateTimeFormat(locale, { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' });
    this.#minute = new Intl.DateTimeFormat(locale, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
    this.#full = new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'short', year: 'numeric', hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23', timeZoneName: 'short' });
  }

  /** Monday, November 23, 2026 */
  day = (at: string | number): string => this.#day.format(new Date(at));
  /** 09:03:12 */
  clock = (at: string | number): string => this.#clock.format(new Date(at));
  /** 09:03 */
  minute = (at: string | number): string => this.#minute.format(new Date(at));
  /** Nov 23, 2026, 09:03:12 UTC */
  full = (at: string | number): string => this.#full.format(new Date(at));
}

/** As the browser's own field for times writes them: local, to the minute. */
export function localMinute(at: Date): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}T${two(at.getHours())}:${two(at.getMinutes())}`;
}

const units = ['B', 'kB', 'MB', 'GB'] as const;

/** 1,234,567 bytes as 1.2 MB. */
export function sizeText(bytes: number, language: string): string {
  const power = bytes < 1000 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1000 ** power;
  return `${value.toLocaleString(language === 'es' ? 'es-MX' : 'en-US', { maximumFractionDigits: power === 0 || value >= 100 ? 0 : 1 })} ${units[power]}`;
}
