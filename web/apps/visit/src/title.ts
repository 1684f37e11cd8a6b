import type { Words } from './words';

/** Never a name: the title stays in the history of a device that others may use. */
export function titleOf(at: keyof Omit<Words['titles'], 'knocking'>, words: Words, knocking = 0): string {
  const title = `${words.titles[at]} – ${words.product}`;
  return knocking > 0 ? `${words.titles.knocking(knocking)} – ${title}` : title;
}
