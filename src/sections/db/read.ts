import * as z from 'zod/mini';
import { messageOf, RunbookError } from '../../engine/errors.ts';
import type { Finding } from '../../engine/finding.ts';
import type { JsonObject } from '../../engine/json.ts';
import type { Context, Procedure } from '../../engine/procedure.ts';
import type { Database } from '../../providers/database/port.ts';
import { procedure } from '../ports.ts';
import type { Ports } from '../ports.ts';
import { serverNamed } from './server.ts';

type ReadPorts = Pick<Ports, 'database' | 'settings'>;

/** What a look at the database sees; `server` is the one that `--on` names. */
export type Look<Input> = Omit<Context<Input, ReadPorts>, 'database'> & { readonly server: Database };

type WithServer<Input> = Input & { readonly on?: string | undefined };
type Watched<Input> = WithServer<Input> & { readonly everyMs: number };

/** A look at the database: once, and again and again. */
export interface Read<Input> {
  readonly once: Procedure<WithServer<Input>, ReadPorts>;
  readonly watched: Procedure<Watched<Input>, ReadPorts>;
}

interface Definition<Shape extends Record<string, z.ZodMiniType>> {
  /** `connections`: the word on the command line, and of the step. */
  readonly id: string;
  readonly section: string;
  readonly title: string;
  readonly input: Shape;
  readonly look: (context: Look<z.output<z.ZodMiniObject<Shape>>>) => Promise<Finding>;
  /** Commands worth typing where it is critical. */
  readonly next: readonly string[];
}

const untilStopped = 7 * 86_400_000;
const on = z.optional(z.string());

/** Makes both procedures of one look, each when it is asked for: of the eleven looks a command takes one, once. */
export const read = <Shape extends Record<string, z.ZodMiniType>>(
  definition: Definition<Shape>,
): Read<z.output<z.ZodMiniObject<Shape>>> => {
  type Input = z.output<z.ZodMiniObject<Shape>>;
  const { id, section, title, next } = definition;
  const look = ({ database, ...context }: Context<WithServer<Input>, ReadPorts>) =>
    definition.look({ ...context, server: serverNamed(database, context.input.on) });
  const needs = ['database', 'settings'] as const;
  const once = () =>
    procedure({
      id: `db.${id}`,
      section,
      title,
      needs,
      input: z.object({ ...definition.input, on }),
      steps: ({ check }) => [
        check(id, title, async (context) =>
          withoutEmptyTable(await look(context as Context<WithServer<Input>, ReadPorts>)),
        ),
      ],
      afterFailure: () => next,
    });
  const watched = () =>
    procedure({
      id: `db.${id}.watch`,
      section,
      title: `${title}, watched`,
      needs,
      input: z.object({ ...definition.input, on, everyMs: z.number().check(z.gte(250)) }),
      steps: ({ watch }) => [
        watch(id, title, {
          everyMs: ({ input }) => (input as Watched<Input>).everyMs,
          forMs: () => untilStopped,
          endsWhenCritical: false,
          keep: 1,
          sample: (context) => sample(context as Context<WithServer<Input>, ReadPorts>, look),
          judge: (_, samples) => findingOf(samples[0] as unknown as Sample),
        }),
      ],
      afterFailure: () => next,
    });
  return {
    get once() {
      return once();
    },
    get watched() {
      return watched();
    },
  } as unknown as Read<Input>;
};

/** A header alone says nothing; a watch needs it to replace the table before. */
const withoutEmptyTable = ({ evidence, ...finding }: Finding): Finding =>
  evidence && evidence.rows.length > 0 ? { ...finding, evidence } : finding;

type Sample = Pick<Finding, 'verdict' | 'summary' | 'data'> & { readonly at: string };

const findingOf = ({ verdict, summary, data }: Sample): Finding => ({
  verdict,
  summary,
  ...(data === undefined ? {} : { data }),
});

/** A server that does not answer for once is what one watches for: it is seen, and asked again. */
const sample = async <Input>(
  context: Context<WithServer<Input>, ReadPorts>,
  look: (context: Context<WithServer<Input>, ReadPorts>) => Promise<Finding>,
): Promise<JsonObject> => {
  const { signal, clock, report } = context;
  const finding = await look(context).catch((error: unknown): Finding => {
    const bearable = error instanceof RunbookError && (error.kind === 'unreachable' || error.kind === 'failed');
    if (signal.aborted || !bearable) throw error;
    return { verdict: 'unknown', summary: `cannot see: ${messageOf(error).replace(/\.$/, '')}` };
  });
  const at = clock.now().toISOString();
  const { verdict, summary, evidence, data } = finding;
  report({ status: `${at} ${verdict}: ${summary}`, ...(evidence ? { table: evidence } : {}) });
  return { at, verdict, summary, ...(data === undefined ? {} : { data }) };
};
