export { keeper, officer } from './people';
export { FakeServer } from './server';
