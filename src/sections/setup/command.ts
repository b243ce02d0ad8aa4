import type { Register } from '../section.ts';
import { checkConfiguration } from './check.ts';

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
      const [{ config }, { showYaml, withoutSecrets }] = await Promise.all([
        rb.configuration(),
        import('../../config/show.ts'),
      ]);
      await rb.document(await showYaml(config), withoutSecrets(config));
    });
};
