import { messageOf } from '../../../../engine/errors.ts';
import type { Call } from '../../port.ts';
import type { Service } from '../service.ts';
import type { Trouble } from './trouble.ts';

const logLines = 10;
const widestLine = 300;
/** The reason is worth more than its log: it is not held back for one that does not come. */
const logWithinMs = 2500;

/** Of the run that ended, where there is one: the present one has often not said anything yet. */
export const lastLines = async (
  { client, deps }: Service,
  { pod, container, exitCode, restarts }: Trouble,
  { signal, clock }: Pick<Call, 'signal' | 'clock'>,
): Promise<readonly string[] | undefined> => {
  if (container === undefined || (exitCode === undefined && restarts === 0)) return undefined;
  const over = new AbortController();
  const within = AbortSignal.any([signal, over.signal]);
  const read = async (previous: boolean) =>
    linesOf(deps.redact(await client.log(pod, { container, previous, tailLines: logLines, signal: within })));
  const reading = (async () => {
    const before = restarts === 0 ? [] : await read(true).catch(() => []);
    return before.length > 0 ? before : read(false);
  })().catch((error: unknown) => [`(its log cannot be read: ${messageOf(error)})`]);
  const late = clock.sleep(logWithinMs, within).then(
    () => ['(its log did not come in time)'],
    () => reading,
  );
  const lines = await Promise.race([reading, late]);
  over.abort();
  signal.throwIfAborted();
  return lines;
};

const linesOf = (text: string): readonly string[] =>
  text
    .split(/\r?\n/)
    .filter((line) => line.trim() !== '')
    .slice(-logLines)
    .map(shortened);

/** A line that can be shown: some programs write all that they know on one. */
export const shortened = (line: string): string => (line.length > widestLine ? `${line.slice(0, widestLine)}…` : line);
