import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

export default defineConfig({
  plugins: [react()],
  // The server shows this page, and only this one, below /admin.
  base: '/admin/',
  build: {
    target: ['es2022', 'safari15.4', 'firefox117', 'chrome120'],
    // The content security policy has no data: sources and no inline script.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
});
