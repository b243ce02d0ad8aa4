import { describe, expect, test } from 'vitest';
import { RunbookError } from '../../src/engine/errors.ts';
import { emergencyRestart } from '../../src/sections/restart/emergency.ts';
import { rollingRestart } from '../../src/sections/restart/rolling.ts';
import { singleRestart } from '../../src/sections/restart/single.ts';
import { newPlatform } from './platform.ts';
import { cutAfter, runOn } from './rig.ts';
import { newServers } from './servers.ts';
import type { Servers } from './servers.ts';

const rolling = (servers: Servers, batch = 1) => runOn(rollingRestart, servers.workload, { batch });
const died = { state: 'stopped', health: 'critical', detail: 'exit code 1' } as const;

describe('before each instance of a rolling restart all others are looked at', () => {
  test('while they serve, one after another is restarted', async () => {
    const servers = newServers();
    const { end } = await rolling(servers);
    expect(end.outcome).toMatchObject({ status: 'done' });
    expect(end.outcome.summary).toContain('3 of 3 instances healthy');
    expect(servers.restarted).toEqual(['app-1', 'app-2', 'app-3']);
  });

  test('a new process that dies after the next one was restarted: the third is not restarted', async () => {
    const servers = newServers();
    servers.onRestart = (id) => {
      if (id === 'app-2') servers.change('app-1', died);
    };
    const { end, of } = await rolling(servers);
    expect(end.outcome).toMatchObject({
      status: 'failed',
      undone: ['Restart app-3', expect.anything(), expect.anything()],
    });
    expect(end.outcome.summary).toContain('1 of 2 other instances serve: app-1 is stopped (exit code 1).');
    expect(end.outcome.summary).toContain('Instances now: 1 new (app-2), 1 down (app-1: exit code 1), 1 old (app-3).');
    expect(of('step.intent').map(({ step }) => step)).toEqual(['restart/app-1', 'restart/app-2']);
    expect(servers.restarted).toEqual(['app-1', 'app-2']);
    // It is not app-3 that failed.
    expect(end.outcome.next).toEqual([
      'rb restart status',
      'rb restart --rolling   (begins with what is not healthy)',
      'rb restart undo   (roll back to the previous version)',
      'rb restart --emergency   (stops everything; only if nothing else helps)',
    ]);
  });

  test('one that dies at once: the second is not restarted', async () => {
    const servers = newServers();
    servers.onRestart = (id) => servers.change(id, died);
    const { end } = await rolling(servers);
    expect(end.outcome.status).toBe('failed');
    expect(servers.restarted).toEqual(['app-1']);
  });

  test('one whose turn is still to come and that falls ill stops it as well', async () => {
    const servers = newServers();
    servers.onRestart = () => servers.change('app-3', { health: 'critical', detail: 'HTTP 503' });
    const { end } = await rolling(servers);
    expect(end.outcome.summary).toContain('1 of 2 other instances serve: app-3 is running (HTTP 503).');
    expect(servers.restarted).toEqual(['app-1']);
  });

  test('one that was unhealthy before is restarted first, and has to stay healthy from then on', async () => {
    const servers = newServers();
    servers.change('app-3', { health: 'critical', detail: 'HTTP 503' });
    const good = await rolling(servers);
    expect([good.end.outcome.status, servers.restarted]).toEqual(['done', ['app-3', 'app-1', 'app-2']]);

    const bad = newServers();
    bad.change('app-3', { health: 'critical', detail: 'HTTP 503' });
    bad.onRestart = (id) => {
      if (id === 'app-1') bad.change('app-3', died);
    };
    const { end } = await rolling(bad);
    expect(end.outcome.summary).toContain('1 of 2 other instances serve: app-3 is stopped (exit code 1).');
    expect(bad.restarted).toEqual(['app-3', 'app-1']);
  });

  test('those of its own batch are not among the others', async () => {
    const servers = newServers('app-1', 'app-2', 'app-3', 'app-4', 'app-5');
    servers.onRestart = (id) => {
      if (id === 'app-3') servers.change('app-2', died);
    };
    const { end, of } = await rolling(servers, 2);
    expect(end.outcome.summary).toContain('3 of 4 other instances serve: app-2 is stopped (exit code 1).');
    expect(servers.restarted).toEqual(['app-1', 'app-2', 'app-3', 'app-4']);
    expect(of('step.result').find(({ step }) => step === 'restart/app-5')?.result).toBe('failed');
  });

  test('one that is not listed any more is named', async () => {
    const servers = newServers();
    servers.onRestart = (id) => {
      if (id === 'app-2') servers.remove('app-2');
    };
    const { end } = await rolling(servers);
    expect(end.outcome.summary).toContain('1 of 2 other instances serve: app-2 is not listed any more.');
    expect(end.outcome.summary).toContain('1 not listed any more (app-2)');
    expect(servers.restarted).toEqual(['app-1', 'app-2']);
  });

  test('one whose health was seen before and cannot be seen now does not count as healthy', async () => {
    const servers = newServers();
    servers.onRestart = (id) => servers.change(id, { health: 'unknown' });
    const { end } = await rolling(servers);
    expect(end.outcome.summary).toContain('cannot see the health of app-1');
    expect(servers.restarted).toEqual(['app-1']);
  });

  test('where no health can be seen, one that is stopped stops it', async () => {
    const servers = newServers();
    const blind = () => servers.list.forEach(({ id }) => servers.change(id, { health: 'unknown' }));
    blind();
    servers.onRestart = blind;
    // All are restarted, and nothing has seen that one of them is healthy.
    expect((await rolling(servers)).end.outcome).toMatchObject({ status: 'unseen', applied: 3 });
    servers.restarted.length = 0;
    servers.onRestart = (id) => {
      blind();
      if (id === 'app-2') servers.change('app-1', { state: 'stopped' });
    };
    const { end } = await rolling(servers);
    expect(end.outcome.summary).toContain('app-1 is stopped');
    expect(servers.restarted).toEqual(['app-1', 'app-2']);
  });
});

const unseenAtFirst = () => {
  const servers = newServers();
  servers.onLook = (looks) => void (servers.unreachable = looks === 1 ? 'no answer' : undefined);
  return servers;
};

describe('the look before the rollout could not be made', () => {
  test('nothing was promised of those that the rollout has not restarted', async () => {
    const servers = unseenAtFirst();
    servers.onRestart = (id) => {
      if (id === 'app-1') servers.change('app-3', { health: 'critical' });
    };
    const { end } = await rolling(servers);
    expect([end.outcome.status, servers.restarted]).toEqual(['done', ['app-1', 'app-2', 'app-3']]);
  });

  test('those that it has restarted have to serve', async () => {
    const servers = unseenAtFirst();
    servers.onRestart = (id) => {
      if (id === 'app-2') servers.change('app-1', died);
    };
    const { end } = await rolling(servers);
    expect(end.outcome.summary).toContain('1 of 2 other instances serve: app-1 is stopped (exit code 1).');
    expect(servers.restarted).toEqual(['app-1', 'app-2']);
  });
});

/** `app-2` is not listed any more once `last` has been restarted. */
const vanishing = (last: string) => {
  const servers = newServers();
  servers.onRestart = (id) => {
    if (id === last) servers.remove('app-2');
  };
  return servers;
};

describe('an instance that vanishes from the listing is missing at the end', () => {
  const missing = 'All instances healthy: app-2: not listed any more; 2 of 3 instances healthy.';

  test('of a rolling restart', async () => {
    const { end, of } = await rolling(vanishing('app-3'));
    expect(end.outcome.status).toBe('failed');
    expect(end.outcome.summary).toContain(missing);
    expect(of('step.result').at(-1)).toMatchObject({ step: 'after', result: 'failed' });
  });

  test('of the restart of one instance', async () => {
    const { end } = await runOn(singleRestart, vanishing('app-3').workload, { id: 'app-3' });
    expect([end.outcome.status, end.outcome.summary]).toEqual(['failed', missing]);
  });

  test('of an emergency restart', async () => {
    const flags = { yes: true, confirm: 'shop/staging' };
    const { end } = await runOn(emergencyRestart, vanishing('app-3').workload, {}, { flags });
    expect(end.outcome.status).toBe('failed');
    expect(end.outcome.summary).toContain(missing);
  });

  test('but not where others have taken its place', async () => {
    const servers = vanishing('app-3');
    const { onRestart } = servers;
    servers.onRestart = (id) => {
      onRestart(id);
      if (id === 'app-3') servers.list.push({ id: 'app-4', state: 'running', health: 'ok' });
    };
    const { end } = await rolling(servers);
    expect(end.outcome.status).toBe('done');
    expect(end.outcome.summary).toContain('3 of 3 instances healthy.');
  });

  test('nor one that was on its way out before', async () => {
    const servers = newServers('app-1', 'app-2', 'app-3', 'app-4');
    servers.change('app-4', { state: 'stopping', health: 'critical' });
    servers.onRestart = (id) => {
      if (id === 'app-1') servers.remove('app-4');
    };
    const { end } = await runOn(singleRestart, servers.workload, { id: 'app-1' });
    expect(end.outcome.summary).toContain('3 of 3 instances healthy');
  });

  test('nor one less where the platform itself wants one less: that is said', async () => {
    const servers = vanishing('app-2');
    servers.desired = 3;
    const { onRestart } = servers;
    servers.onRestart = (id) => {
      onRestart(id);
      if (id === 'app-2') servers.desired = 2;
    };
    const { end } = await rolling(servers);
    expect(end.outcome.status).toBe('done');
    expect(end.outcome.summary).toContain('2 of 2 instances healthy, 3 wanted before, 2 now.');
  });

  test('an autoscaler that lowers the number while the platform rolls by itself is named as that', async () => {
    const platform = newPlatform();
    platform.onLook = () => void (platform.count = platform.looks.length > 1 ? 2 : 3);
    const { end } = await runOn(rollingRestart, platform.workload, { batch: 1 });
    expect(end.outcome.status).toBe('done');
    expect(end.outcome.summary).toContain('2 of 2 instances healthy, 3 wanted before, 2 now.');
  });
});

const logs = () => {
  const asked: string[] = [];
  const source = {
    errors: async ({ since }: { readonly since: Date }) => {
      asked.push(since.toISOString());
      return { entries: [], total: 0 };
    },
  };
  return { asked, ports: { logs: source } };
};

describe('errors in the logs count from the beginning of the restart', () => {
  const start = '2025-01-01T00:00:00.000Z';

  test('which is the look before it', async () => {
    const { asked, ports } = logs();
    const { found, of } = await runOn(rollingRestart, newServers().workload, { batch: 1 }, { ports });
    expect(asked).toEqual([start]);
    expect(found('errors')).toMatchObject({ verdict: 'ok', summary: 'no errors in the logs since the restart' });
    expect(of('step.result').find(({ step }) => step === 'began')?.result).toBe('skipped');
  });

  test.for([
    ['rolling', (of: Servers, more: object) => runOn(rollingRestart, of.workload, { batch: 1 }, more)],
    [
      'emergency',
      (of: Servers, more: object) =>
        runOn(emergencyRestart, of.workload, {}, { flags: { yes: true, confirm: 'shop/staging' }, ...more }),
    ],
  ] as const)('and not 1970 where that look failed: %s', async ([, run]) => {
    const servers = newServers();
    servers.onLook = (looks) => void (servers.unreachable = looks === 1 ? 'no answer' : undefined);
    const { asked, ports } = logs();
    const { end, found } = await run(servers, { ports, laterMs: 60_000 });
    expect(found('before')).toMatchObject({ verdict: 'unknown', summary: 'cannot see: no answer' });
    expect(asked).toEqual(['2025-01-01T00:01:00.000Z']);
    expect(end.outcome.status).toBe('done');
  });

  test.for([1, undefined])(
    'also for a session that was killed and goes on an hour later (look %s fails)',
    async (fails) => {
      const servers = newServers();
      servers.onLook = (looks) => void (servers.unreachable = looks === fails ? 'no answer' : undefined);
      const { asked, ports } = logs();
      const first = await runOn(rollingRestart, servers.workload, { batch: 1 });
      const history = cutAfter(first, 'step.intent');
      const { end } = await runOn(
        rollingRestart,
        servers.workload,
        { batch: 1 },
        { ports, history, laterMs: 3_600_000 },
      );
      expect(end.outcome.status).toBe('done');
      expect(asked).toEqual([start]);
    },
  );

  test('what cannot be read does not make a restart fail', async () => {
    const unreachable = {
      errors: async () => {
        throw new RunbookError('unreachable', 'no such file');
      },
    };
    const ports = { logs: unreachable };
    const { end, found } = await runOn(rollingRestart, newServers().workload, { batch: 1 }, { ports });
    expect(end.outcome.status).toBe('done');
    expect(found('errors')).toMatchObject({ verdict: 'unknown', summary: 'cannot see: no such file' });
    const none = await runOn(rollingRestart, newServers().workload, { batch: 1 });
    expect(none.found('errors')?.summary).toBe(
      'no log source is configured, so errors since the restart cannot be seen',
    );
  });
});
