import { describe, expect, test } from 'vitest';
import { confirm, playFaster } from './stage.ts';
import type { Played } from './stage.ts';

const idOf = (arn = '') => arn.slice(arn.lastIndexOf('/') + 1);
const running = ({ service }: Played) =>
  service.tasks().flatMap(({ taskArn, desiredStatus }) => (desiredStatus === 'RUNNING' ? [idOf(taskArn)] : []));
const oneOf = (played: Played) => {
  const [id] = running(played);
  if (id === undefined) throw new Error('there is no task');
  return id;
};

describe.concurrent('rb restart --instance against the scripted peer', () => {
  test('stops that task and waits for the one in its place; the others are left alone', async () => {
    await using played = await playFaster();
    const [before, id] = [running(played), oneOf(played)];
    const { code, stderr } = await played.operator().run(`restart --instance ${id} ${confirm}`);
    expect(stderr).toMatch(new RegExp(`[0-9a-f]{32} runs in place of ${id} and is healthy`));
    expect(stderr).toContain(`${id} was restarted. 3 of 3 instances healthy.`);
    expect(code).toBe(0);
    expect(running(played).filter((one) => before.includes(one))).toEqual(before.filter((one) => one !== id));
  });

  test('of a healthy task asks for the name of the service, and says what goes on running', async () => {
    await using played = await playFaster();
    const id = oneOf(played);
    const { code, screen } = await played.operator().run(`restart --instance ${id}`, { answers: ['no'] });
    expect(screen).toContain('1 of 3 tasks; 2 tasks go on running');
    expect(screen).toContain(`raised: ${id} is healthy`);
    expect([code, running(played).includes(id)]).toEqual([4, true]);
  });

  test('the beginning of an id is enough where it is only one task that begins so', async () => {
    await using played = await playFaster();
    const id = oneOf(played);
    const { code } = await played.operator().run(`restart --instance ${id.slice(0, 8)} ${confirm}`);
    expect([code, running(played).includes(id)]).toEqual([0, false]);
  });

  test('a task of another service, or none at all, is a usage error that names those there are', async () => {
    await using played = await playFaster();
    const { code, stderr } = await played.operator().run(`restart --instance deadbeef ${confirm}`);
    expect([code, stderr]).toEqual([2, expect.stringContaining(`there is no task "deadbeef" of checkout`)]);
    for (const id of running(played)) expect(stderr).toContain(id);
    expect(played.aws.calls.get('StopTask')).toBeUndefined();
  });
});
