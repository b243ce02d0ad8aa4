import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { times } from '../layers.ts';
import { newDirectory, newOperator, writeFiles } from './rig.ts';

/** How often two operators begin at the same moment. */
const races = times({ usually: 8, long: 100 });

/** A service whose restart takes as long as the test wants: it notes that it began, and waits for the file `go`. */
const restart = `#!/bin/sh
echo begun >> "$1/restarts"
while [ ! -e "$1/go" ]; do sleep 0.02; done
date -u +%Y-%m-%dT%H:%M:%S.%NZ > "$1/started"
`;
const instances = `#!/bin/sh
printf '[{"id":"a-1","state":"running","startedAt":"%s"}]' "$(cat "$1/started")"
`;

const newService = () => {
  const directory = newDirectory();
  writeFiles(directory, {
    restart,
    instances,
    started: '2026-11-30T00:00:00.000Z',
    restarts: '',
    'runbook.config.yaml': `version: 1
service: { name: raced }
lock: { scope: '${directory}' }
environments:
  test:
    workload:
      provider: command
      instances: [sh, ./instances, '${directory}']
      restartInstance: [sh, ./restart, '${directory}', '{{instance}}']
      stop: [sh, -c, exit 1]
      start: [sh, -c, exit 1]
      scale: [sh, -c, exit 1]
`,
  });
  const config = join(directory, 'runbook.config.yaml');
  return {
    /** Two people, each with a home and an audit log of their own. */
    operators: [newOperator(config), newOperator(config)] as const,
    begun: () => readFileSync(join(directory, 'restarts'), 'utf8').split('begun').length - 1,
    let: (go: boolean) =>
      go ? writeFileSync(join(directory, 'go'), '') : rmSync(join(directory, 'go'), { force: true }),
  };
};

/** Applied, and with no instanceHealth nothing can say whether it is healthy. */
const applied = 5;

const line = 'restart --instance a-1 --yes --confirm raced/test';

const until = async (holds: () => boolean): Promise<void> => {
  while (!holds()) await sleep(20);
};

describe('two operators on one host', () => {
  test(`of two that begin at the same moment exactly one applies, ${String(races)} times`, async () => {
    const { operators, begun, let: allow } = newService();
    for (let race = 1; race <= races; race += 1) {
      allow(false);
      const running = operators.map((one) => one.start(line));
      const ends = running.map(({ ended }) => ended);
      // Whoever is second ends while the first is still at it.
      const first = await Promise.race(ends);
      expect(first.code).toBe(3);
      expect(first.stderr).toMatch(
        /raced\/test is being changed on this host by \S+ \(pid \d+\) since .*: restart\.instance/,
      );
      await until(() => begun() >= race);
      allow(true);
      const codes = (await Promise.all(ends)).map(({ code }) => code).toSorted((one, other) => one - other);
      expect([codes, begun()]).toEqual([[3, applied], race]);
    }
  });

  test('kill -9 of the holder: the next one runs at once', async () => {
    const { operators, begun, let: allow } = newService();
    const [one, other] = operators;
    const holder = one.start(line);
    await until(() => begun() === 1);
    holder.signal('SIGKILL');
    // Ended by a signal, so without a code.
    await holder.ended.catch(() => undefined);
    allow(true);
    const { code, stderr } = await other.run(line);
    expect([code, stderr]).toEqual([applied, expect.stringContaining('a-1 was restarted')]);
    expect(begun()).toBe(2);
  });

  test('one who is asked does not hold the lock; the other who answers first is not kept waiting', async () => {
    const { operators, begun, let: allow } = newService();
    const [one, other] = operators;
    allow(true);
    const asked = one.session('restart --instance a-1');
    await asked.shows('raced/test');
    const { code } = await other.run(line);
    expect([code, begun()]).toEqual([applied, 1]);
  });
});
