import { RunbookError } from '../../engine/errors.ts';
import type { LogSource } from './port.ts';

/** A restart must not depend on where the logs are: whoever asks for them is given the reason why they cannot be seen. */
export const unreadable = (provider: string): LogSource => ({
  errors: async () => {
    throw new RunbookError('unreachable', `logs.provider ${provider} is not available in this version of rb`);
  },
});
