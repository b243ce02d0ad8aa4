import { damaged } from '../../audit/record/chain.ts';
import { readSessions, sessionIds, summaryOf } from '../../audit/read/list.ts';
import type { SessionSummary } from '../../audit/read/list.ts';
import { inRegister, registerPath, registerProblem } from '../../audit/record/register.ts';
import { RunbookError } from '../../engine/errors.ts';
import type { Verdict } from '../../engine/finding.ts';
import type { JsonObject } from '../../engine/json.ts';
import type { Rb } from '../section.ts';
import { damagedExit } from './sessions.ts';

export const showList = async (rb: Rb, limit: string): Promise<void> => {
  if (!/^[1-9]\d{0,5}$/.test(limit))
    throw new RunbookError('usage', `--limit ${limit}: expected a whole number above 0.`);
  const directory = await rb.auditDirectory();
  const ids = sessionIds(directory);
  const sessions = Array.from(readSessions(directory, ids.slice(0, Number(limit))), (recorded) => ({
    ...inRegister(recorded),
    summary: summaryOf(recorded),
  }));
  const register = registerProblem(directory, sessions);
  const shown = [
    ...(register ? [damagedRegister(directory, damaged(register))] : []),
    ...sessions.map(({ summary }) => summary),
  ];
  const damages = shown.filter(({ damage }) => damage !== undefined).length;
  await rb.show({
    verdict: damages > 0 ? 'critical' : 'ok',
    summary:
      ids.length === 0
        ? `no sessions in ${directory} yet`
        : `${sessions.length} of ${ids.length} sessions in ${directory}${damages > 0 ? `; ${damages} damaged: rb audit verify --all` : ''}`,
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
        one.service === '' ? null : `${one.service}/${one.environment}`,
        one.procedure.title || null,
        one.operator || null,
        { text: outcomeOf(one), verdict: verdictOf(one) },
        one.reason ?? null,
      ]),
    },
    data: shown.map((one): JsonObject => ({ ...one })),
  });
  if (damages > 0) rb.exit(damagedExit);
};

/** It stands among the sessions: without it nothing tells whether all of them are there. */
const damagedRegister = (directory: string, damage: string): SessionSummary => ({
  session: 'register',
  path: registerPath(directory),
  service: '',
  environment: '',
  procedure: { id: '', title: '' },
  operator: '',
  startedAt: '',
  status: 'damaged',
  unfinished: false,
  damage,
});

const outcomeOf = ({ status, startedAt, damage, newer }: SessionSummary): string => {
  if (damage !== undefined) return damage;
  const outcome = startedAt === '' ? 'nothing is on record' : status;
  return newer === undefined ? outcome : `${outcome}; ${newer}`;
};

const verdictOf = ({ status }: SessionSummary): Verdict => {
  if (status === 'done') return 'ok';
  if (status === 'open' || status === 'unknown') return 'unknown';
  return status === 'failed' || status === 'damaged' ? 'critical' : 'warn';
};
