// A person without a mouse: Tab, Shift+Tab, Enter, Space, Escape, and letters. Nothing here clicks or calls focus().
import assert from 'node:assert/strict';

/** What has the focus: its words, and whether a sighted person can see that it has it. */
export const focused = (page) => page.evaluate(() => {
  const element = document.activeElement;
  if (!element || element === document.body) return null;
  const labelled = element.getAttribute('aria-labelledby')?.split(' ').map((id) => document.getElementById(id)?.textContent ?? '').join(' ');
  const name = (element.getAttribute('aria-label') ?? labelled ?? element.labels?.[0]?.textContent ?? element.textContent ?? '').replace(/\s+/g, ' ').trim();
  const box = element.getBoundingClientRect();
  // React Aria hides a native input inside its label and draws the ring on what is seen of it.
  let ringed = false;
  for (let at = element, up = 0; at && up < 3 && !ringed; at = at.parentElement, up++) {
    for (const part of [at, ...at.children]) {
      const style = getComputedStyle(part);
      ringed ||= (style.outlineStyle !== 'none' && Number.parseFloat(style.outlineWidth) >= 2) || style.boxShadow !== 'none';
    }
  }
  const inView = box.bottom > 0 && box.right > 0 && box.top < innerHeight && box.left < innerWidth;
  return { tag: element.tagName.toLowerCase(), name, ringed, inView };
});

/** Presses Tab until the focus is on what is named; fails when it comes round without having met it. Every stop must be visible. */
export async function tabTo(page, name, { within = 40, back = false } = {}) {
  const met = [];
  for (let i = 0; i < within; i++) {
    await page.keyboard.press(back ? 'Shift+Tab' : 'Tab');
    const at = await focused(page);
    met.push(at?.name ?? '(page)');
    if (at && at.tag !== 'h1') {
      assert.ok(at.ringed, `nothing shows that “${at.name}” has the focus`);
      assert.ok(at.inView, `“${at.name}” has the focus outside the window`);
    }
    if (at && (name instanceof RegExp ? name.test(at.name) : at.name === name)) return met;
  }
  assert.fail(`the keyboard does not reach ${name}; it met: ${met.join(' → ')}`);
}
