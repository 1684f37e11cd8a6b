import { defineConfig } from 'vitest/config';

export default defineConfig({ test: { projects: ['packages/client', 'packages/ui', 'apps/visit', 'apps/admin'] } });
