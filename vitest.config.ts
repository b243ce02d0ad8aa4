import { configDefaults, defineConfig } from 'vitest/config';
import { layer, layers, times } from './test/layers.ts';
import { LongestFirst } from './test/longest-first.ts';

export default defineConfig({
  test: {
    include: [...layers[layer].include],
    exclude: [...configDefaults.exclude, ...layers[layer].exclude],
    // A guard against a hanging test, not a measure of speed: a test that needs longer says so.
    testTimeout: times({ usually: 60_000, long: 1_800_000 }),
    // Rigs start in hooks: a control plane, a database with a replica. A busy machine takes minutes for it.
    hookTimeout: 300_000,
    // Sandboxes and servers are started beside the tests; more workers than cores only slow them down.
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
  },
});
