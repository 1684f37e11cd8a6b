import type { Support } from './types';

/**
 * Says whether this browser can take part in a sealed call. A browser that cannot is told so before the visit and
 * cannot join unencrypted; there is no fallback.
 */
export function checkSupport(scope: typeof globalThis = globalThis): Support {
  const has = (name: string): boolean => typeof (scope as Record<string, unknown>)[name] !== 'undefined';
  const missing: string[] = [];
  if (scope.isSecureContext !== true) missing.push('secure context');
  if (!has('RTCPeerConnection')) missing.push('RTCPeerConnection');
  if (!has('RTCRtpScriptTransform')) missing.push('RTCRtpScriptTransform');
  if (!has('Worker')) missing.push('Worker');
  if (!has('WebSocket')) missing.push('WebSocket');
  if (typeof scope.crypto?.subtle === 'undefined') missing.push('WebCrypto');
  if (typeof scope.navigator?.mediaDevices?.getUserMedia !== 'function') missing.push('getUserMedia');
  return { supported: missing.length === 0, missing };
}
