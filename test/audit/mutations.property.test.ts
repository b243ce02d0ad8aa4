import fs from 'node:fs';
import { createServer } from 'node:net';
import { execFileSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { reopenAuditLog } from '../../src/audit/read/reopen.ts';
import { RunbookError } from '../../src/engine/errors.ts';
import { random } from '../engine/random.ts';
import { times } from '../layers.ts';
import { options } from './a-directory.ts';
import { aFullDirectory, sessions } from './a-full-directory.ts';
import { actor, at, closed } from './a-session.ts';
import { list, report, resume, show, verify, verifyAll } from './commands.ts';
import { mutate, type Mutated } from './mutations.ts';

let base: string;
let specials: readonly string[];
const socket = createServer();

beforeAll(async () => {
  base = aFullDirectory();
  specials = ['pipe', 'socket'].map((name) => join(dirname(base), name));
  execFileSync('mkfifo', [specials[0] ?? '']);
  await new Promise<void>((resolve) => socket.listen(specials[1], resolve));
});
afterAll(() => {
  socket.close();
  fs.rmSync(dirname(base), { recursive: true, force: true });
});

const chooser = (seed: number) => {
  let state = seed;
  return (n: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return Math.floor((state / 2 ** 32) * n);
  };
};

interface Row {
  readonly session: string;
  readonly status?: string;
  readonly exit?: number;
  readonly damage?: string;
}

/** What the commands say of a directory, after they were held against one another. */
const agreed = async (directory: string, ids: readonly string[]) => {
  const listed = await list(directory);
  const verified = await verifyAll(directory);
  const rows = new Map((listed.data as Row[]).map((row) => [row.session, row]));
  const damaged = new Set((verified.data as Row[]).flatMap(({ session, exit }) => (exit === 1 ? [session] : [])));
  expect(
    [...rows.values()]
      .filter(({ status }) => status === 'damaged')
      .map(({ session }) => session)
      .toSorted(),
  ).toEqual([...damaged].toSorted());
  expect(listed.code, listed.text).toBe(damaged.size > 0 ? 1 : 0);
  expect(verified.code === 1, verified.text).toBe(damaged.size > 0);
  for (const id of ids.filter((one) => rows.has(one))) {
    const is = damaged.has(id);
    const [one, shown, markdown, html, resumed] = [
      await verify(directory, id),
      await show(directory, id),
      await report(directory, id),
      await report(directory, id, true),
      await resume(directory, id),
    ];
    const codes = [one, shown, markdown, html].map(({ code }) => code === 1);
    expect(codes, [one, shown, markdown, html].map(({ code, text }) => `${code} ${text}`).join('\n---\n')).toEqual([
      is,
      is,
      is,
      is,
    ]);
    expect([resumed.code === 3 && /damaged/.test(resumed.text), /damaged/i.test(shown.text)], resumed.text).toEqual([
      is,
      is,
    ]);
    if (!is) continue;
    // Each names the place.
    const { problem } = (one.data as { problem: { line: number; what: string } }[])[0] ?? {
      problem: { line: -1, what: '' },
    };
    for (const said of [shown, resumed]) {
      expect(said.text).toContain(JSON.stringify(problem.what).slice(1, -1).slice(0, 40).split('\\')[0]);
      if (problem.line > 0) expect(said.text).toMatch(new RegExp(`damaged at line ${problem.line}\\b`, 'i'));
    }
  }
  return { damaged, found: damaged.size > 0 };
};

/** Changes with every write. */
const signOf = (path: string) => {
  const { ino, size, mtimeMs } = fs.lstatSync(path, { throwIfNoEntry: false }) ?? {};
  return [ino, size, mtimeMs];
};

/** Goes on with a session where `rb resume` would, and never with a damaged one; what it leaves is sound. */
const goOn = async (directory: string, session: string, isDamaged: boolean) => {
  if (!isDamaged && (await resume(directory, session)).code !== 0) return undefined;
  const path = join(directory, `${session}.jsonl`);
  const before = signOf(path);
  try {
    const log = reopenAuditLog(options(directory, { session }));
    expect(isDamaged, 'a damaged log was written to').toBe(false);
    log.append(at(100, { type: 'session.resumed', session, actor, mode: 'scripted', done: [] }));
    log.append(closed(101));
    log.close();
  } catch (error) {
    if (!(error instanceof RunbookError)) throw error;
    if (isDamaged) return expect(signOf(path)).toEqual(before);
    expect(error.message).not.toMatch(/damaged/);
    return undefined;
  }
  const after = await verify(directory, session);
  expect([after.code, after.text]).toEqual([0, expect.stringContaining('intact')]);
};

const counts: Record<string, Record<string, number>> = {};
const count = ({ what, is }: Mutated, found: boolean) => {
  const level = what
    .replace(', every hash made to fit', ' (forged)')
    .replace(/^(a spill file|something beside|a confused event): .*/s, '$1');
  const outcome = `${is}, ${found ? 'found' : 'not found'}`;
  counts[outcome] ??= {};
  counts[outcome][level] = (counts[outcome][level] ?? 0) + 1;
};

test('a mutated directory: no command crashes or hangs, all agree, and only what takes an anchor is missed', async () => {
  const sound = await agreed(base, Object.values(sessions));
  expect([...sound.damaged]).toEqual([]);
  let directories = 0;
  await fc.assert(
    fc.asyncProperty(fc.nat(2 ** 31), fc.constantFrom(1, 1, 1, 2, 3), async (seed, times) => {
      const choose = chooser(seed);
      const home = fs.mkdtempSync(`${dirname(base)}/copy-`);
      const directory = join(home, 'audit');
      try {
        fs.cpSync(base, directory, { recursive: true });
        fs.chmodSync(directory, 0o700);
        const done: Mutated[] = [];
        for (let n = 0; n < times; n++) {
          try {
            const mutated = mutate({ directory, choose, specials });
            if (mutated) done.push(mutated);
          } catch (error) {
            // A second mutation may find something else than a file.
            if (n === 0) throw error;
          }
        }
        const say = done.map(({ what, session, is }) => `${what} (${session}, ${is})`).join(' + ');
        const others = [Object.values(sessions)[choose(9)] ?? ''];
        const ids = [...new Set([...done.flatMap(({ session }) => session ?? []), ...others])];
        try {
          const { damaged, found } = await agreed(directory, ids);
          const [only] = done;
          if (times === 1 && only) {
            const isFound = only.session === undefined ? found : damaged.has(only.session);
            count(only, isFound);
            if (only.is !== 'open') expect(isFound).toBe(only.is === 'damage');
          }
          for (const id of ids) await goOn(directory, id, damaged.has(id));
          directories++;
        } catch (error) {
          throw new Error(`${say}: ${error instanceof Error ? error.stack : String(error)}`, { cause: error });
        }
      } finally {
        fs.rmSync(home, { recursive: true, force: true });
      }
    }),
    random(times({ usually: 60, long: 300 })),
  );
  if (process.env['RB_FIGURES'])
    process.stderr.write(`${directories} directories\n${JSON.stringify(counts, null, 2)}\n`);
});
