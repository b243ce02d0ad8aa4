import * as z from 'zod/mini';
import { hasCode } from '../../../../clients/aws/failure.ts';
import type { Autoscaler, Call } from '../../port.ts';
import type { AutoscalingApi } from './autoscaling-api.ts';
import { lastPart } from '../tasks/seen.ts';
import type { EcsService } from '../service.ts';

/** Which of the ways of scaling are held. */
export const Held = z.object({ in: z.boolean(), out: z.boolean(), scheduled: z.boolean() });
export type Held = z.output<typeof Held>;

/** The service's registration with Application Auto Scaling. */
export const Scaling = z.object({ min: z.number(), max: z.number(), held: Held });
export type Scaling = z.output<typeof Scaling>;

export const allHeld: Held = { in: true, out: true, scheduled: true };

/** Application Auto Scaling, for this service. */
export interface ScalableTarget {
  /** Undefined where the service is not registered. */
  find(call: Pick<Call, 'signal'>): Promise<Scaling | undefined>;
  /** Names of the policies that would change the count. */
  policies(call: Pick<Call, 'signal'>): Promise<readonly string[]>;
  hold(held: Held, call: Pick<Call, 'signal' | 'clock'>): Promise<void>;
  limit(limits: { readonly min?: number; readonly max?: number }, call: Pick<Call, 'signal' | 'clock'>): Promise<void>;
  /** `aws application-autoscaling register-scalable-target ... <more>`. */
  command(...more: readonly string[]): string;
  /** The words of `command` that hold it or let it go. */
  holding(held: Held): readonly string[];
}

export const openScalableTarget = (service: EcsService): ScalableTarget => {
  const { config, session } = service;
  // The configuration may name them by ARN.
  const resource = `service/${lastPart(config.cluster)}/${lastPart(config.service)}`;
  let opened: Promise<AutoscalingApi> | undefined;
  const api = () => (opened ??= import('./autoscaling-api.ts').then((module) => module.openAutoscalingApi(session)));
  return {
    find: async (call) => {
      const found = await (await api()).target(resource, call).catch((error: unknown) => {
        if (hasCode(error, 'ObjectNotFoundException')) return undefined;
        throw error;
      });
      if (!found) return undefined;
      const state = found.SuspendedState;
      return {
        min: found.MinCapacity ?? 0,
        max: found.MaxCapacity ?? 0,
        held: {
          in: state?.DynamicScalingInSuspended === true,
          out: state?.DynamicScalingOutSuspended === true,
          scheduled: state?.ScheduledScalingSuspended === true,
        },
      };
    },
    policies: async (call) => (await (await api()).policies(resource, call)).map(({ PolicyName }) => PolicyName ?? ''),
    hold: async (held, call) =>
      (await api()).update(
        resource,
        {
          SuspendedState: {
            DynamicScalingInSuspended: held.in,
            DynamicScalingOutSuspended: held.out,
            ScheduledScalingSuspended: held.scheduled,
          },
        },
        call,
      ),
    limit: async ({ min, max }, call) =>
      (await api()).update(
        resource,
        { ...(min === undefined ? {} : { MinCapacity: min }), ...(max === undefined ? {} : { MaxCapacity: max }) },
        call,
      ),
    command: (...more) =>
      session.command(
        'application-autoscaling',
        'register-scalable-target',
        '--service-namespace',
        'ecs',
        '--scalable-dimension',
        'ecs:service:DesiredCount',
        '--resource-id',
        resource,
        ...more,
      ),
    holding: (held) => [
      '--suspended-state',
      `DynamicScalingInSuspended=${held.in},DynamicScalingOutSuspended=${held.out},ScheduledScalingSuspended=${held.scheduled}`,
    ],
  };
};

export const isHeld = ({ held }: Pick<Scaling, 'held'>): boolean => held.in && held.out && held.scheduled;

export const sameHold = (a: Held, b: Held): boolean => a.in === b.in && a.out === b.out && a.scheduled === b.scheduled;

export const autoscalerOf = (scaling: Scaling): Autoscaler => ({
  name: 'Application Auto Scaling',
  min: scaling.min,
  max: scaling.max,
  active: !isHeld(scaling),
  wakesAtZero: true,
});
