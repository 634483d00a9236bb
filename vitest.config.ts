import { defineConfig } from 'vitest/config';

const shared = { globalSetup: ['test/global-setup.ts'], testTimeout: 30_000 };

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          ...shared,
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/model/**'],
        },
      },
      {
        // One fork: the weights of one model are in memory once.
        test: {
          ...shared,
          name: 'model',
          include: ['test/model/**/*.test.ts'],
          testTimeout: 600_000,
          hookTimeout: 900_000,
          fileParallelism: false,
          pool: 'forks',
        },
      },
    ],
  },
});
