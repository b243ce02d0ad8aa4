import * as z from 'zod/mini';
import type { Json } from '../../src/engine/json.ts';
import type { Tail } from '../../src/engine/procedure/procedure.ts';
import type { Step } from '../../src/engine/procedure/step.ts';
import { action, change, Id, look, procedure, say, unreachable } from './rig.ts';

export const header = { section: '2.1', purpose: 'One instance misbehaves.', needs: {}, input: Id } as const;

/** Restarts one instance. */
export const restarting = (
  steps: readonly Step[] = [action('restart')],
  tail: Tail<{ readonly id: string }, object> = {},
) => procedure({ ...header, id: 'restart.instance', title: 'Restart one instance', steps: () => ({ steps, ...tail }) });

export const callOf = (
  callee = restarting(),
  id = 'one',
  input: () => { readonly id: string } = () => ({ id: 'web-2' }),
) => say.call(id, 'Restart web-2', { procedure: callee, input });

const Cpu = z.object({ id: z.string(), percent: z.number() });
/** Looks at how busy one instance is. */
export const cpu = (percent: (id: string) => number | Promise<number>) =>
  look({
    ...header,
    id: 'look.cpu',
    title: 'CPU of an instance',
    result: Cpu,
    steps: ({ check: word }) => {
      const usage = word('usage', 'CPU', {
        data: Cpu,
        look: async ({ input: { id } }) => {
          const now = await percent(id);
          return { verdict: now > 85 ? 'critical' : 'ok', summary: `${id} is at ${now} %`, data: { id, percent: now } };
        },
      });
      return { steps: [usage], result: ({ read }) => read(usage), afterFailure: () => ['rb look cpu'] };
    },
  });
export const cannotSee = () => Promise.reject(unreachable());

export const idOf = (context: { readonly input: Json }) => Id.parse(context.input).id;
/** Restarts what the input names, and keeps a list of that. */
export const listing = (restarted: string[], spec: Parameters<typeof action>[1] = {}) =>
  action('restart', {
    plan: async (context) => change(idOf(context)),
    apply: async (context) => void restarted.push(idOf(context)),
    ...spec,
  });
