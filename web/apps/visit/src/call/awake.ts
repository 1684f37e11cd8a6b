interface Lock {
  release(): Promise<void>;
}

export interface AwakePorts {
  request(): Promise<Lock>;
  isVisible(): boolean;
  onVisible(listener: () => void): () => void;
}

/** Keeps the screen of a phone from going dark during a visit. The system drops the lock with the page; take it again. */
export function keepAwake(ports: AwakePorts): () => void {
  let lock: Lock | null = null;
  let over = false;
  const take = async () => {
    if (over || !ports.isVisible()) return;
    try {
      const taken = await ports.request();
      if (over) await taken.release();
      else lock = taken;
    } catch { /* low battery, or not supported: the screen may go dark, the call goes on */ }
  };
  const forget = ports.onVisible(() => void take());
  void take();
  return () => {
    over = true;
    forget();
    void lock?.release().catch(() => undefined);
    lock = null;
  };
}

export function browserAwake(): AwakePorts {
  return {
    request: () => navigator.wakeLock.request('screen'),
    isVisible: () => document.visibilityState === 'visible',
    onVisible(listener) {
      document.addEventListener('visibilitychange', listener);
      return () => document.removeEventListener('visibilitychange', listener);
    },
  };
}
