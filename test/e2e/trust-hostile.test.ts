import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { layer, times } from '../layers.ts';
import { commandLines } from './command-lines.ts';
import type { CommandLines } from './command-lines.ts';
import { hostileRepository } from './hostile-repository.ts';
import type { HostileRepository } from './hostile-repository.ts';

/** Commands that read a configuration, or nothing of it, and so work without trust. */
const readers = [
  'audit list',
  'audit report',
  'audit show',
  'audit verify',
  'config check',
  'config show',
  'overview',
  'trust',
];
const untrusted = 'is not trusted: nothing in it is run, resolved or contacted.';

const confirmed = (line: string, environment: string) =>
  `${line} -e ${environment} --yes --confirm checkout/${environment}`;

describe('a repository of a stranger', () => {
  let repository: HostileRepository;
  let commands: readonly CommandLines[];
  /** Of each command the lines that were refused for want of trust. */
  const refused = new Map<string, string[]>();
  beforeAll(async () => {
    repository = await hostileRepository();
    commands = await commandLines();
  });
  afterAll(() => repository.close());

  const seen = () => ({
    executed: repository.executed().length,
    resolved: repository.resolved().length,
    connections: repository.connections(),
  });
  const run = (line: string) => repository.operator.run(line, { cwd: repository.cwd });

  test('nothing of it is run, resolved or contacted by any command', async () => {
    const [first = ''] = repository.environments;
    const runs = commands.flatMap(({ command, lines, withOptions }) => {
      // Whether to trust it is the one question that --yes answers.
      if (command === 'trust')
        return [...lines, ...withOptions]
          .flatMap((line) => [line, `${line} --dry-run`])
          .map((line) => ({ command, line }));
      const inEach = lines.flatMap((line) =>
        repository.environments.map((environment) => confirmed(line, environment)),
      );
      const all = [
        ...[...lines, ...withOptions].map((line) => `${line} --dry-run -o json`),
        ...withOptions.map((line) => confirmed(line, first)),
        ...inEach,
      ];
      // Each command in each way to type it; with each option and in each environment in the long layer.
      const some = [...lines.map((line) => confirmed(line, first)), ...withOptions.slice(0, 1)];
      return (layer === 'long' ? all : some).map((line) => ({ command, line }));
    });
    const help = ['', '--help', '--version', 'help', ...commands.map(({ command }) => `${command} --help`)];
    expect(runs.length).toBeGreaterThan(times({ usually: 60, long: 300 }));
    await eachOf(help, async (line) => expect([line, (await run(line)).code]).toEqual([line, 0]));
    await eachOf(runs, async ({ command, line }) => {
      const { code, all } = await run(line);
      if (!all.includes(untrusted)) return;
      refused.set(command, [...(refused.get(command) ?? []), line]);
      expect([line, code]).toEqual([line, 2]);
      expect(all).toContain(`rb trust ${repository.config}`);
    });
    expect({
      executed: repository.executed(),
      resolved: repository.resolved(),
      connections: repository.connections(),
      written: repository.written(),
    }).toEqual({ executed: [], resolved: [], connections: 0, written: false });
    // Each command was typed at least once so that it would have done something.
    const never = commands.map(({ command }) => command).filter((command) => !refused.has(command));
    expect(never.toSorted()).toEqual(readers);
  });

  test('the same commands run, resolve and contact once it is trusted: the check above would have seen it', async () => {
    expect((await run('trust --yes')).code).toBe(0);
    const gained = new Map<string, ReturnType<typeof seen>>();
    for (const environment of repository.environments) {
      const before = seen();
      const typed = [...refused.values()].flatMap(([line = '']) => `${line} -e ${environment} --timeout 3s`);
      // Of each kind one is enough to see that it would have been seen.
      const lines = typed.filter((_, index) => index % times({ usually: 4, long: 1 }) === 0);
      // oxlint-disable-next-line no-await-in-loop -- what each environment does is counted by itself
      await eachOf(['overview', ...lines], async (line) => void (await run(line)));
      const after = seen();
      gained.set(environment, {
        executed: after.executed - before.executed,
        resolved: after.resolved - before.resolved,
        connections: after.connections - before.connections,
      });
    }
    const some = expect.toSatisfy((count: number) => count > 0) as number;
    expect(gained.get('commands')).toMatchObject({ executed: some, resolved: some, connections: some });
    // The login of the kubeconfig is the operator's own program, started because the configuration names the context.
    expect(gained.get('cluster')).toMatchObject({ executed: some, connections: some });
    expect(gained.get('ecs')).toMatchObject({ connections: some });
    expect(gained.get('references')).toMatchObject({ resolved: some });
  });
});

/** Two at a time: that is how many cores a small machine has. */
const eachOf = async <Item>(items: readonly Item[], work: (item: Item) => Promise<void>): Promise<void> => {
  const queue = [...items];
  const next = async (): Promise<void> => {
    const item = queue.shift();
    if (item === undefined) return;
    await work(item);
    return next();
  };
  await Promise.all([next(), next()]);
};
