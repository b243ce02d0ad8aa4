import { checkConfig } from '../../config/check/check.ts';
import type { Rb } from '../section.ts';

/** Exit code 2 where something is wrong; a warning is none. */
export const checkConfiguration = async (rb: Rb): Promise<void> => {
  const loaded = await rb.configuration();
  const findings = checkConfig(loaded, { env: rb.world.env });
  const errors = findings.filter((finding) => finding.level === 'error').length;
  const environments = Object.keys(loaded.config.environments);
  await rb.show({
    verdict: errors > 0 ? 'critical' : findings.length > 0 ? 'warn' : 'ok',
    summary: `${loaded.file}: ${errors} errors, ${findings.length - errors} warnings; environments: ${environments.join(', ')}`,
    evidence: {
      columns: [{ title: 'where' }, { title: 'key' }, { title: '' }],
      rows: findings.map((finding) => [
        `${finding.file}:${finding.line}:${finding.column}`,
        finding.path,
        { text: finding.message, verdict: finding.level === 'error' ? 'critical' : 'warn' },
      ]),
    },
    data: { path: loaded.path, environments, problems: findings.map((finding) => ({ ...finding })) },
  });
  if (errors > 0) rb.exit(2);
};
