export { exchangeLink, loadVisit, signOut } from './api';
export { RequestError } from './signaling/connection';
export { checkSupport } from './support';
export { VisitClient, type VisitClientOptions } from './visit-client';
export * from './types';
