import { defineConfig } from 'vitest/config';
import { LongFirst } from './test/order.ts';

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    globalSetup: ['test/build.ts'],
    setupFiles: ['test/seed.ts'],
    testTimeout: 300_000,
    hookTimeout: 300_000,
    pool: 'forks',
    // more than two cores can take: some tests mostly wait, for other processes and for locks to grow old
    maxWorkers: 3,
    sequence: { sequencer: LongFirst },
  },
});
