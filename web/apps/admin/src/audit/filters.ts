import type { Filters, Order } from '../api/types';

export const noFilters: Filters = { patient: '', person: '', visit: '', action: '', outcome: '', from: '', to: '' };

const localTime = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?$/;
const pseudonym = /^[A-Za-z0-9_-]{1,64}$/;
const action = /^[a-z][a-z0-9.-]{0,63}(\*)?$/;

export const isPseudonym = (text: string): boolean => pseudonym.test(text);

export interface Question {
  filters: Filters;
  order: Order;
}

/** What stands behind the # of the address. What nobody could have meant is left out. */
export function readQuestion(query: string): Question {
  const asked = new URLSearchParams(query);
  const one = (name: keyof Filters, allowed: RegExp): string => {
    const value = asked.get(name) ?? '';
    return allowed.test(value) ? value : '';
  };
  const outcome = asked.get('outcome');
  const time = (name: 'from' | 'to'): string => {
    const value = one(name, localTime);
    return value !== '' && Number.isNaN(Date.parse(value)) ? '' : value;
  };
  return {
    filters: {
      patient: one('patient', pseudonym), person: one('person', pseudonym), visit: one('visit', pseudonym), action: one('action', action),
      outcome: outcome === 'success' || outcome === 'denied' || outcome === 'failed' ? outcome : '',
      from: time('from'), to: time('to'),
    },
    order: asked.get('order') === 'oldest' ? 'oldest' : 'newest',
  };
}

export function writeQuestion({ filters, order }: Question): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(filters)) if (value !== '') query.set(name, value);
  if (order === 'oldest') query.set('order', order);
  return query.toString();
}

export const countFilters = (filters: Filters): number => Object.values(filters).filter((value) => value !== '').length;
