import * as z from 'zod/mini';
import type { Change } from '../../../engine/change.ts';
import { RunbookError } from '../../../engine/errors.ts';
import type { AnyFinding, Finding } from '../../../engine/finding.ts';
import { shown } from '../../../clients/process/shown.ts';
import { operation } from '../shared/operation.ts';
import type { Call, Workload } from '../port.ts';
import { Before, beforeOf } from './before.ts';
import { followComeback } from './comeback.ts';
import { described, isStopped } from './describe.ts';
import { listing } from '../../../words/listing.ts';
import { counted } from '../../../words/counts.ts';
import { follow, type Look, whileWatching } from './follow.ts';
import { tooLate } from './restart.ts';
import { commandsDone, type CommandsDone, type Seen, type Service } from './service.ts';

const RollbackData = z.object({ before: z.array(Before) });
type RollbackData = z.output<typeof RollbackData>;

/** Back to the previous version, by the command that knows how. */
export const rollbackOperation = (service: Service): NonNullable<Workload['rollback']> =>
  operation({
    change: RollbackData,
    plan: async ({ revision }, call, interrupted) => {
      if (revision !== undefined)
        throw new RunbookError('usage', 'the rollback command goes back to the version before; it takes no revision', {
          next: ['rb restart undo'],
        });
      return planRollback(service, call, interrupted !== undefined);
    },
    apply: async (_, call) => {
      await whileWatching(service, call, service.change('rollback', {}, call));
      return commandsDone;
    },
    verify: ({ data }, call, receipt) => verifyRollback(service, data, call, receipt),
  });

const versionsOf = (instances: readonly { readonly version?: string | null }[]): readonly string[] =>
  [...new Set(instances.flatMap(({ version }) => version ?? []))].toSorted();

const planRollback = async (service: Service, call: Call, interrupted: boolean): Promise<Change<RollbackData>> => {
  const all = await service.instances(call.signal);
  const versions = versionsOf(all);
  const from = versions.length === 0 ? '' : ` from version ${listing(versions)}`;
  const mixed = versions.length > 1;
  const raises = [
    ...(interrupted ? ['an interrupted rollback had begun: running it again may go back one version more'] : []),
    ...(mixed ? [`the instances run ${versions.length} versions`] : []),
  ];
  return {
    summary: `roll ${service.config.name} back${from}`,
    target: service.target,
    blastRadius: [
      `all ${counted(all.length, 'instance')}: ${all.map((each) => described(each, call.clock.now())).join('; ')}`,
    ],
    equivalent: [shown(service.argv('rollback'))],
    undo: versions.length === 1 ? `deploy version ${versions[0]} again` : 'deploy the present version again',
    ...(raises.length === 0 ? {} : { raises }),
    basis: { instances: all.map(({ id, version }) => ({ id, version: version ?? null })) },
    affects: all.map(({ id }) => id),
    data: { before: all.map((each) => beforeOf(each, call.clock.now())) },
  };
};

const enough = 3;

const verifyRollback = (
  service: Service,
  { before }: RollbackData,
  call: Call,
  receipt: CommandsDone | undefined,
): Promise<AnyFinding> => {
  const { config } = service;
  const hasHealth = config.instanceHealth !== undefined;
  const rules = { unhealthyThreshold: config.unhealthyThreshold, hasHealth, commandsDone: true };
  const was = versionsOf(before);
  const followed = new Map<string, ReturnType<typeof followComeback>>();
  const isBack = (instance: Seen) => instance.version !== undefined && !was.includes(instance.version);
  let unchanged = 0;

  return follow(
    service,
    call,
    receipt,
    (look) => {
      const up = look.instances.filter((instance) => !isStopped(instance));
      const standings = up.map((instance) => {
        // One that still has the old version is not on its way back yet.
        if (was.length > 0 && !isBack(instance)) followed.delete(instance.id);
        const known = followed.get(instance.id) ?? followComeback(instance.id, undefined, rules);
        followed.set(instance.id, known);
        return known(instance, look.at);
      });
      if (look.commandRunning) return undefined;
      const back = up.filter(isBack);
      const failed = standings.find(({ id, kind }) => kind === 'failed' && back.some((each) => each.id === id));
      if (failed) return { verdict: 'critical', summary: `${failed.id} came back unhealthy: ${failed.why}` };
      if (was.length === 0)
        return {
          verdict: 'unknown',
          summary: 'whether it went back cannot be told: the instances command prints no version',
        };
      if (up.length >= before.length && back.length === up.length && standings.every(({ kind }) => kind === 'healthy'))
        return {
          verdict: 'ok',
          summary: `${counted(up.length, 'instance')} back on version ${listing(versionsOf(back))} and healthy`,
        };
      if (!hasHealth && up.length >= before.length && back.length === up.length)
        return {
          verdict: 'warn',
          summary: `back on version ${listing(versionsOf(back))}; healthy or not is not known, because no instanceHealth is configured`,
        };
      unchanged = back.length < up.length ? unchanged + 1 : 0;
      return !receipt && unchanged >= enough ? notBack(back, up) : undefined;
    },
    (look) =>
      lateOf(
        before.map(({ id }) => id),
        look.instances.filter(isBack),
        look,
      ),
  );
};

/** Half-way is `unknown`: running a rollback again may go one version too far, so a person decides. */
const notBack = (back: readonly Seen[], up: readonly Seen[]): Finding =>
  back.length === 0
    ? { verdict: 'critical', summary: `not rolled back: still version ${listing(versionsOf(up))}` }
    : {
        verdict: 'unknown',
        summary: `${back.length} of ${counted(up.length, 'instance')} went back: ${listing(versionsOf(up))} are running`,
      };

const lateOf = (ids: readonly string[], back: readonly Seen[], look: Look): Finding =>
  back.length < look.instances.length
    ? {
        verdict: 'critical',
        summary: `${back.length} of ${counted(look.instances.length, 'instance')} went back; running: version ${listing(versionsOf(look.instances))}`,
      }
    : tooLate(ids, look);
