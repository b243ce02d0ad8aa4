import * as fc from 'fast-check';
import { exitCodes } from '../../../src/cli/exit-codes.ts';
import type { Json } from '../../../src/engine/json.ts';
import type { Procedure } from '../../../src/engine/procedure/procedure.ts';
import type { Database, From } from '../../../src/providers/database/port.ts';
import type { Workload } from '../../../src/providers/workload/port.ts';
import type { PortName, Ports } from '../../../src/sections/ports.ts';
import type { DatabaseLook } from '../../../src/sections/db/reading/database-look.ts';
import { runOn, settingsFrom } from '../rig.ts';
import type { Played, Shown, Wrong } from './contradictions.ts';

/** A look with what it is going to see. */
export interface Case {
  readonly played: Played;
  readonly look: () => Promise<Shown>;
}

export const settings = settingsFrom('url: "http://shop.example", workload: { provider: command, instances: [list] }');
export const limit = fc.constantFrom(1, 2, 20);
export const gigabyte = 1024 ** 3;

/** Runs the procedure as `rb` does; `step`: the one whose finding is looked at. */
export const shown = async <Input extends Json, Result extends Json, Need extends PortName>(
  procedure: Procedure<Input, Result, Need>,
  input: Input,
  step: string,
  ports: Partial<Ports>,
  workload?: Workload,
): Promise<Shown> => {
  const { end, found } = await runOn(procedure, workload, input, { ports: { settings, ...ports } });
  const finding = found(step);
  if (!finding) throw new Error(`${procedure.id} has found nothing at ${step}: ${end.outcome.summary}`);
  return { finding, exitCode: exitCodes[end.outcome.status], next: end.outcome.next };
};

/** A server that answers with what is given, and nothing else. */
export const playing = (database: Partial<Database>): Partial<Ports> => ({
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what is not played is not called
  database: { name: 'primary', replicas: [], ...database } as Database,
});

export const databaseLook = <Input extends Json, Data extends Json>(
  { once }: DatabaseLook<Input, Data>,
  step: string,
  input: Input,
  database: Partial<Database>,
  played: Played,
): Case => ({ played, look: () => shown(once(), input, step, playing(database)) });

export const wrong = (verdict: Wrong['verdict'], ...tokens: readonly string[]): Wrong => ({ verdict, tokens });

/** What is not 0 and not unknown is as it is; what is null is unknown. */
export const over = (value: number | null, least: number): boolean => value !== null && value >= least;

/** Each part that the server does not give. */
export const notGiven = ({ unavailable }: Pick<From<object>, 'unavailable'>): readonly Wrong[] =>
  unavailable.map(({ part }) => wrong('unknown', part));
