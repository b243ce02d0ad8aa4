import { awsOf } from '../../config/schema/aws.ts';
import { logs } from '../../config/schema/log-sources.ts';
import { capabilityOf, ofTheWorkload } from '../capability.ts';
import type { LogSource } from './port.ts';

export const capability = capabilityOf({
  schema: logs,
  example: `logs:
  provider: file                  # or: kubernetes, cloudwatch, loki, command
  path: /var/log/checkout/*.log`,
  open: async (config, { directory }): Promise<LogSource> => {
    if (config.provider !== 'file') return (await import('./unreadable.ts')).unreadable(config.provider);
    const { openFileLogs } = await import('./file.ts');
    return openFileLogs({ paths: [config.path], fields: config.fields, cwd: directory });
  },
  remarks: ({ provider }, beside) => ofTheWorkload('logs', provider, beside),
  reaches: (config) => awsOf([], config),
  notYet: ({ provider }) => (provider === 'file' ? [] : [['provider']]),
});
