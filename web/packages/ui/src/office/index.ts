export { Field, type FieldProps } from './Field';
export * from './icons';
export { LongWork, type LongWorkProps } from './LongWork';
export { Pager, type PagerProps } from './Pager';
export { byNumber, byText, pageOf, type Sort, sorted } from './sorting';
export { Empty, Facts, Placeholder } from './States';
export { type Column, Table, type TableProps } from './Table';
export { Tabs, type TabsProps } from './Tabs';
export { type Mark, MarkIcon, type Moment, Timeline, type TimelineGroup } from './Timeline';
