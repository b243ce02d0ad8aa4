import type { Section } from '../section.ts';
import type { RestartFlags } from './command.ts';

export const section: Section = {
  register: (program, rb) => {
    const restart = program
      .command('restart')
      .description('Restart the service: application unresponsive, hanging workers, suspected deadlock.')
      .option('--rolling', 'one instance after another, no downtime')
      .option('--batch <n>', 'with --rolling: how many instances at a time (default: 1)')
      .option('--no-wait', 'with --rolling: end when the platform has taken it; rb restart status shows how it goes')
      .option('--instance <id>', 'only this instance')
      .option('--emergency', 'stop everything, wait for the drain, start again: there is a downtime')
      .option('--every <duration>', 'let the platform restart it one instance after another, every 6h, 1d ...')
      .option('--unschedule', 'take that schedule away')
      .addHelpText('before', examples)
      .action(async (flags: RestartFlags) => (await import('./command.ts')).restart(rb, flags));
    restart
      .command('status')
      .summary('instances with version, age, restarts and health; the rollout, what changed last')
      .action(async () => rb.run((await import('./status.ts')).restartStatus, {}));
    restart
      .command('undo')
      .option('--to-revision <n>', 'to this one; rb restart status lists them')
      .summary('roll back to the previous version')
      .addHelpText('before', undoExamples)
      .action(async ({ toRevision }: { readonly toRevision?: string }) =>
        rb.run(
          (await import('./roll-back/undo.ts')).undoRestart,
          toRevision === undefined ? {} : { revision: toRevision },
        ),
      );
    restart
      .command('schedules')
      .summary('restarts at fixed times (--every)')
      .action(async () => rb.run((await import('./schedule/schedules.ts')).restartSchedules, {}));
  },
  menu: [
    {
      section: '2.1',
      title: 'Rolling restart',
      command: 'restart --rolling',
      summary: 'one instance after another, no downtime',
    },
    {
      section: '2.1',
      title: 'Emergency restart',
      command: 'restart --emergency',
      summary: 'stop everything, wait for the drain, start again: a short downtime',
    },
    {
      section: '2.1',
      title: 'Instances',
      command: 'restart status',
      summary: 'what is running: version, age, health, the rollout, what changed last',
    },
    { section: '2.1', title: 'Roll back', command: 'restart undo', summary: 'roll back' },
    {
      section: '2.1',
      title: 'Scheduled restarts',
      command: 'restart schedules',
      summary: 'what the platform restarts at fixed times',
    },
  ],
  procedures: {
    'restart.rolling': async () => (await import('./rolling.ts')).rollingRestart,
    'restart.instance': async () => (await import('./single.ts')).singleRestart,
    'restart.emergency': async () => (await import('./emergency.ts')).emergencyRestart,
    'restart.undo': async () => (await import('./roll-back/undo.ts')).undoRestart,
    'restart.status': async () => (await import('./status.ts')).restartStatus,
    'restart.schedule': async () => (await import('./schedule/schedule.ts')).scheduleRestarts,
    'restart.unschedule': async () => (await import('./schedule/schedule.ts')).unscheduleRestarts,
    'restart.schedules': async () => (await import('./schedule/schedules.ts')).restartSchedules,
  },
};

const examples = `Examples:
  rb restart --rolling               one instance after another
  rb restart --rolling --batch 2     two at a time
  rb restart --rolling --dry-run     show the plan and change nothing
  rb restart --rolling --no-wait     begin it and end
  rb restart --instance app-2        only that one
  rb restart --every 6h              from now on, until --unschedule
  rb restart status                  what is running now, and what changed last
  rb restart undo                    roll back to the previous version
`;

const undoExamples = `Examples:
  rb restart undo --dry-run          what would be different
  rb restart undo
  rb restart undo --to-revision 7
`;
