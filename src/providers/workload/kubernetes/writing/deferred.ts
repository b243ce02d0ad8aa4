import type { Operation } from '../../port.ts';

/** An operation whose code is loaded when it is first used: a restart need not wait for what scaling needs. */
export const deferred = <Input>(open: () => Promise<Operation<Input>>): Operation<Input> => ({
  plan: async (...asked) => (await open()).plan(...asked),
  apply: async (...asked) => (await open()).apply(...asked),
  verify: async (...asked) => (await open()).verify(...asked),
});
