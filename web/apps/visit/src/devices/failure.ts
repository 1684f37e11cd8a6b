/** Why a device gives nothing, as far as browsers tell. */
export type Failure = 'denied' | 'denied-by-system' | 'none' | 'busy' | 'lost' | 'failed';

/** Media Capture and Streams §10.2, and what browsers really throw. */
export function failureOf(error: unknown): Failure {
  const { name, message } = error as Partial<DOMException>;
  switch (name) {
    case 'NotAllowedError':
    case 'PermissionDeniedError':
      // Chromium: "Permission denied by system"; Firefox: NotFoundError or "…in the current context".
      return /system/i.test(message ?? '') ? 'denied-by-system' : 'denied';
    case 'SecurityError':
      return 'denied';
    case 'NotFoundError':
    case 'DevicesNotFoundError':
    case 'OverconstrainedError':
      return 'none';
    case 'NotReadableError':
    case 'TrackStartError':
    case 'AbortError':
      return 'busy';
    default:
      return 'failed';
  }
}
