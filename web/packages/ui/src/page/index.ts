export { Brand } from './Brand';
export { type ChosenLanguage, makeLanguage } from './language';
export { LiveRegions } from './LiveRegions';
export { PageHeading } from './PageHeading';
export { useStore } from './useStore';
