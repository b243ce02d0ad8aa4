import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Program } from './program.ts';

interface Proof {
  readonly holds: boolean;
  readonly sentence: string;
}

/** The session that was opened last; undefined where there is none yet. */
export const newestSession = async (rb: Program): Promise<string | undefined> => {
  const { exitCode, output } = await rb.read(['audit', 'list', '-o', 'json']);
  if (exitCode !== 0) return undefined;
  const sessions: readonly { readonly session: string }[] = JSON.parse(output);
  // Their names begin with the time.
  return sessions
    .map(({ session }) => session)
    .toSorted()
    .at(-1);
};

/** Verifies the session's audit file, and writes its report where it outlives the sandbox. */
export const auditProof = async (rb: Program, session: string): Promise<Proof[]> => {
  const verified = await rb.read(['audit', 'verify', session]);
  const path = join(mkdtempSync(join(tmpdir(), 'rb-report-')), `${session}.md`);
  const report = await rb.read(['audit', 'report', session, '--file', path]);
  return [
    {
      // Intact and closed.
      holds: verified.exitCode === 0,
      sentence: `rb audit verify ${session}: exit code ${String(verified.exitCode)}\n${indented(verified.output)}`,
    },
    existsSync(path)
      ? { holds: report.exitCode === 0, sentence: `The report: ${path}` }
      : { holds: false, sentence: `rb audit report wrote no report: exit code ${String(report.exitCode)}` },
  ];
};

const indented = (output: string): string =>
  output
    .trim()
    .split('\n')
    .map((line) => `      ${line}`)
    .join('\n');
