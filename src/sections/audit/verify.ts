import { damaged } from '../../audit/record/chain.ts';
import { readSessions } from '../../audit/read/list.ts';
import { inRegister, readRegister, registerProblem } from '../../audit/record/register.ts';
import type { RecordedSession } from '../../audit/read/read.ts';
import { noRecord } from '../../audit/record/record.ts';
import { verificationOf } from '../../audit/read/verify.ts';
import type { Verification, VerifyOptions } from '../../audit/read/verify.ts';
import { worst } from '../../engine/finding.ts';
import type { Verdict } from '../../engine/finding.ts';
import type { JsonObject } from '../../engine/json.ts';
import type { Rb } from '../section.ts';
import { configuredAnchor } from './anchor.ts';
import { wantedSession } from './sessions.ts';

/** Exit code: the worst of the sessions; damage outweighs everything. With `all`, of the register too. */
export const verifySessions = async (rb: Rb, wanted: readonly string[], all: boolean): Promise<void> => {
  const directory = await rb.auditDirectory();
  const anchor = await configuredAnchor(rb);
  const sessions = Array.from(all ? readSessions(directory) : named(directory, wanted), (recorded) => ({
    ...inRegister(recorded),
    verification: verificationOf(recorded, { anchor }),
  }));
  const results = [
    ...(all ? damagedRegister(directory, sessions) : []),
    ...sessions.map(({ verification }) => verification),
  ];
  const exits = results.map((result) => result.exit);
  const exit = ([1, 3, 2] as const).find((code) => exits.includes(code)) ?? 0;
  await rb.show({
    verdict: worst(results.map(verdictOf)),
    summary: all && results.length === 0 ? `no sessions in ${directory} yet` : proof[exit](anchor),
    evidence: {
      columns: [{ title: 'session' }, { title: 'records', align: 'right' }, { title: 'result' }],
      rows: results.map((result) => [
        result.session,
        result.records,
        { text: sentence(result), verdict: verdictOf(result) },
      ]),
    },
    data: results.map(asJson),
  });
  rb.exit(exit);
};

function* named(directory: string, wanted: readonly string[]): Generator<RecordedSession> {
  for (const one of wanted.length > 0 ? wanted : [undefined]) yield wantedSession(directory, one);
}

/** It stands among the sessions: without it nothing tells whether all of them are there. */
const damagedRegister = (
  directory: string,
  sessions: Parameters<typeof registerProblem>[1],
): readonly Verification[] => {
  const problem = registerProblem(directory, sessions);
  if (!problem) return [];
  const entries = readRegister(directory)?.entries ?? [];
  const records = entries.length;
  const head = { seq: records, hash: entries.at(-1)?.hash ?? noRecord.hash };
  const rest = { intact: false, closed: false, anchored: false, spilled: 0, takenOver: 0, remarks: [] };
  return [{ session: 'register', exit: 1, records, head, problem, ...rest }];
};

const asJson = ({ head, torn, problem, ...rest }: Verification): JsonObject => ({
  ...rest,
  head: { ...head },
  ...(torn && { torn: { ...torn } }),
  ...(problem && { problem: { ...problem } }),
});

const unproven = 'Not proven: that no file was rewritten as a whole, or from some record to its end.';

/** What the answer proves, and what it does not. */
const proof: Record<Verification['exit'], (anchor: NonNullable<VerifyOptions['anchor']>) => string> = {
  0: () =>
    `Nothing was edited, removed or moved within a log. ${unproven} Only an anchor could tell, and none is configured.`,
  1: () => 'What a damaged log says after the damage is not to be relied on.',
  2: (anchor) =>
    anchor === 'none'
      ? `Nothing was edited, removed or moved within a log, but not every session is closed. ${unproven}`
      : `The configuration has an anchor (audit.anchor: ${anchor}), and this version cannot ask it. ${unproven}`,
  3: () => 'The anchor has other records than the log.',
};

const sentence = (result: Verification): string => {
  if (result.problem) return damaged(result.problem);
  const parts = ['intact'];
  if (!result.closed) parts.push('not closed (cut off, or still running)');
  if (result.torn) parts.push(`${result.torn.bytes} bytes of an unfinished last line`);
  if (result.spilled > 0) parts.push(`${result.spilled} result${result.spilled === 1 ? '' : 's'} in the spill file`);
  if (result.takenOver > 0) parts.push(`${result.takenOver} taken from the spill file`);
  if (result.newer !== undefined) parts.push(result.newer);
  return [...parts, ...result.remarks].join('; ');
};

const verdictOf = (result: Verification): Verdict => {
  if (result.problem) return 'critical';
  return result.closed && result.newer === undefined && result.remarks.length === 0 ? 'ok' : 'warn';
};
