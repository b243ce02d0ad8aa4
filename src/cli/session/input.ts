import type { $ZodType } from 'zod/v4/core';
import { RunbookError } from '../../engine/errors.ts';

/** The input of a procedure, checked. Errors: `usage`, naming the field, what was expected and what was found. */
export const parseInput = async <Input>(schema: $ZodType<Input>, input: unknown): Promise<Input> => {
  const { safeParse } = await import('zod/v4/core');
  const result = safeParse(schema, input);
  if (result.success) return result.data;
  const problems = result.error.issues.map((issue) => `${issue.path.join('.') || 'input'}: ${issue.message}`);
  throw new RunbookError('usage', problems.join('\n'), { next: ['rb <command> --help'] });
};
