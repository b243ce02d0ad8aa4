import * as z from 'zod/mini';
import type { Change } from '../../engine/change.ts';
import type { Autoscaler } from './autoscaler.ts';
import { fate } from './autoscaler.ts';
import { StabilitySample } from './stability.ts';

/** What was decided when the limits were checked, and the instances at that moment. */
export const Decided = z.object({
  present: z.number(),
  to: z.number(),
  min: z.number(),
  max: z.nullable(z.number()),
  baseline: StabilitySample,
});
export type Decided = z.output<typeof Decided>;

type Counts = Pick<Decided, 'present' | 'to'>;

export const somethingToDo = ({ present, to }: Counts): boolean => present !== to;

/** `autoscaler` is the one whose limits were changed: it still goes its own way between them. */
export const lowestWanted = ({ to }: Counts, autoscaler: Autoscaler | undefined): number =>
  Math.min(to, autoscaler?.min ?? to);

export const isWanted = (desired: number, counts: Counts, autoscaler: Autoscaler | undefined): boolean => {
  const { present, to } = counts;
  if (!autoscaler) return desired === to;
  return to > present ? desired >= to : desired <= to && desired >= lowestWanted(counts, autoscaler);
};

/** What an autoscaler would do to the count, where the platform's plan does not say it already. */
export const fateOfCount = (
  autoscaler: Autoscaler | undefined,
  { to }: Counts,
  { raises = [] }: Change,
): readonly string[] =>
  !autoscaler || raises.some((reason) => reason.includes(autoscaler.name)) ? [] : [fate(autoscaler, to)];
