import type { AnyFinding } from '../../../../engine/finding.ts';
import type { Autoscaler, Autoscaling, Call } from '../../port.ts';
import { findAutoscaler, lookForAutoscaler, sleepsAtZero, withLimits } from './find-autoscaler.ts';
import type { Service } from '../service.ts';
import { setLimitsOperation } from './set-limits.ts';

/** Errors of `find`: `unreachable` where autoscalers may not be listed. That is no "none", and no reason not to scale by hand. */
export const autoscaling = (service: Service): Autoscaling => ({
  find: async ({ signal }): Promise<Autoscaler | undefined> => {
    const [found, { replicas }] = await Promise.all([findAutoscaler(service, signal), service.read(signal)]);
    return (
      found && {
        name: found.title,
        min: found.min,
        max: found.max,
        active: found.inactive === undefined && !sleepsAtZero(found, replicas),
        ...(sleepsAtZero(found, 0) ? {} : { wakesAtZero: true }),
      }
    );
  },
  setLimits: setLimitsOperation(service),
});

/** One look at the autoscaler, for the status screen. */
export const autoscalerView =
  (service: Service) =>
  async ({ signal }: Pick<Call, 'signal'>): Promise<AnyFinding> => {
    const [{ found, unseen }, { replicas }] = await Promise.all([
      lookForAutoscaler(service, signal),
      service.read(signal),
    ]);
    if (unseen !== undefined) return { verdict: 'unknown', summary: unseen };
    if (!found) return { verdict: 'ok', summary: 'no autoscaler sets the count', data: null };
    const { kind, name, min, max, complaints } = found;
    const inactive =
      found.inactive ?? (sleepsAtZero(found, replicas) ? 'switched off while the count is 0' : undefined);
    const data = { kind: kind.kind, name, min, max, active: inactive === undefined, complaints };
    const does =
      inactive === undefined
        ? `${found.title} keeps the count between ${min} and ${max}, now ${replicas}`
        : `${withLimits(found)} does not change the count: ${inactive}`;
    return complaints.length > 0
      ? { verdict: 'warn', summary: `${does}; ${complaints.join('; ')}`, data }
      : { verdict: 'ok', summary: does, data };
  };
