import { listSessions } from '../../audit/list.ts';
import { RunbookError } from '../../engine/errors.ts';
import type { Verdict } from '../../engine/finding.ts';
import type { JsonObject } from '../../engine/json.ts';
import type { Rb } from '../section.ts';

export const showList = async (rb: Rb, limit: string): Promise<void> => {
  if (!/^[1-9]\d{0,5}$/.test(limit))
    throw new RunbookError('usage', `--limit ${limit}: expected a whole number above 0.`);
  const directory = await rb.auditDirectory();
  const all = listSessions(directory);
  const shown = all.slice(0, Number(limit));
  await rb.show({
    verdict: 'ok',
    summary:
      all.length === 0
        ? `no sessions in ${directory} yet`
        : `${shown.length} of ${all.length} sessions in ${directory}`,
    evidence: {
      columns: [
        { title: 'session' },
        { title: 'service' },
        { title: 'procedure' },
        { title: 'by' },
        { title: 'outcome' },
        { title: 'reason' },
      ],
      rows: shown.map((one) => [
        one.session,
        `${one.service}/${one.environment}`,
        one.procedure.title,
        one.operator,
        { text: one.status, verdict: verdictOf(one.status) },
        one.reason ?? null,
      ]),
    },
    data: shown.map((one): JsonObject => ({ ...one })),
  });
};

const verdictOf = (status: string): Verdict => {
  if (status === 'done') return 'ok';
  if (status === 'open' || status === 'unknown') return 'unknown';
  return status === 'failed' ? 'critical' : 'warn';
};
