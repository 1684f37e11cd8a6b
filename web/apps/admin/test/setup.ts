import '@testing-library/jest-dom/vitest';
import { Blob as NodeBlob } from 'node:buffer';
import { webcrypto } from 'node:crypto';
import { cleanup } from '@testing-library/react';
import { afterEach } from 'vitest';

// What jsdom has not: hashing and signing, reading blobs, and telling of sizes.
globalThis.Blob = NodeBlob as unknown as typeof Blob;
Object.defineProperty(globalThis, 'crypto', { configurable: true, value: webcrypto });
globalThis.ResizeObserver = class {
  observe(): void {}
  unobserve(): void {}
  disconnect(): void {}
};
Element.prototype.scrollIntoView = () => undefined;

afterEach(() => {
  cleanup();
  delete document.documentElement.dataset['moved'];
  document.title = '';
});
