import { RunbookError } from '../errors.ts';
import { problemsIn } from '../json.ts';
import type { Json, Schema } from '../json.ts';

/** Parses what a step gives. Errors: `TypeError` for a step that breaks its own declaration, which is a bug. */
export const parsed = <Data extends Json>(title: string, schema: Schema<Data>, value: unknown): Data => {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new TypeError(`the data of "${title}" is not what the step declares: ${problemsIn(result.error)}`);
};

/** Parses what the record of an earlier run has. Errors: `refused` where it is something else. */
export const restoredData = <Data extends Json>(title: string, schema: Schema<Data>, value: unknown): Data => {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new RunbookError(
    'refused',
    `What the record has of "${title}" is not what this version of rb declares: ${problemsIn(result.error)}.`,
    { next: ['look at the service, then run the command again'] },
  );
};
