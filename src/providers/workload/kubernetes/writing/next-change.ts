import type { Mirror } from '../../../../clients/kubernetes/mirror.ts';

/** Asks a mirror for its next change, one promise at a time: asking again while one is open would lose what it tells. */
export const nextChangeOf = (mirror: Pick<Mirror<unknown>, 'changed'>): (() => Promise<void>) => {
  let asked: Promise<void> | undefined;
  return () => {
    asked ??= mirror.changed().finally(() => {
      asked = undefined;
    });
    return asked;
  };
};
