import type { Command } from 'commander';
import type { Register } from '../section.ts';
import { checkConfiguration } from './check.ts';
import type { TrustFlags } from './trust.ts';

export const register: Register = (program, rb) => {
  const config = program.command('config').description('The configuration: runbook.config.yaml.');
  config
    .command('check')
    .summary('is it right? every problem with line and column')
    .action(() => checkConfiguration(rb));
  config
    .command('show')
    .summary('what is in effect, with secrets as references')
    .action(async () => {
      const [loaded, { showYaml, withoutSecrets }] = await Promise.all([
        rb.configuration(),
        import('../../config/show.ts'),
      ]);
      await rb.document(await showYaml(loaded), withoutSecrets(loaded));
    });
  program
    .command('trust')
    .description(
      'Shows what the configuration would run, resolve and contact, and asks whether it may. One that was found by walking up does none of that before.',
    )
    .argument('[file]', 'the configuration; the one that is found where none is given')
    .option('--list', 'what is trusted')
    .option('--revoke', 'trust it no longer')
    .option('--all', 'with --revoke: every one')
    // `config check` starts without it.
    .action(async (file: string | undefined, _: object, command: Command) => {
      const { trust } = await import('./trust.ts');
      await trust(rb, file, command.optsWithGlobals<TrustFlags>());
    });
};
