import { vi } from 'vitest';
import { times } from './layers.ts';

/**
 * For the tests of a file that run servers and whole programs: what takes seconds on an idle machine takes minutes on a busy one. A rig
 * calls it when it is loaded, before the tests are declared.
 */
export const haveTimeForPrograms = (): void => {
  vi.setConfig({ testTimeout: times({ usually: 300_000, long: 1_800_000 }) });
};
