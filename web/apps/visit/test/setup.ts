import '@testing-library/jest-dom/vitest';
import { cleanup } from '@testing-library/react';
import { afterEach } from 'vitest';

// What jsdom has not: playing, and telling of sizes.
HTMLMediaElement.prototype.play = () => Promise.resolve();
globalThis.ResizeObserver = class {
  observe(): void {}
  unobserve(): void {}
  disconnect(): void {}
};
globalThis.MediaStream = class {
  constructor(private readonly tracks: MediaStreamTrack[] = []) {}
  getTracks = (): MediaStreamTrack[] => this.tracks;
  getVideoTracks = (): MediaStreamTrack[] => this.tracks.filter((t) => t.kind === 'video');
  getAudioTracks = (): MediaStreamTrack[] => this.tracks.filter((t) => t.kind === 'audio');
} as unknown as typeof MediaStream;
Object.defineProperty(HTMLMediaElement.prototype, 'srcObject', { configurable: true, writable: true, value: null });

afterEach(() => {
  cleanup();
  delete document.documentElement.dataset['moved'];
  document.title = '';
});
