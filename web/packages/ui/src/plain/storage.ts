// Storage throws when the browser forbids it (some private modes). Then less is remembered, no more.
export function read(storage: Pick<Storage, 'getItem'>, key: string): string | null {
  try {
    return storage.getItem(key);
  } catch {
    return null;
  }
}

export function write(storage: Pick<Storage, 'setItem'>, key: string, value: string): void {
  try {
    storage.setItem(key, value);
  } catch { /* full or forbidden: nothing that a page needs */ }
}

export function remove(storage: Pick<Storage, 'removeItem'>, key: string): void {
  try {
    storage.removeItem(key);
  } catch { /* forbidden: there was nothing */ }
}
