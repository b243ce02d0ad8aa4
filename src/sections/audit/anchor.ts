import type { VerifyOptions } from '../../audit/read/verify.ts';
import { RunbookError } from '../../engine/errors.ts';
import type { Rb } from '../section.ts';

/** What the configuration asks for; the files can be verified where there is none, or a broken one. */
export const configuredAnchor = async (rb: Rb): Promise<NonNullable<VerifyOptions['anchor']>> => {
  try {
    return (await rb.configuration()).config.audit.anchor;
  } catch (error) {
    if (error instanceof RunbookError) return 'none';
    throw error;
  }
};
