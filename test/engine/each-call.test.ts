import { describe, expect, it } from 'vitest';
import type { Json } from '../../src/engine/json.ts';
import type { Tail } from '../../src/engine/procedure/procedure.ts';
import type { EachCallSpec, Item } from '../../src/engine/procedure/specs.ts';
import type { Step } from '../../src/engine/procedure/step.ts';
import { createStop } from '../../src/engine/session/stop.ts';
import { action, check, ctrlC, cutAfter, Id, person, resultOf, results, resume, run, say, seen } from './rig.ts';
import type { Ports } from './rig.ts';
import { restarting, idOf, listing } from './called.ts';

const every = (ids: readonly string[], { steps = [action('restart')], tail, ...more }: Partial<EveryOptions> = {}) =>
  say.eachCall('every', 'Restart all', {
    item: Id,
    items: () => ids.map((id) => ({ id })),
    titleOf: ({ id }) => `Restart ${id}`,
    procedure: restarting(steps, tail),
    input: ({ id }) => ({ id }),
    ...more,
  });
interface EveryOptions extends Pick<EachCallSpec<Json, Ports, Item, { readonly id: string }, null, never>, 'before'> {
  readonly steps: readonly Step[];
  readonly tail: Tail<{ readonly id: string }, object>;
}

const secondIsDown = async (context: { readonly input: Json }) =>
  seen(idOf(context) === 'web-2' ? 'critical' : 'ok', `${idOf(context)} was looked at`);
const firstIsDown = async (_: unknown, { id }: Item) => seen(id === 'web-2' ? 'critical' : 'ok', 'web-1 is down again');
const drainAndRestart = () => [action('drain'), action('restart')];

describe('one call for each item', () => {
  it('is confirmed and recorded on its own, one after another', async () => {
    const restarted: string[] = [];
    const prompts = person(true, true);
    const group = every(['web-1', 'web 2/b'], { steps: [listing(restarted)] });
    const after = check('after', ({ items }) =>
      seen(
        'ok',
        items(group)
          .map(({ id, finding }) => `${id}: ${finding?.summary}`)
          .join(', '),
      ),
    );
    const ran = await run([group, after], { prompts });
    expect(prompts.asked).toEqual(['restart web-1 [y/N]', 'restart web 2/b [y/N]']);
    expect(restarted).toEqual(['web-1', 'web 2/b']);
    expect(results(ran)).toEqual([
      ['every/web-1/restart', 'ok'],
      ['every/web-1', 'ok'],
      ['every/web%202%2Fb/restart', 'ok'],
      ['every/web%202%2Fb', 'ok'],
      ['every', 'ok'],
      ['after', 'ok'],
    ]);
    expect(ran.of('step.started').map(({ title }) => title)).toContain('Restart web 2/b');
    expect(ran.of('step.result').at(-1)).toMatchObject({
      finding: { summary: 'web-1: restart is healthy, web 2/b: restart is healthy' },
    });
  });

  it('ends with the first that fails, and names it with those that were not done', async () => {
    const restarted: string[] = [];
    const { outcome } = await run(
      [every(['web-1', 'web-2', 'web-3'], { steps: [listing(restarted, { verify: secondIsDown })] }), action('later')],
      {
        prompts: person(true, true, 'keep'),
        tail: { afterFailure: ({ failed }) => [`${failed?.step.title}: ${failed?.item}`] },
      },
    );
    expect(restarted).toEqual(['web-1', 'web-2']);
    expect(outcome).toMatchObject({
      status: 'failed',
      applied: 1,
      summary: 'web-2 was looked at.',
      undone: ['Restart restart', 'Restart web-3', 'Restart later'],
      next: ['Restart all: web-2'],
    });
  });

  it('ends as a failure where the look before an item is critical', async () => {
    const restarted: string[] = [];
    const ran = await run([every(['web-1', 'web-2', 'web-3'], { steps: [listing(restarted)], before: firstIsDown })], {
      prompts: person(true),
      tail: { afterFailure: ({ failed }) => [`${failed?.step.title}: ${failed?.item}`] },
    });
    expect(restarted).toEqual(['web-1']);
    expect(ran.outcome).toMatchObject({
      status: 'failed',
      verdict: 'critical',
      applied: 1,
      summary: 'web-1 is down again.',
      undone: ['Restart web-2', 'Restart web-3'],
      next: ['Restart all: web-2'],
    });
    expect(results(ran).slice(-2)).toEqual([
      ['every/web-2', 'failed'],
      ['every', 'failed'],
    ]);
    // Its input is evaluated after that look.
    expect(ran.of('call.opened').map(({ step }) => step)).toEqual(['every/web-1']);
  });

  it('that is stopped between two items leaves the rest', async () => {
    const stop = createStop();
    const steps = [action('restart', { apply: async () => void stop.request(ctrlC()) })];
    const { outcome } = await run([every(['web-1', 'web-2'], { steps }), action('later')], {
      stop,
      prompts: person(true),
    });
    expect(outcome).toMatchObject({ status: 'interrupted', undone: ['Restart web-2', 'Restart later'] });
  });

  it('in a dry run plans each, and looks before none', async () => {
    const group = every(['web-1', 'web-2'], { before: () => expect.unreachable() });
    const { of, outcome } = await run([group], { dryRun: true });
    expect(of('change.planned').map(({ step }) => step)).toEqual(['every/web-1/restart', 'every/web-2/restart']);
    expect(outcome.status).toBe('done');
  });

  it('goes on after a crash with the items it began with, and does none again', async () => {
    const first: string[] = [];
    const { events } = await run([every(['web-1', 'web-2', 'web-3'], { steps: [listing(first)] })], {
      prompts: person(true, true, true),
    });
    const log = cutAfter(events, resultOf('every/web-1/restart'));
    const second: string[] = [];
    const { outcome } = await resume([every(['web-9', 'web-3', 'web-2'], { steps: [listing(second)] })], log, {
      prompts: person(true, true),
    });
    expect(second).toEqual(['web-2', 'web-3']);
    expect(outcome).toMatchObject({ status: 'done', applied: 3 });
  });

  it('does not look before an item whose call was begun: half-way it looks different', async () => {
    const { events } = await run([every(['web-1', 'web-2'], { steps: drainAndRestart() })], {
      prompts: person(true, true, true, true),
    });
    const log = cutAfter(events, resultOf('every/web-1/drain'));
    const looked: string[] = [];
    const before = async (_: unknown, { id }: Item) => {
      looked.push(id);
      return seen('ok');
    };
    await resume([every(['web-1', 'web-2'], { steps: drainAndRestart(), before })], log, {
      prompts: person(true, true, true),
    });
    expect(looked).toEqual(['web-2']);
  });

  it('with two items of the same id is an internal error, before anything is done', async () => {
    const { outcome, of } = await run([every(['web-1', 'web-1'])]);
    expect(outcome.summary).toBe('Internal error (a bug in rb): two items of "Restart all" have the same id');
    expect(of('call.opened')).toEqual([]);
  });
});
