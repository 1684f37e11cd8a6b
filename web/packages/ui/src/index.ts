export { Button, type ButtonKind, type ButtonProps } from './Button';
export { Choice, type ChoiceProps } from './Choice';
export * from './icons';
export { Level } from './Level';
export { Notice, type NoticeProps, type Tone } from './Notice';
export { Toggle, type ToggleProps } from './Toggle';
export { Trace } from './Trace';
export { tracePath } from './trace';
