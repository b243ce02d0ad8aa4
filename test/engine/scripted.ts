import * as z from 'zod/mini';
import { anyJson } from '../../src/engine/any-json.ts';
import { RunbookError } from '../../src/engine/errors.ts';
import type { Verdict } from '../../src/engine/finding.ts';
import type { Json } from '../../src/engine/json.ts';
import type { Context } from '../../src/engine/procedure/context.ts';
import type { ActionSpec } from '../../src/engine/procedure/specs.ts';
import type { Filled, Step } from '../../src/engine/procedure/step.ts';
import type { PortName, Thrown, Tree, When } from './tree.ts';
import { join } from './world.ts';
import type { Call, World } from './world.ts';

/** Where the call is: a step of a called procedure cannot know it otherwise. Empty for the procedure that the session runs. */
export const Input = z.object({ at: z.string(), edition: z.optional(z.number()) });
export const Data = z.object({ at: z.string(), look: z.number() });
export const Result = z.object({ from: z.optional(z.string()) });
export const Planned = z.object({ at: z.string(), token: z.number(), read: z.optional(anyJson) });
export type Planned = z.output<typeof Planned>;
export const Item = z.object({ id: z.string(), at: z.string() });
export type Item = z.output<typeof Item>;

export type Ports = Readonly<Record<PortName, object>>;
export type Given = Context<z.output<typeof Input>, Readonly<Record<PortName, () => Promise<unknown>>>>;
export type Receipt = { readonly token: number };
export type Spec = ActionSpec<z.output<typeof Input>, Given['ports'], Planned, Receipt>;

/** A step that can be read, and where it is in its procedure. */
export interface Readable {
  readonly step: Filled<Json>;
  readonly rel: string;
  readonly kind: Tree['kind'];
}

export interface Scope {
  readonly name: string;
  readonly parent: string;
  readonly filled: Readable[];
  /** Every step before, those of options included. */
  readonly placed: Step[];
}

/** What all generated steps do: they say that they were called, fail where the tree says so, and watch what they read. */
export class Scripted {
  protected readonly of: { readonly world: World };

  constructor(of: { readonly world: World }) {
    this.of = of;
  }

  protected enter(call: Call, context: Given, step: string, more: object = {}): void {
    this.of.world.add({ is: 'call', call, step, mark: context.mark, ...more });
  }

  protected fault(what: string): void {
    this.of.world.add({ is: 'fault', what });
  }

  protected perhaps(fault: unknown): void {
    if (this.of.world.mood === 'faulty' && isThrown(fault)) raise(fault);
  }

  protected verdict(of: Verdict | Thrown): Verdict {
    return this.of.world.mood === 'healthy' || isThrown(of) ? 'ok' : of;
  }

  protected when(when: When, rel: (context: Given) => string, { placed }: Pick<Scope, 'placed'>) {
    if (when === undefined) return {};
    const before = [...placed];
    return {
      when: async (context: Given): Promise<boolean> => {
        this.enter('when', context, rel(context));
        await Promise.resolve();
        this.perhaps(when);
        if (isSeeing(when)) {
          const step = before[when.sees % Math.max(1, before.length)];
          return step === undefined || context.seen(step) !== undefined;
        }
        const { world } = this.of;
        const turned = world.turns && world.nth(`when ${rel(context)}`) > 1;
        const faulty = (world.mood === 'faulty') !== turned;
        return when === 'always' || isThrown(when) || when === (faulty ? 'at first' : 'later');
      },
    };
  }

  /** Reads a step of the same call, and holds it against what the world has given there. */
  protected read(context: Given, step: Readable | undefined): Json | undefined {
    if (!step) return undefined;
    const path = join(context.input.at, step.rel);
    const data = context.read(step.step);
    if (step.kind === 'check') {
      const { at } = data as z.output<typeof Data>;
      if (JSON.stringify(data) !== JSON.stringify(this.of.world.lastGiven(path)))
        this.fault(`${path} was read as ${JSON.stringify(data)}`);
      return at;
    }
    if (step.kind !== 'call') return data;
    const { from } = data as z.output<typeof Result>;
    if (from !== undefined && !from.startsWith(`${path}/`)) this.fault(`the result of ${path} is from ${from}`);
    return from;
  }
}

export const isThrown = (value: unknown): value is Thrown =>
  typeof value === 'object' && value !== null && 'throws' in value;
const isSeeing = (when: When): when is { readonly sees: number } => typeof when === 'object' && 'sees' in when;

export const raise = ({ throws }: Thrown): never => {
  if (throws === 'plain') throw new TypeError('a fault of the program');
  throw new RunbookError(throws, `generated: ${throws}`);
};
