/** What is done with an error that nothing has caught. */
export interface Faults {
  /** Until the returned function is called such an error is reported as what `how` makes of it. */
  explain(how: (error: unknown) => unknown): () => void;
}

/**
 * The last handler: what was thrown in a callback or rejected with no one waiting ends the process at once, because its state is not known
 * any more. The audit log is left as a kill leaves it: an intent without a result, which `rb resume` settles. Returns the handler and the
 * function that removes it.
 *
 * @param report says what went wrong, without waiting for anything, and returns the exit code; `raised` is what was thrown
 */
export const endOnFaults = (report: (error: unknown, raised: unknown) => number): Faults & { release(): void } => {
  const explanations: ((error: unknown) => unknown)[] = [];
  const end = (error: unknown): void => {
    let code = 1;
    try {
      code = report(
        explanations.reduce((told, how) => how(told), error),
        error,
      );
    } finally {
      // oxlint-disable-next-line unicorn/no-process-exit -- nothing may go on, not even what main.ts waits for
      process.exit(code);
    }
  };
  // An unhandled rejection is one as well. The menu runs a second command line inside the first: the inner one reports.
  process.prependListener('uncaughtException', end);
  return {
    explain: (how) => {
      explanations.push(how);
      return () => void explanations.splice(explanations.indexOf(how), 1);
    },
    release: () => void process.off('uncaughtException', end),
  };
};
