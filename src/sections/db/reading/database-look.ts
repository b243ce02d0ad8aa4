import * as z from 'zod/mini';
import { messageOf, RunbookError } from '../../../engine/errors.ts';
import type { DataFinding, Finding } from '../../../engine/finding.ts';
import type { Json, Schema } from '../../../engine/json.ts';
import type { Procedure } from '../../../engine/procedure/procedure.ts';
import type { Database } from '../../../providers/database/port.ts';
import { look } from '../../ports.ts';
import { serverOf } from './server.ts';
import type { DatabaseContext, OnServer } from './server.ts';

interface Definition<Input extends OnServer, Data extends Json> {
  /** `connections`: the word on the command line, and of the step. */
  readonly id: string;
  readonly section: string;
  readonly title: string;
  readonly purpose: string;
  readonly input: z.ZodMiniType<Input>;
  /** The contract of `-o json`. */
  readonly data: Schema<Data>;
  /** `server` is the one that `--on` names. */
  readonly look: (server: Database, context: DatabaseContext<Input>) => Promise<DataFinding<NoInfer<Data>>>;
}

type Need = 'database' | 'settings';

/** A look at the database: once, and again and again. Each procedure is made when it is needed: a command runs one of them. */
export interface DatabaseLook<Input, Data extends Json> {
  readonly once: () => Procedure<Input, Data, Need, 'reads'>;
  readonly watched: () => Procedure<Input & { readonly everyMs: number }, null, Need, 'reads'>;
}

const untilStopped = 7 * 86_400_000;

export const databaseLook = <Input extends OnServer, Data extends Json>(
  definition: Definition<Input, Data>,
): DatabaseLook<Input, Data> => {
  const { id, section, title, purpose, input, data } = definition;
  const needs = { database: 'required', settings: 'required' } as const;
  const seen = async (context: DatabaseContext<Input>) => definition.look(await serverOf(context), context);
  return {
    once: () =>
      look({
        id: `db.${id}`,
        section,
        title,
        purpose,
        needs,
        input,
        result: data,
        steps: ({ check }) => {
          // As Json: whether a check has data is a condition on its type, and here that type is a parameter.
          const step = check<Json>(id, title, {
            data,
            look: async (context) => withoutEmptyTable(await seen(context)),
          });
          return { steps: [step], result: ({ read }) => z.parse(data, read(step)) };
        },
      }),
    watched: () =>
      look({
        id: `db.${id}.watch`,
        section,
        title: `${title}, watched`,
        purpose,
        needs,
        input: z.intersection(input, z.object({ everyMs: z.number().check(z.gte(250)) })),
        result: z.null(),
        steps: ({ watch }) => ({
          steps: [
            watch(id, title, {
              data: sampleOf(data),
              everyMs: (context) => context.input.everyMs,
              forMs: () => untilStopped,
              endsWhenCritical: false,
              keep: 1,
              sample: (context) => sample(seen(context), context),
              judge: (_, [newest]) => findingOf(newest),
            }),
          ],
          result: () => null,
        }),
      }),
  };
};

/** A header alone says nothing; a watch needs it to replace the table before. */
const withoutEmptyTable = ({ evidence, ...finding }: DataFinding<Json>): DataFinding<Json> =>
  evidence && evidence.rows.length > 0 ? { ...finding, evidence } : finding;

const sampleOf = <Data extends Json>(data: Schema<Data>) =>
  z.object({
    at: z.string(),
    verdict: z.enum(['ok', 'warn', 'critical', 'unknown']),
    summary: z.string(),
    data: z.optional(data),
  });
type Sample<Data extends Json> = z.output<ReturnType<typeof sampleOf<Data>>>;

/** A server that does not answer is what a watch is there for: it is shown, and asked again. */
const sample = async <Data extends Json>(
  look: Promise<DataFinding<Data>>,
  { signal, clock, report }: DatabaseContext,
): Promise<Sample<Data>> => {
  const { evidence, ...finding } = await look.catch((error: unknown): Finding => {
    const bearable = error instanceof RunbookError && (error.kind === 'unreachable' || error.kind === 'failed');
    if (signal.aborted || !bearable) throw error;
    return { verdict: 'unknown', summary: `cannot see: ${messageOf(error).replace(/\.$/, '')}` };
  });
  const at = clock.now().toISOString();
  report({ status: `${at} ${finding.verdict}: ${finding.summary}`, ...(evidence ? { table: evidence } : {}) });
  return { at, ...finding };
};

/** The engine judges after each sample: there is one. */
const findingOf = <Data extends Json>(newest: Sample<Data> | undefined): Finding | DataFinding<Data> => {
  if (!newest) return { verdict: 'unknown', summary: 'nothing has been seen' };
  const { verdict, summary, data } = newest;
  return data === undefined ? { verdict, summary } : { verdict, summary, data };
};
