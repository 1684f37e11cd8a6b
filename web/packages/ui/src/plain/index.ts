export { Announcer, type Said } from './announcer';
export { pickLanguage } from './language';
export { read, remove, write } from './storage';
export { Store } from './store';
export { browserTimer, type Timer } from './timer';
