import { join } from 'node:path';
import { existsSync, readdirSync } from 'node:fs';
import type { Sandbox } from '../../sandbox/index.ts';
import { auditFiles, lost, readAuditFile, unsettled, type AuditFile } from './audit-file.ts';
import { runRb, type Ended, type RbOptions } from './rb-process.ts';
import { look, notServing, touched, type Picture } from './stack.ts';

/** Where a kill fell, by what the audit log says. */
export const places = [
  'before the log was there',
  'before the session was on record',
  'before the first intent',
  'between intent and result',
  'between two instances',
  'after the last result',
  'after the session was closed',
] as const;
export type Place = (typeof places)[number];

export interface Aftermath {
  readonly place: Place;
  readonly file?: AuditFile;
  /** What must not be; empty: all is well. */
  readonly faults: readonly string[];
}

/** Looks at what a killed run has left: the log, what it told, and the instances. */
export const examine = async (
  run: Ended,
  told: readonly Ended[],
  sandbox: Sandbox,
  before: Picture,
  options: RbOptions,
): Promise<Aftermath> => {
  const files = auditFiles(options.state);
  if (files.length > 1) return { place: 'before the log was there', faults: [`${files.length} logs of one session`] };
  let file: AuditFile | undefined;
  try {
    file = files[0] === undefined ? undefined : readAuditFile(files[0]);
  } catch (error) {
    return { place: 'before the log was there', faults: [String(error)] };
  }
  const gone = lost(
    [...told, run].flatMap((one) => one.told),
    file,
  );
  const intended = new Set(file?.events.filter(({ type }) => type === 'step.intent').map(({ step }) => step));
  const strayed = touched(before, await look(sandbox)).filter(
    (id) => !intended.has(`restart/${id}`) && !intended.has('restart'),
  );
  return {
    place: placeOf(file),
    ...(file && { file }),
    faults: [
      ...gone.map((event) => `told, but not in the log: ${JSON.stringify(event).slice(0, 300)}`),
      ...strayed.map((id) => `${id} was touched, and no intent for it is in the log`),
      ...(file ? await verified(file, options) : []),
    ],
  };
};

const placeOf = (file: AuditFile | undefined): Place => {
  if (!file) return 'before the log was there';
  const { events } = file;
  if (events.length === 0) return 'before the session was on record';
  if (events.at(-1)?.type === 'session.closed') return 'after the session was closed';
  const intents = events.filter(({ type }) => type === 'step.intent').map(({ step }) => step);
  if (intents.length === 0) return 'before the first intent';
  if (unsettled(events).length > 0) return 'between intent and result';
  return events.some(({ type, step }) => type === 'step.result' && step === 'restart')
    ? 'after the last result'
    : 'between two instances';
};

/** `rb audit verify` must say of the file what we see: intact, and closed where its last record closes it. */
const verified = async (file: AuditFile, options: RbOptions): Promise<readonly string[]> => {
  const closed = file.events.at(-1)?.type === 'session.closed';
  const { exitCode, told, stderr } = await runRb(['audit', 'verify', file.session], options);
  const [said] = told as unknown as { intact?: boolean; closed?: boolean; records?: number }[];
  const holds =
    exitCode === (closed ? 0 : 2) &&
    said?.intact === true &&
    said.closed === closed &&
    said.records === file.events.length;
  return holds
    ? []
    : [`rb audit verify: exit ${exitCode}, ${JSON.stringify(said)}, expected closed: ${closed} ${stderr}`];
};

/** The session can be gone on with: it is on record and not closed. */
export const isOpen = ({ place }: Aftermath): boolean =>
  place !== 'before the log was there' &&
  place !== 'before the session was on record' &&
  place !== 'after the session was closed';

/** After all runs: every instance serves, the log is closed and intact, nothing else is left beside it. */
export const examineEnd = async (
  sandbox: Sandbox,
  told: readonly Ended[],
  options: RbOptions,
): Promise<readonly string[]> => {
  const [path] = auditFiles(options.state);
  if (path === undefined) return ['there is no log'];
  const file = readAuditFile(path);
  const last = file.events.at(-1);
  return [
    ...(last?.type === 'session.closed' && (last['outcome'] as { status?: string }).status === 'done'
      ? []
      : [`the last record does not close the session as done: ${JSON.stringify(last).slice(0, 300)}`]),
    ...(file.tornBytes > 0 ? [`${file.tornBytes} bytes of an unfinished line`] : []),
    ...lost(
      told.flatMap((one) => one.told),
      file,
    ).map((event) => `told, but not in the log: ${JSON.stringify(event).slice(0, 300)}`),
    ...(await verified(file, options)),
    ...(await notServing(sandbox)),
    ...leftovers(options.state, file),
  ];
};

/** A closed session keeps its log, its side files and what was torn off; the room reserved for a last result must be given back. */
const leftovers = (state: string, file: AuditFile): readonly string[] => {
  const directory = join(state, 'rb', 'audit');
  if (!existsSync(directory)) return [];
  return readdirSync(directory)
    .filter((name) => name.startsWith(`${file.session}.spill`))
    .map((name) => `${name} is left`);
};
