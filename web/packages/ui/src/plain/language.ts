/** The first of the browser's languages that is written; the first one of all when there is none. */
export function pickLanguage<L extends string>(written: readonly [L, ...L[]], wanted: readonly string[], kept: string | null = null): L {
  for (const tag of [kept ?? '', ...wanted]) {
    const base = tag.toLowerCase().split('-')[0];
    const found = written.find((language) => language === base);
    if (found !== undefined) return found;
  }
  return written[0];
}
