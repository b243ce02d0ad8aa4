import { digest } from '../change.ts';
import type { JsonObject } from '../json.ts';
import type { AnyProcedure, AnyStep } from './tree.ts';
import { typeOf } from './type-of.ts';

/**
 * The parts of a procedure that must be unchanged for a session to be resumed and for a plan to be spent: ids, kinds, tiers and schemas, of
 * called procedures too. Titles are not part of it.
 */
export type Outline = readonly OutlinedStep[];
export type OutlinedStep = JsonObject & {
  readonly id: string;
  readonly kind: string;
  readonly tier?: string;
  /** The types of what it declares, as `typeOf` writes them. */
  readonly data?: string;
  readonly calls?: { readonly id: string; readonly input: string; readonly result?: string; readonly steps: Outline };
  readonly steps?: Outline;
};

export const outline = ({ steps }: Pick<AnyProcedure, 'steps'>): Outline => steps.map(outlineStep);

const outlineStep = (step: AnyStep): OutlinedStep => {
  const { id, kind } = step;
  switch (step.kind) {
    case 'check':
      return { id, kind: step.role === 'evidence' ? kind : step.role, ...(step.data && { data: shapeOf(step.data) }) };
    case 'action':
      return { id, kind, tier: step.tier, data: shapeOf(step.change) };
    case 'watch':
      return { id, kind, data: shapeOf(step.data) };
    case 'each':
      return { id, kind, data: shapeOf(step.item) };
    case 'eachCall':
      return { id, kind, data: shapeOf(step.item), calls: called(step.procedure) };
    case 'call':
      return { id, kind, calls: called(step.procedure) };
    case 'parallel':
      return { id, kind, steps: step.steps.map(outlineStep) };
    case 'decision':
      return {
        id,
        kind,
        steps: Object.entries(step.options).map(([option, { steps }]) => ({
          id: option,
          kind: 'option',
          steps: steps.map(outlineStep),
        })),
      };
    case 'manual':
      return { id, kind };
  }
};

const called = (procedure: AnyProcedure) => ({
  id: procedure.id,
  input: shapeOf(procedure.input),
  ...(procedure.result && { result: shapeOf(procedure.result) }),
  steps: outline(procedure),
});

/** Long ones by their digest: an outline is recorded with every session and every call. */
const longest = 100;
const shapeOf = (schema: Parameters<typeof typeOf>[0]): string => {
  const text = typeOf(schema);
  return text.length <= longest ? text : `sha256:${digest(text).slice(0, 16)}`;
};
