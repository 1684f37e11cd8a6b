export { exchangeLink, loadVisit } from './api';
export { checkSupport } from './support';
export { VisitClient, type VisitClientOptions } from './visit-client';
export * from './types';
