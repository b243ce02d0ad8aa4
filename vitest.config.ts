import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // A guard against a hanging test, not a measure of speed: machines are shared and slow.
    testTimeout: 900_000,
    hookTimeout: 900_000,
    // Sandboxes and servers are started beside the tests; more workers than cores only slow them down.
    maxWorkers: 2,
  },
});
