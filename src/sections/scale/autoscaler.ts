import * as z from 'zod/mini';
import { RunbookError } from '../../engine/errors.ts';
import type { AnyFinding, DataFinding } from '../../engine/finding.ts';
import type { Autoscaling, Workload } from '../../providers/workload/port.ts';

/** What sets the number of instances by itself. */
export const Autoscaler = z.object({
  name: z.string(),
  min: z.number(),
  max: z.number(),
  active: z.boolean(),
  wakesAtZero: z.optional(z.literal(true)),
});
export type Autoscaler = z.output<typeof Autoscaler>;

/** Looks for it; null where there is none. */
export const findAutoscaler = async (
  { autoscaling }: Workload,
  call: { readonly signal: AbortSignal },
): Promise<DataFinding<Autoscaler | null>> => {
  const found = await autoscaling?.find(call);
  return found
    ? { verdict: found.active ? 'warn' : 'ok', summary: inWords(found), data: { ...found } }
    : { verdict: 'ok', summary: 'none sets the number of instances', data: null };
};

const inWords = ({ name, min, max, active }: Autoscaler): string =>
  active
    ? `${name} sets the number of instances, between ${min} and ${max}`
    : `${name} (between ${min} and ${max}) is not active at present`;

/** What the person who confirms has to know where the autoscaler could not be seen. */
export const unseenAutoscaler = (finding: AnyFinding | undefined): readonly string[] =>
  finding?.verdict === 'unknown' ? ['cannot see whether an autoscaler would change it back'] : [];

/** What happens to a count that is set past an autoscaler. */
export const fate = ({ name, min, max, wakesAtZero }: Autoscaler, to: number): string => {
  if (to === 0 && !wakesAtZero) return `at 0 instances ${name} does nothing any more, until some are started again`;
  if (to < min || to > max) return `${name} keeps between ${min} and ${max}: it would change ${to} back at once`;
  return `${name} (between ${min} and ${max}) may change ${to} again as soon as the load asks for it`;
};

/** Which way the numbers speak for. */
export const adviseOnAutoscaler = (
  autoscaler: Autoscaler,
  { present, to }: { readonly present: number; readonly to: number },
): { readonly option: 'limits' | 'count'; readonly because: string } => {
  const because = fate(autoscaler, to);
  if (to === 0) return { option: 'count', because: `no limit of it can be 0, and ${because}` };
  if (to < autoscaler.min || to > autoscaler.max) return { option: 'limits', because };
  return to > present
    ? { option: 'limits', because: `${because}; with ${to} as its minimum it still adds instances under load` }
    : { option: 'count', because: `${because}, and should; with ${to} as its maximum it could not` };
};

/** Errors: `usage` where the platform has no autoscaling at all. */
export const autoscalingOf = ({ autoscaling }: Workload): Autoscaling => {
  if (autoscaling) return autoscaling;
  throw new RunbookError('usage', 'This workload has no autoscaler whose limits could be changed.');
};
