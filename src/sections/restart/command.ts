import type { Register } from '../section.ts';
import { RunbookError } from '../../engine/errors.ts';
import { emergencyRestart } from './emergency.ts';
import { rollingRestart } from './rolling.ts';
import { singleRestart } from './single.ts';
import { restartStatus } from './status.ts';
import { undoRestart } from './undo.ts';

interface Flags {
  readonly rolling?: true;
  readonly emergency?: true;
  readonly instance?: string;
  readonly batch: string;
}

export const register: Register = (program, rb) => {
  const restart = program
    .command('restart')
    .description('Restart the service: application unresponsive, hanging workers, suspected deadlock.')
    .option('--rolling', 'one instance after another, no downtime')
    .option('--batch <n>', 'with --rolling: how many instances at a time', '1')
    .option('--instance <id>', 'only this instance')
    .option('--emergency', 'stop everything, wait for the drain, start again: there is a downtime')
    .addHelpText('before', examples)
    .action(async (flags: Flags) => {
      const chosen = [flags.rolling, flags.emergency, flags.instance].filter((flag) => flag !== undefined).length;
      if (chosen !== 1)
        throw new RunbookError(
          'usage',
          chosen === 0 ? 'Say what to restart.' : '--rolling, --instance and --emergency exclude one another.',
          {
            next: ['rb restart --rolling', 'rb restart --instance <id>', 'rb restart --emergency', 'rb restart status'],
          },
        );
      const { restart: settings } = (await rb.settings()).environment;
      const expected = settings.expectedMinutes === undefined ? {} : { expectedMinutes: settings.expectedMinutes };
      if (flags.instance !== undefined) return rb.run(singleRestart, { id: flags.instance });
      if (flags.emergency) return rb.run(emergencyRestart, expected);
      return rb.run(rollingRestart, { batch: Number(flags.batch), ...expected });
    });
  restart
    .command('status')
    .summary('instances with version, age and health')
    .action(() => rb.run(restartStatus, {}));
  restart
    .command('undo')
    .summary('back to the version before')
    .action(() => rb.run(undoRestart, {}));
};

const examples = `Examples:
  rb restart --rolling               one instance after another
  rb restart --rolling --batch 2     two at a time
  rb restart --rolling --dry-run     show the plan and change nothing
  rb restart --instance app-2        only that one
  rb restart status                  what is running now
`;
