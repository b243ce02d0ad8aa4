import type { Command } from 'commander';
import type { Section } from '../section.ts';
import type { TrustFlags } from './trust.ts';

export const section: Section = {
  register: (program, rb) => {
    const config = program.command('config').description('The configuration: runbook.config.yaml.');
    config
      .command('check')
      .summary('is it right? every problem with line and column')
      .action(async () => (await import('./check.ts')).checkConfiguration(rb));
    config
      .command('show')
      .summary('what is in effect, with secrets as references')
      .action(async () => (await import('./show.ts')).showConfiguration(rb));
    program
      .command('trust')
      .description(
        'Shows what the configuration would run, resolve and contact, and asks whether it may. One that was found by walking up does none of that before.',
      )
      .argument('[file]', 'the configuration; the one that is found where none is given')
      .option('--list', 'what is trusted')
      .option('--revoke', 'trust it no longer')
      .option('--all', 'with --revoke: every one')
      .action(async (file: string | undefined, _: object, command: Command) => {
        const { trust } = await import('./trust.ts');
        await trust(rb, file, command.optsWithGlobals<TrustFlags>());
      });
  },
  menu: [
    { section: '', title: 'Configuration', command: 'config check', summary: 'is runbook.config.yaml right?' },
    { section: '', title: 'Trust', command: 'trust', summary: 'what would the configuration run and contact? may it?' },
  ],
  procedures: {},
};
