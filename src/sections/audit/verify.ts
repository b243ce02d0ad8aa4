import { listSessions } from '../../audit/list.ts';
import { verifyAudit } from '../../audit/verify.ts';
import type { Verification } from '../../audit/verify.ts';
import { messageOf, RunbookError } from '../../engine/errors.ts';
import type { Verdict } from '../../engine/finding.ts';
import type { JsonObject } from '../../engine/json.ts';
import type { Rb } from '../section.ts';
import { pathOf } from './sessions.ts';

/** Exit code: the worst of the sessions; damage outweighs everything. */
export const verifySessions = async (rb: Rb, sessions: readonly string[], all: boolean): Promise<void> => {
  const directory = await rb.auditDirectory();
  const paths = all
    ? listSessions(directory).map((one) => one.path)
    : sessions.length > 0
      ? sessions.map((one) => pathOf(directory, one))
      : [pathOf(directory, undefined)];
  const results = paths.map(verified);
  await rb.show({
    verdict: 'ok',
    summary: '',
    evidence: {
      columns: [{ title: 'session' }, { title: 'records', align: 'right' }, { title: 'result' }],
      rows: results.map((result) => [
        result.session,
        result.records,
        { text: sentence(result), verdict: verdictOf(result) },
      ]),
    },
    data: results.map((result) => ({ ...result }) as unknown as JsonObject),
  });
  const exits = results.map((result) => result.exit);
  rb.exit(([1, 3, 2] as const).find((code) => exits.includes(code)) ?? 0);
};

const verified = (path: string): Verification => {
  try {
    return verifyAudit(path);
  } catch (error) {
    throw new RunbookError('usage', `Cannot read the session: ${messageOf(error)}`, {
      next: ['rb audit list'],
      cause: error,
    });
  }
};

/** What it proves and what it does not. */
const sentence = (result: Verification): string => {
  if (result.problem) return `damaged at line ${result.problem.line}: ${result.problem.what}`;
  const parts = ['intact'];
  if (!result.closed) parts.push('not closed (cut off, or still running)');
  if (!result.anchored) parts.push('not anchored: a rewrite of the whole file would not show');
  if (result.torn) parts.push(`${result.torn.bytes} bytes of an unfinished last line`);
  if (result.spilled > 0) parts.push(`${result.spilled} results in the spill file`);
  return parts.join('; ');
};

const verdictOf = (result: Verification): Verdict => {
  if (result.problem) return 'critical';
  return result.closed ? 'ok' : 'warn';
};
