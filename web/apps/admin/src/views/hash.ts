/** Hex in groups of eight, which the eye can hold while it compares. */
export const grouped = (hex: string): string => hex.match(/.{1,8}/g)?.join(' ') ?? '';
