import { RunbookError } from '../../../../engine/errors.ts';
import { age } from '../../shared/instances-table.ts';
import type { Call } from '../../port.ts';
import { graceMs } from '../count/count-verdict.ts';
import type { Service } from '../service.ts';
import type { Snapshot } from '../objects/snapshot.ts';
import { watchWorkload } from '../rollout/watching.ts';
import { listing } from '../../../../words/listing.ts';
import { counted } from '../../../../words/counts.ts';

/** How long everything may take to stop: as configured, or what the pods themselves ask for where that is longer. */
export const drainForMs = ({ config }: Service, snapshot: Snapshot): number =>
  Math.max(config.drainMs, graceMs(snapshot));

/**
 * Waits until no pod is left, Terminating ones included, and says so. One that hangs is named and not waited for any longer.
 * Errors: `failed` where the object is gone.
 */
export const drain = async (service: Service, call: Call): Promise<void> => {
  const finding = await watchWorkload(service, call, {
    from: 'beginning',
    forMs: (snapshot) => drainForMs(service, snapshot),
    judge: ({ snapshot, pods, waitedMs }) => {
      if (pods.length === 0) return { verdict: 'ok', summary: `all stopped after ${age(waitedMs)}` };
      const replicas = snapshot?.replicas ?? 0;
      return replicas === 0
        ? undefined
        : {
            verdict: 'warn',
            summary: `something else set it to ${counted(replicas, 'instance')} while it was draining: starting all the same`,
          };
    },
    late: ({ pods, waitedMs }) => ({
      verdict: 'warn',
      summary: `${listing(pods.map(({ name }) => name))} still running after ${age(waitedMs)} of draining (Terminating): starting all the same`,
    }),
  });
  if (finding.verdict === 'critical') throw new RunbookError('failed', finding.summary);
  call.report({ note: finding.summary });
};
