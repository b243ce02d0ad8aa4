import { chmodSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { startProxy } from '../../rigs/postgres/proxy.ts';
import { passwordOf } from '../../rigs/postgres/roles.ts';
import { operatorAt, useDatabase } from './stage.ts';

const stage = useDatabase({});
const password = encodeURIComponent(passwordOf('operator'));

/** A port where nobody listens. */
const closedPort = async (): Promise<number> => {
  const proxy = await startProxy({ port: stage.rig.primary.port });
  await proxy.close();
  return proxy.port;
};

describe('a URL as libpq takes it', () => {
  test('several hosts with their ports, written out: the first that answers; the password is nowhere', async () => {
    const { port } = stage.rig.primary;
    const hosts = `localhost:${await closedPort()},localhost:${port}`;
    const url = `postgresql://operator:${password}@${hosts}/${stage.database}`;
    const operator = operatorAt(url);
    const run = await operator.run('db connections');
    expect([run.code, run.stdout], run.all).toEqual([
      0,
      expect.stringContaining(`${stage.database} on localhost:${port}`),
    ]);
    const shown = [
      run,
      await operator.run('config show'),
      await operator.run('config check'),
      await operator.run('db kill-idle --older-than 1h --yes -o json'),
      await operator.run('db connections -v'),
      await operatorAt(url.replace(`:${port}/`, `:${await closedPort()}/`)).run('db connections'),
    ];
    const everything = [...shown.map(({ all }) => all), operator.written()].join('\n');
    expect(everything).not.toContain(password);
    expect(everything).not.toContain(passwordOf('operator'));
    expect(shown[1]?.stdout).toContain(`postgresql://operator:‹secret›@${hosts}/${stage.database}`);
  });

  test('no host, and the directory of a socket', async () => {
    const { port, data } = stage.rig.primary;
    const directory = dirname(data);
    const run = await operatorAt(
      `postgresql://operator:${password}@/${stage.database}?host=${directory}&port=${port}`,
    ).run('db connections');
    expect([run.code, run.stdout], run.all).toEqual([0, expect.stringContaining(`on ${directory}:${port}`)]);
  });

  test('the password in ~/.pgpass, and what is said where others may read that', async () => {
    const { port } = stage.rig.primary;
    const operator = operatorAt(`postgresql://operator@localhost:${port}/${stage.database}`);
    const without = await operator.run('db connections');
    expect([without.code, without.stderr]).toEqual([
      5,
      expect.stringContaining(`localhost:${port}:${stage.database}:operator:<password>`),
    ]);
    const file = join(operator.home, '.pgpass');
    const line = `localhost:*:${stage.database}:operator:${passwordOf('operator').replaceAll(':', '\\:')}\n`;
    writeFileSync(file, `# mine\nlocalhost:1:*:operator:wr0ng\n${line}`, { mode: 0o600 });
    const run = await operator.run('db connections');
    expect(run.code, run.all).toBe(0);
    expect(run.all).not.toContain(passwordOf('operator'));
    chmodSync(file, 0o644);
    const readable = await operator.run('db connections');
    expect([readable.code, readable.stderr]).toEqual([5, expect.stringContaining(`chmod 600 ${file}`)]);
  });
});
