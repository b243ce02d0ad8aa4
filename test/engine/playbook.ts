import * as z from 'zod/mini';
import type { Reads } from '../../src/engine/procedure/context.ts';
import { Id, look, procedure } from './rig.ts';
import type { TestPorts } from './rig.ts';

/** Three instances, one of which is busy until it is restarted. */
export interface Shop {
  readonly cpu: Record<string, number>;
  readonly starts: Record<string, number>;
  /** What was asked of it, also where it did not come to that. */
  readonly restarts: string[];
  /** Called when a restart is asked for, before it reaches the world. */
  onRestart: (id: string) => void;
  readonly ports: TestPorts;
}

export const shop = (): Shop => {
  const world: Shop = {
    cpu: { 'web-1': 20, 'web-2': 97, 'web-3': 30 },
    starts: { 'web-1': 1, 'web-2': 1, 'web-3': 1 },
    restarts: [],
    onRestart: () => undefined,
    ports: {
      workload: {
        instances: async () => Object.keys(world.starts),
        starts: async (id) => world.starts[id] ?? 0,
        restart: async (id) => {
          world.restarts.push(id);
          world.onRestart(id);
          world.starts[id] = (world.starts[id] ?? 0) + 1;
          world.cpu[id] = 10;
        },
      },
      metrics: { cpu: async () => ({ ...world.cpu }) },
      logs: { errors: async () => 3 },
    },
  };
  return world;
};

const Hot = z.object({ hottest: z.optional(z.object({ id: z.string(), percent: z.number() })) });

const cpu = look({
  id: 'look.cpu',
  section: '3.1',
  title: 'CPU by instance',
  purpose: 'Which instance is busy?',
  needs: { metrics: 'required' },
  input: z.object({}),
  result: Hot,
  steps: ({ check }) => {
    const usage = check('usage', 'CPU', {
      data: Hot,
      look: async ({ ports }) => {
        const all = Object.entries(await (await ports.metrics()).cpu());
        const [id, percent] = all.toSorted(([, one], [, other]) => other - one)[0] ?? ['none', 0];
        return {
          verdict: percent > 85 ? 'critical' : 'ok',
          summary: `${id} is at ${percent} %`,
          data: percent > 50 ? { hottest: { id, percent } } : {},
        };
      },
    });
    return { steps: [usage], result: (reads) => reads.read(usage) };
  },
});

const restartOne = procedure({
  id: 'restart.instance',
  section: '2.1',
  title: 'Restart one instance',
  purpose: 'One instance misbehaves.',
  needs: { workload: 'required' },
  input: Id,
  steps: ({ precondition, action, verification }) => {
    const Restarting = z.object({ id: z.string(), starts: z.number() });
    const others = precondition('others', 'Other instances', {
      look: async ({ ports }) => ({
        verdict: 'ok',
        summary: `${(await (await ports.workload()).instances()).length - 1} others serve`,
      }),
    });
    const restart = action('restart', 'Restart it', {
      tier: 'disruptive',
      change: Restarting,
      plan: async ({ ports, input: { id } }) => {
        const starts = await (await ports.workload()).starts(id);
        return {
          summary: `restart ${id}`,
          target: { provider: 'test', name: id },
          blastRadius: ['1 of 3 instances'],
          equivalent: [`systemctl restart ${id}`],
          undo: 'not needed',
          basis: { starts },
          data: { id, starts },
        };
      },
      apply: async ({ ports, input: { id } }) => (await ports.workload()).restart(id),
      verify: async ({ ports }, { data: { id, starts } }) => ({
        verdict: (await (await ports.workload()).starts(id)) > starts ? 'ok' : 'critical',
        summary: `${id} was restarted`,
      }),
    });
    const serves = verification('serves', 'Does it serve?', {
      look: ({ input: { id } }) => ({ verdict: 'ok', summary: `${id} serves` }),
    });
    return {
      steps: [others, restart, serves],
      summary: ({ input }) => `${input.id} was restarted and serves`,
      stateLeft: async ({ ports, input: { id } }) =>
        `${id} was started ${await (await ports.workload()).starts(id)} times.`,
      afterFailure: ({ input }) => [`rb restart --instance ${input.id}`],
    };
  },
});

/** Looks side by side, a question, calls with an id that a look has found, and a second look. */
export const highCpu = procedure({
  id: 'troubleshoot.high-cpu',
  section: '3.1',
  title: 'High CPU usage',
  purpose: 'A CPU alert fires, responses are slow.',
  needs: { metrics: 'optional', workload: 'optional', logs: 'optional' },
  input: z.object({}),
  steps: ({ parallel, call, check, decision, manual, watch, eachCall }) => {
    const busy = call('cpu', 'CPU by instance', { procedure: cpu, tolerant: true, input: () => ({}) });
    const errors = check('errors', 'Errors in the logs', {
      look: async ({ ports }) => {
        const logs = await ports.logs();
        return logs
          ? { verdict: 'ok', summary: `${await logs.errors()} errors` }
          : { verdict: 'unknown', summary: 'no logs are configured' };
      },
    });
    const now = parallel('now', 'Now', [busy, errors]);
    const hottest = (reads: Reads) => (reads.seen(busy)?.verdict === 'unknown' ? undefined : reads.read(busy).hottest);
    const one = call('one', 'Restart the busy instance', {
      procedure: restartOne,
      input: (reads) => ({ id: reads.read(busy).hottest?.id ?? 'none' }),
    });
    const every = eachCall('every', 'Restart all, one after another', {
      item: Id,
      items: async ({ ports }) => ((await (await ports.workload())?.instances()) ?? []).map((id) => ({ id })),
      titleOf: ({ id }) => `Restart ${id}`,
      procedure: restartOne,
      input: ({ id }) => ({ id }),
    });
    const next = decision('next', 'What next', {
      question: 'What is to be done?',
      options: {
        'restart-one': { title: 'restart the busy instance', steps: [one] },
        'restart-all': { title: 'restart all', steps: [every] },
        ask: {
          title: 'ask the developers',
          steps: [manual('profile', 'Attach a profile', { instruction: 'Attach a profile to the ticket.' })],
        },
        stop: { title: 'stop here', steps: [], unasked: true },
      },
      advise: (reads) => hottest(reads) && { option: 'restart-one', because: 'one instance alone is busy' },
    });
    const calm = watch('calm', 'CPU afterwards', {
      when: (reads) => reads.read(next).startsWith('restart'),
      data: z.number(),
      everyMs: () => 10_000,
      forMs: () => 20_000,
      endsWhenCritical: false,
      sample: async ({ ports }) => Math.max(...Object.values((await (await ports.metrics())?.cpu()) ?? {})),
      judge: (_, samples) => ({ verdict: 'ok', summary: `${samples.at(-1)} % at most` }),
    });
    const again = call('again', 'CPU by instance, again', {
      procedure: cpu,
      tolerant: true,
      replaces: busy,
      input: () => ({}),
    });
    return {
      steps: [now, next, calm, again],
      summary: (reads) => reads.seen(again)?.summary ?? 'it was not looked at again',
      stateLeft: () => 'The alert may still fire.',
      afterFailure: () => ['rb troubleshoot high-cpu'],
    };
  },
});
