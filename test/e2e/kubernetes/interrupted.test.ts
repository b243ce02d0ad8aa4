import { describe, expect, test } from 'vitest';
import { until } from '../../rigs/kubernetes/wait.ts';
import { keys } from '../screen.ts';
import { ofType, outcome, results, trail } from '../trail.ts';
import { useKubernetes } from './stage.ts';

const stage = useKubernetes();

/** The cluster has taken the restart. */
const begun = (name: string) =>
  until(
    `the rollout of ${name} has begun`,
    () => stage.control.get('Deployment', name),
    ({ spec }) => spec.template.metadata.annotations?.['kubectl.kubernetes.io/restartedAt'] !== undefined,
  );

describe('Ctrl-C during a rollout', () => {
  test('once: it finishes the step, says what is left, and rb resume does the rest', async () => {
    const name = await stage.deployHeld('once');
    const operator = stage.operator(name);
    const session = operator.session('restart --rolling');
    await session.shows('Do it? [y/N]');
    await session.answer(`y${keys.enter}`);
    await begun(name);
    session.type(keys.ctrlC);
    await session.shows('Press Ctrl-C again to stop waiting (the outcome will be unknown).');
    await stage.control.letGo('Deployment', name);
    expect(await session.ended).toBe(130);
    const screen = session.screen();
    expect(screen).toContain('All instances healthy');
    expect(screen).toMatch(/rb resume/);
    expect(results(await trail(operator))).toContain(`restart/${name} ok`);
    const stamped = (await stage.control.get('Deployment', name)).metadata.generation;

    const resumed = await operator.run('resume --yes');
    expect([resumed.code, resumed.stderr]).toEqual([0, expect.stringContaining('3 of 3 instances healthy')]);
    expect((await stage.control.get('Deployment', name)).metadata.generation).toBe(stamped);
    expect(outcome(await trail(operator))).toBe('done');
  });

  test('twice: it stops waiting, the outcome is unknown (7), the rollout goes on; rb resume follows it to its end', async () => {
    const name = await stage.deployHeld('twice');
    const operator = stage.operator(name);
    const session = operator.session('restart --rolling');
    await session.shows('Do it? [y/N]');
    await session.answer(`y${keys.enter}`);
    await begun(name);
    session.type(keys.ctrlC);
    await session.shows('Stopping after this step');
    session.type(keys.ctrlC);
    expect(await session.ended).toBe(7);
    expect(session.screen()).toContain('No longer waiting: the outcome is unknown, and rb resume settles it.');
    expect(session.screen()).toMatch(/next: +rb resume \S+/);
    const { generation } = (await stage.control.get('Deployment', name)).metadata;

    const resuming = operator.start('resume --yes');
    await resuming.writes('an earlier run was interrupted in this step');
    await stage.control.letGo('Deployment', name);
    const resumed = await resuming.ended;
    expect([resumed.code, resumed.stderr]).toEqual([0, expect.stringContaining('3 of 3 instances healthy')]);
    // It was looked at, and not restarted once more.
    expect((await stage.control.get('Deployment', name)).metadata.generation).toBe(generation);
    expect(outcome(await trail(operator))).toBe('done');
  });

  test('at the question: nothing was done', async () => {
    const name = await stage.deploy('unasked', { replicas: 1 });
    const before = await stage.podNames(name);
    const operator = stage.operator(name);
    const session = operator.session('restart --rolling');
    await session.shows('Do it? [y/N]');
    session.type(keys.ctrlC);
    expect(await session.ended).toBe(130);
    expect(ofType(await trail(operator), 'step.intent')).toEqual([]);
    expect(await stage.podNames(name)).toEqual(before);
  });
});

test('the terminal is closed under it: the rollout is followed to its end, and rb resume does the rest', async () => {
  const name = await stage.deployHeld('hung-up');
  const operator = stage.operator(name);
  const session = operator.session('restart --rolling');
  await session.shows('Do it? [y/N]');
  await session.answer(`y${keys.enter}`);
  await begun(name);
  session.hangUp();
  await stage.control.letGo('Deployment', name);
  await session.ended;
  expect(results(await trail(operator))).toContain(`restart/${name} ok`);
  const resumed = await operator.run('resume --yes');
  expect(resumed.code, resumed.stderr).toBe(0);
});

describe('what others read', () => {
  test('-o json: one document and no prose', async () => {
    const name = await stage.deploy('document');
    const run = await stage.operator(name).run('restart --rolling --yes -o json');
    expect(run.code, run.stderr).toBe(0);
    expect(run.json()).toMatchObject({ outcome: { status: 'done' } });
    expect(run.stderr).toBe('');
  });

  test('-o ndjson: each line an event, from the beginning to the end; what fails is in it too', async () => {
    const name = await stage.deploy('stream', { replicas: 1 });
    const operator = stage.operator(name);
    const run = await operator.run('restart --rolling --yes --confirm checkout/staging -o ndjson');
    const types = run.lines().map(({ type }) => type);
    expect([run.code, types[0], types.at(-1), run.stderr]).toEqual([0, 'session.opened', 'session.closed', '']);
    await stage.control.patch('Deployment', name, { spec: { paused: true } });
    const refused = await operator.run('restart --rolling --yes -o ndjson');
    expect([refused.code, refused.lines().at(-1), refused.stderr]).toMatchObject([
      3,
      {
        type: 'session.closed',
        outcome: { status: 'refused', summary: expect.stringContaining('is paused') as string },
      },
      '',
    ]);
  });

  test('what it says is piped into head: the restart is carried out all the same', async () => {
    const name = await stage.deploy('piped');
    const before = await stage.podNames(name);
    const operator = stage.operator(name);
    const { stdout } = await operator.shell('rb restart --rolling --yes 2>&1 | head -1; echo "exit ${PIPESTATUS[0]}"')
      .ended;
    expect(stdout).toMatch(/^.+\nexit 0\n$/);
    await stage.control.settled('Deployment', name);
    expect((await stage.podNames(name)).filter((pod) => before.includes(pod))).toEqual([]);
    expect(outcome(await trail(operator))).toBe('done');
  });

  test('without a terminal and without --yes: exit code 2 and the flag, nothing is done', async () => {
    const name = await stage.deploy('unattended', { replicas: 1 });
    const before = await stage.podNames(name);
    const { code, stderr, stdout } = await stage.operator(name).run('restart --rolling');
    expect([code, stderr, stdout]).toEqual([2, expect.stringContaining('--yes'), '']);
    expect(await stage.podNames(name)).toEqual(before);
  });
});
