// Real Firefox, driven over WebDriver BiDi. It needs a network with a default route: see namespace.mjs.
import puppeteer from 'puppeteer-core';
import { keepPeerConnections } from './measure.mjs';

const prefs = {
  'media.navigator.streams.fake': true,
  'media.navigator.permission.disabled': true,
  'media.peerconnection.ice.loopback': true,
  'media.peerconnection.ice.obfuscate_host_addresses': false,
  'media.autoplay.default': 0,
  'media.gmp-manager.updateEnabled': false,
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
  'app.normandy.enabled': false,
  'app.update.enabled': false,
  'browser.safebrowsing.malware.enabled': false,
  'browser.safebrowsing.phishing.enabled': false,
  'datareporting.healthreport.uploadEnabled': false,
  'dom.push.connection.enabled': false,
  'intl.accept_languages': 'en-US',
};

export async function openFirefox() {
  const browser = await puppeteer.launch({
    browser: 'firefox', executablePath: '/usr/bin/firefox-esr', headless: true, acceptInsecureCerts: true,
    extraPrefsFirefox: prefs, protocolTimeout: 60_000, defaultViewport: { width: 1024, height: 700 },
  });
  const page = await browser.newPage();
  await page.evaluateOnNewDocument(keepPeerConnections);
  const problems = [];
  page.on('pageerror', (error) => problems.push(error.message));
  return {
    page, problems,
    async click(name) {
      const button = await page.waitForSelector(`::-p-aria([name="${name}"][role="button"])`, { timeout: 30_000 });
      await button.click();
    },
    async sees(name) { await page.waitForSelector(`::-p-aria([name="${name}"][role="button"])`, { timeout: 30_000 }); },
    close: () => browser.close(),
  };
}
