import { join } from 'node:path';
import { rbProgram } from './program.ts';
import { checkout } from './state.ts';

/**
 * Lets `rb` act upon the checkout's own configuration: who starts the sandbox runs the code of this checkout already. Resolves to
 * whether it may. Where it may not, rb has said why, and everything works with -c.
 */
export const trustCheckout = async (): Promise<boolean> => {
  const { exitCode } = await rbProgram(join(checkout, 'runbook.config.yaml')).read(['trust', '--yes', '--quiet']);
  return exitCode === 0;
};
