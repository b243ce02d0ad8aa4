import { describe, expect, it } from 'vitest';
import type { Prompts } from '../../src/engine/plan/confirmation.ts';
import type { Event } from '../../src/engine/session/events.ts';
import { createStop } from '../../src/engine/session/stop.ts';
import { highCpu, shop } from './playbook.ts';
import type { Shop } from './playbook.ts';
import {
  answering,
  ctrlC,
  fakeClock,
  hashOf,
  noFlags,
  person,
  recorder,
  results,
  resume,
  run,
  unreachable,
  yes,
} from './rig.ts';
import type { TinyOptions } from './rig.ts';

const playbook = (world: Shop, options: TinyOptions = {}) =>
  run(highCpu, { input: {}, ports: world.ports, given: noFlags, ...options });

const restartOne = { given: answering({ next: 'restart-one' }) };

describe('a playbook', () => {
  it('looks side by side, asks, calls what was chosen with what a look found, and looks again', async () => {
    const world = shop();
    const prompts = person('restart-one', true);
    const ran = await playbook(world, { prompts });
    expect(prompts.asked).toEqual(['What is to be done?', 'restart web-2 [y/N]']);
    expect(results(ran)).toEqual([
      ['now/cpu/usage', 'ok'],
      ['now/cpu', 'ok'],
      ['now/errors', 'ok'],
      ['next', 'ok'],
      ['next/restart-one/one/others', 'ok'],
      ['next/restart-one/one/restart', 'ok'],
      ['next/restart-one/one/serves', 'ok'],
      ['next/restart-one/one', 'ok'],
      ['calm', 'ok'],
      ['again/usage', 'ok'],
      ['again', 'ok'],
    ]);
    expect(ran.of('answer')).toMatchObject([
      { step: 'next', answer: 'restart-one', advice: 'restart-one: one instance alone is busy' },
    ]);
    expect(ran.of('call.opened').map(({ step, input }) => [step, input])).toEqual([
      ['now/cpu', {}],
      ['next/restart-one/one', { id: 'web-2' }],
      ['again', {}],
    ]);
    expect(ran.of('sample')).toHaveLength(3);
    // The second look counts in place of the first, which was critical.
    expect(ran.outcome).toEqual({
      status: 'done',
      verdict: 'ok',
      summary: 'web-3 is at 30 %.',
      applied: 1,
      undone: [],
      next: [],
    });
    // Each port once.
    expect(ran.opened.toSorted()).toEqual(['logs', 'metrics', 'workload']);
  });

  it('calls once for each item', async () => {
    const world = shop();
    const { outcome } = await playbook(world, { prompts: person('restart-all', true, true, true) });
    expect(world.restarts).toEqual(['web-1', 'web-2', 'web-3']);
    expect(outcome).toMatchObject({ status: 'done', applied: 3 });
  });

  it('leaves to a person what only a person can do', async () => {
    const world = shop();
    const { outcome, of } = await playbook(world, { prompts: person('ask', 'done') });
    expect(world.restarts).toEqual([]);
    expect(of('answer').at(-1)).toMatchObject({ step: 'next/ask/profile', answer: 'done', note: 'done by hand' });
    // Nothing was applied: what was found decides.
    expect(outcome).toMatchObject({ status: 'critical', summary: 'web-2 is at 97 %.' });
  });

  it('without a terminal takes the option that asks for nothing', async () => {
    const world = shop();
    const ran = await playbook(world, { given: yes });
    expect(ran.of('answer')).toMatchObject([{ answer: 'stop', by: 'no terminal' }]);
    expect(ran.required).toEqual([]);
    expect(ran.outcome).toMatchObject({ status: 'critical', applied: 0, next: ['rb troubleshoot high-cpu'] });
  });

  it('in a script is answered by --answer, which covers what it chose', async () => {
    const world = shop();
    const { outcome, of } = await playbook(world, restartOne);
    expect(of('confirmation')).toMatchObject([{ step: 'next/restart-one/one/restart', by: '--yes' }]);
    expect([outcome.status, world.restarts]).toEqual(['done', ['web-2']]);
  });
});

describe('a dry run of a playbook', () => {
  it('without an answer shows the question, and plans as far as the answer is needed', async () => {
    const world = shop();
    const ran = await playbook(world, { dryRun: true });
    expect(ran.of('step.progress').map(({ note }) => note)).toEqual([
      'would ask: What is to be done? Advice: restart-one: one instance alone is busy',
      '--answer next=restart-one: restart the busy instance',
      '--answer next=restart-all: restart all',
      '--answer next=ask: ask the developers',
      '--answer next=stop: stop here',
    ]);
    expect(ran.of('step.depends')).toMatchObject([{ step: 'calm', title: 'CPU afterwards', on: 'What next' }]);
    expect(results(ran).slice(-2)).toEqual([
      ['next', 'skipped'],
      ['calm', 'skipped'],
    ]);
    expect(ran.outcome).toMatchObject({ status: 'done', undone: [] });
    expect(ran.of('change.planned')).toEqual([]);
    expect(ran.of('plan.hash')).toHaveLength(1);
  });

  it('with an answer plans that option, and describes what comes after it', async () => {
    const world = shop();
    const ran = await playbook(world, { dryRun: true, ...restartOne });
    expect(ran.of('change.planned')).toMatchObject([
      { step: 'next/restart-one/one/restart', change: { target: { name: 'web-2' } } },
    ]);
    expect(ran.of('step.depends')).toEqual([]);
    expect(results(ran).slice(4)).toEqual([
      ['next/restart-one/one/others', 'ok'],
      ['next/restart-one/one/restart', 'skipped'],
      ['next/restart-one/one/serves', 'skipped'],
      ['next/restart-one/one', 'skipped'],
      ['calm', 'skipped'],
      ['again/usage', 'ok'],
      ['again', 'ok'],
    ]);
    expect(ran.required).toEqual([]);
    expect(world.restarts).toEqual([]);
  });

  it('with another answer has another hash', async () => {
    const hashes = await Promise.all(
      [{}, restartOne, { given: answering({ next: 'restart-all' }) }, { given: answering({ next: 'stop' }) }].map(
        async (options) => hashOf(await playbook(shop(), { dryRun: true, ...options })),
      ),
    );
    expect(new Set(hashes).size).toBe(4);
  });
});

describe('--plan of a playbook', () => {
  it('runs what was planned', async () => {
    const world = shop();
    const plan = hashOf(await playbook(world, { dryRun: true, ...restartOne }));
    const { outcome } = await playbook(world, { plan, ...restartOne });
    expect([outcome.status, world.restarts]).toEqual(['done', ['web-2']]);
  });

  it('refuses before the first step where a look finds another instance', async () => {
    const world = shop();
    const plan = hashOf(await playbook(world, { dryRun: true, ...restartOne }));
    world.cpu['web-3'] = 99;
    const { outcome, of } = await playbook(world, { plan, ...restartOne });
    expect(outcome.status).toBe('refused');
    expect(outcome.summary).toContain('next/restart-one/one: restart.instance {"id":"web-3"}');
    expect(of('step.started')).toEqual([]);
    expect(world.restarts).toEqual([]);
  });

  it('says what was found now where that changes while it runs', async () => {
    const world = shop();
    const plan = hashOf(await playbook(world, { dryRun: true, ...restartOne }));
    let looks = 0;
    const metrics = {
      cpu: async () => {
        looks += 1;
        // Twice for the hash (before and after), then for real.
        if (looks === 3) world.cpu['web-3'] = 99;
        return { ...world.cpu };
      },
    };
    const { outcome } = await playbook(world, { plan, ...restartOne, ports: { ...world.ports, metrics } });
    expect(outcome).toMatchObject({
      status: 'refused',
      summary: '"Restart the busy instance": --plan was made for web-2; now it is web-3. Nothing was done.',
      undone: ['Restart the busy instance', 'CPU afterwards', 'CPU by instance, again'],
    });
    expect(world.restarts).toEqual([]);
  });

  it('that stops at the question asks there, and its flags cover nothing behind it', async () => {
    const world = shop();
    const plan = hashOf(await playbook(world, { dryRun: true }));
    const prompts = person('restart-one', true);
    const { outcome } = await playbook(world, { plan, given: yes, prompts });
    expect(prompts.asked).toEqual(['What is to be done?', 'restart web-2 [y/N]']);
    expect([outcome.status, world.restarts]).toEqual(['done', ['web-2']]);
  });

  it('that stops at the question is another plan than one with an answer', async () => {
    const world = shop();
    const plan = hashOf(await playbook(world, { dryRun: true }));
    const { outcome } = await playbook(world, { plan, ...restartOne });
    expect(outcome.status).toBe('refused');
    expect(world.restarts).toEqual([]);
  });
});

/** Answers every question, however often it is asked. */
const willing = (choice: string): Prompts => ({
  confirm: async () => true,
  choose: async () => choice,
  acknowledge: async () => ({ answer: 'done', note: '' }),
});

describe('a playbook that is killed', () => {
  it.each(['restart-one', 'restart-all', 'ask'])(
    'at any record, with %s: resume does nothing twice',
    async (choice) => {
      const prompts = willing(choice);
      const whole = shop();
      const { events, outcome: good } = await playbook(whole, { prompts });
      const restarts = [...whole.restarts];
      for (let killedAt = 1; killedAt < events.length; killedAt += 1)
        // An intent may have reached the world, or not.
        for (const lost of events[killedAt - 1]?.type === 'step.intent' ? [false, true] : [false]) {
          const world = shop();
          const clock = fakeClock();
          const log = recorder(clock, { failAt: killedAt });
          if (lost)
            world.onRestart = () => {
              if (log.events.length === killedAt) throw new Error('killed');
            };
          // oxlint-disable-next-line no-await-in-loop -- one death after another
          await playbook(world, { prompts, clock, recorder: log });
          expect(log.events).toHaveLength(killedAt);
          world.onRestart = () => undefined;
          // oxlint-disable-next-line no-await-in-loop
          const ran = await resume(highCpu, log.events, { input: {}, ports: world.ports, prompts });
          const when = `killed at ${killedAt} (${(events[killedAt - 1] as Event).type}), lost: ${lost}`;
          expect(ran.outcome, when).toEqual(good);
          expect(world.starts, when).toEqual(whole.starts);
          expect(world.restarts.length, when).toBe(restarts.length + (lost ? 1 : 0));
          const inputs = [...log.events, ...ran.events].flatMap((event) =>
            event.type === 'call.opened' && event.procedure.id === 'restart.instance' ? [event.step, event.input] : [],
          );
          // The same instance, whatever a look finds after the restart.
          if (choice === 'restart-one') expect(new Set(inputs.map((one) => JSON.stringify(one))).size, when).toBe(2);
        }
    },
  );
});

describe('a playbook that is stopped inside a call', () => {
  it('finishes the change, says what is left from the inside out, and can be resumed', async () => {
    const world = shop();
    const stop = createStop();
    world.onRestart = () => void stop.request(ctrlC());
    const first = await playbook(world, { prompts: person('restart-one', true), stop });
    expect(first.outcome).toEqual({
      status: 'interrupted',
      verdict: 'critical',
      summary: 'Stopped by the operator.\nweb-2 was started 2 times.\nThe alert may still fire.',
      applied: 1,
      undone: ['Does it serve?', 'CPU afterwards', 'CPU by instance, again'],
      next: ['rb resume s1'],
    });
    const { outcome } = await resume(highCpu, first.events, { input: {}, ports: world.ports, given: noFlags });
    expect(outcome).toMatchObject({ status: 'done', applied: 1, summary: 'web-3 is at 30 %.' });
    expect(world.restarts).toEqual(['web-2']);
  });

  it('between two items leaves the others', async () => {
    const world = shop();
    const stop = createStop();
    world.onRestart = (id) => void (id === 'web-1' && stop.request(ctrlC()));
    const { outcome } = await playbook(world, { prompts: person('restart-all', true), stop });
    expect(outcome.undone).toEqual([
      'Does it serve?',
      'Restart web-2',
      'Restart web-3',
      'CPU afterwards',
      'CPU by instance, again',
    ]);
  });

  it('fails inside it: the innermost advice comes first', async () => {
    const world = shop();
    const workload = { ...world.ports.workload, restart: async () => undefined };
    const { outcome } = await playbook(world, {
      prompts: person('restart-one', true),
      ports: { ...world.ports, workload },
    });
    expect(outcome).toMatchObject({
      status: 'failed',
      applied: 0,
      summary: 'web-2 was restarted.\nweb-2 was started 1 times.\nThe alert may still fire.',
      next: ['rb restart --instance web-2', 'rb troubleshoot high-cpu'],
    });
  });
});

describe('a playbook where a port is not configured', () => {
  const { metrics, logs, workload } = shop().ports;

  it('shows what it cannot call as not available', async () => {
    const { of } = await run(highCpu, { input: {}, ports: { metrics, logs }, dryRun: true });
    expect(of('step.progress').map(({ note }) => note)).toEqual([
      'would ask: What is to be done?',
      'restart-one: restart the busy instance (not available: no workload is configured)',
      'restart-all: restart all (not available: no workload is configured)',
      '--answer next=ask: ask the developers',
      '--answer next=stop: stop here',
    ]);
  });

  it('refuses an --answer that names it, before anything is done', async () => {
    const { outcome, of } = await run(highCpu, { input: {}, ports: { metrics, logs }, ...restartOne });
    expect(outcome).toMatchObject({
      status: 'usage',
      summary: '--answer next=restart-one: not available, no workload is configured.',
    });
    expect(of('step.started')).toEqual([]);
  });

  it('cannot see what needs it, and the other looks go on', async () => {
    const { outcome, of } = await run(highCpu, { input: {}, ports: { logs, workload }, given: noFlags });
    expect(of('step.result').find(({ step }) => step === 'now/cpu')).toMatchObject({
      finding: { verdict: 'unknown', summary: 'cannot see: no metrics is configured' },
    });
    expect(outcome).toMatchObject({ status: 'unseen', verdict: 'unknown' });
  });
});

describe('a playbook where a port cannot be opened', () => {
  it('does not see what needs it, and the others go on', async () => {
    const world = shop();
    const ports = { ...world.ports, metrics: unreachable() };
    const { outcome, of } = await playbook(world, { ports, prompts: person('stop') });
    expect(of('step.result').map(({ step, finding }) => [step, finding?.summary])).toEqual([
      ['now/cpu/usage', undefined],
      ['now/cpu', 'cannot see: metrics.example.org does not answer'],
      ['now/errors', '3 errors'],
      ['next', undefined],
      ['calm', undefined],
      ['again/usage', undefined],
      ['again', 'cannot see: metrics.example.org does not answer'],
    ]);
    expect(of('answer')[0]).not.toHaveProperty('advice');
    expect(outcome).toMatchObject({
      status: 'unseen',
      verdict: 'unknown',
      undone: [],
      summary: 'cannot see: metrics.example.org does not answer.',
    });
  });

  it('refuses the call that needs what could not be seen', async () => {
    const world = shop();
    const ports = { ...world.ports, metrics: unreachable() };
    const { outcome } = await playbook(world, { ports, prompts: person('restart-one') });
    expect(outcome).toMatchObject({
      status: 'refused',
      summary: '"CPU by instance" could not be seen: metrics.example.org does not answer. Nothing was done.',
    });
    expect(world.restarts).toEqual([]);
  });

  it('fails where the call itself needs it, with what is left undone', async () => {
    const world = shop();
    const ports = { ...world.ports, workload: unreachable('the cluster does not answer') };
    const { outcome } = await playbook(world, { ports, prompts: person('restart-one') });
    expect(outcome).toMatchObject({
      status: 'unreachable',
      applied: 0,
      undone: ['Other instances', 'Restart it', 'Does it serve?', 'CPU afterwards', 'CPU by instance, again'],
    });
  });
});
