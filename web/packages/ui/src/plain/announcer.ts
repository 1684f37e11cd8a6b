import { Store } from './store';

export interface Said {
  polite: string;
  urgent: string;
}

/** What the page's two live regions hold. The same words twice are made different, or they would not be read again. */
export class Announcer {
  readonly state = new Store<Said>({ polite: '', urgent: '' });

  say(text: string, urgent = false): void {
    const key = urgent ? 'urgent' : 'polite';
    const again = this.state.get()[key] === text ? '\u00a0' : '';
    this.state.update({ [key]: text + again });
  }

  clear(): void {
    this.state.set({ polite: '', urgent: '' });
  }
}
