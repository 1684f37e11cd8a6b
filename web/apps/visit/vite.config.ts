import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

export default defineConfig({
  plugins: [react()],
  build: {
    // RTCRtpScriptTransform came last of what a visit needs: Safari 15.4, Firefox 117, Chromium 141.
    target: ['es2022', 'safari15.4', 'firefox117', 'chrome120'],
    // The content security policy has no data: sources and no inline script.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  worker: { format: 'es' },
});
