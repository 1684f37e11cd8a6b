// What a person does on the visit page, by accessible name only.
import { eventually } from './measure.mjs';

export async function openLink(page, link) {
  await page.goto(link);
}

export async function joinVisit(page) {
  await page.getByRole('button', { name: 'Join visit', exact: true }).waitFor({ timeout: 30_000 });
  await page.waitForFunction(() => document.querySelector('video')?.videoWidth > 0, null, { timeout: 30_000 });
  await page.getByRole('button', { name: 'Join visit', exact: true }).click();
}

export async function admit(page) {
  await page.getByRole('button', { name: /^Admit/ }).first().click({ timeout: 30_000 });
}

export async function inCall(page) {
  await page.getByRole('button', { name: 'Leave', exact: true }).waitFor({ timeout: 30_000 });
}

/** The six digits on this person's screen. */
export function shortCode(page) {
  return eventually(async () => {
    const text = await page.locator('body').innerText({ timeout: 1000 });
    const digits = /(?<!\d)(\d{3})\s(\d{3})(?!\d)/.exec(text);
    if (!digits) throw new Error('no code on the page yet');
    return digits[1] + digits[2];
  });
}

/** Clinician and patient, admitted, in the call. */
export async function startConsult(wardline, clinician, patient) {
  await openLink(clinician, wardline.links.clinician);
  await joinVisit(clinician);
  await inCall(clinician);
  await openLink(patient, wardline.links.patient);
  await joinVisit(patient);
  await admit(clinician);
  await inCall(patient);
}
