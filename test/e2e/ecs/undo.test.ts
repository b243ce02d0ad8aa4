import { describe, expect, test } from 'vitest';
import { crashes } from '../../rigs/aws/ecs/behaviour.ts';
import { keys } from '../screen.ts';
import { playFaster } from './stage.ts';
import type { Played } from './stage.ts';

const image = (version: string) => `registry.example.com/checkout:${version}`;
const taskDefinitions = ['1', '2', '3'].map((revision) => ({
  name: `checkout:${revision}`,
  image: image(`${revision}.0.0`),
  healthCheck: true,
}));
const kept = { taskDefinition: 'checkout:3', earlier: ['checkout:1', 'checkout:2'] };
const revisionOf = ({ service }: Played) => service.describe().taskDefinition?.split('/').at(-1);

/** Version 3.0.0, which crashes, is on its way; the three tasks of 2.0.0 serve. */
/** `factor`: how fast the service goes on failing; see `playFaster`. */
const bad = async (factor?: number) => {
  const played = await playFaster(
    { taskDefinition: 'checkout:2', earlier: ['checkout:1'] },
    {
      taskDefinitions: [
        ...taskDefinitions.slice(0, 2),
        { ...taskDefinitions[2], name: 'checkout:3', behaviour: crashes(3, ['fatal: no DATABASE_URL']) },
      ],
      ...(factor === undefined ? {} : { factor }),
    },
  );
  played.service.deployBehind('checkout:3');
  await played.until((service) => service.tasks().some(({ stopCode }) => stopCode === 'EssentialContainerExited'));
  return played;
};

describe.concurrent('rb restart undo against the scripted peer', () => {
  test('shows the difference in the dry run, on the card and in the report, and brings the version before back', async () => {
    await using played = await playFaster();
    const operator = played.operator();
    const difference = [`- `, `+ `].map((sign, index) => `${sign}app image: ${image(`${2 - index}.0.0`)}`);
    const dry = await operator.run('restart undo --dry-run');
    for (const line of difference) expect(dry.stdout).toContain(line);
    const { code, screen } = await operator.run('restart undo', { answers: ['y'] });
    for (const line of difference) expect(screen).toContain(line);
    expect(screen).toContain('all 3 tasks back on version 1.0.0');
    expect([code, revisionOf(played)]).toEqual([0, 'checkout:1']);
    const report = await operator.run('audit report');
    for (const line of difference) expect(report.stdout).toContain(line);
  });

  test.for([
    ['1', 'checkout:1'],
    ['checkout:2', 'checkout:2'],
  ])('--to-revision %s: to that one', async ([wanted = '', revision]) => {
    await using played = await playFaster(kept, { taskDefinitions });
    const { code, stderr } = await played.operator().run(`restart undo --to-revision ${wanted} --yes`);
    expect([code, revisionOf(played)], stderr).toEqual([0, revision]);
  });

  test('--to-revision that is there already, or that was never registered', async () => {
    await using played = await playFaster(kept, { taskDefinitions });
    const operator = played.operator();
    const same = await operator.run('restart undo --to-revision 3 --yes');
    expect([same.code, same.stderr]).toEqual([3, expect.stringContaining('runs checkout:3 already')]);
    const none = await operator.run('restart undo --to-revision 99 --yes');
    expect([none.code, none.stderr]).toEqual([2, expect.stringContaining('there is no task definition checkout:99')]);
    expect(revisionOf(played)).toBe('checkout:3');
  });
});

describe.concurrent('a bad version against the scripted peer', () => {
  test('that is restarted fails with the reason; the undo that is offered goes back to what serves', async () => {
    await using played = await bad();
    const session = played.operator().session('restart --rolling', { columns: 200, rows: 60 });
    await session.shows('Do it? [y/N]');
    await session.answer(`y${keys.enter}`);
    while ((session.screen().match(/Do it\? \[y\/N\]/g) ?? []).length < 2) await session.changes();
    const shown = session.screen();
    expect(shown).toContain('exit code 3');
    expect(shown).toContain('fatal: no DATABASE_URL');
    expect(shown).toContain('revision checkout:2: version 2.0.0 is the one that serves');
    expect(shown).toContain(`- app image: ${image('3.0.0')}`);
    expect(shown).toContain(`+ app image: ${image('2.0.0')}`);
    await session.answer(`y${keys.enter}`);
    expect(await session.ended).toBe(1);
    expect(session.screen()).toContain('It was taken back: Roll back to the previous version.');
    expect(revisionOf(played)).toBe('checkout:2');
  });

  test('is seen in the status as a rollout under way whose tasks fail; in a script the undo goes back', async () => {
    // Slow enough that no task is caught between two states while rb starts.
    await using played = await bad(1);
    const operator = played.operator();
    const { code, stdout } = await operator.run('restart status');
    expect([code, stdout]).toEqual([0, expect.stringMatching(/under way: checkout:3 .* failed in a row/)]);
    const undone = await operator.run('restart undo --yes');
    expect([undone.code, revisionOf(played)], undone.stderr).toEqual([0, 'checkout:2']);
    expect(undone.stderr).toContain('Rolled back. 3 of 3 instances healthy.');
  });
});
