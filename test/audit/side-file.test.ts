import fs from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { canonical, nextLine, recordable, sha256 } from '../../src/audit/record/record.ts';
import { verifyAudit } from '../../src/audit/read/verify.ts';
import { aDirectory, linesOf, options, readWhole, written } from './a-directory.ts';
import { at, change, closed, confirmed, fingerprint, opened, session, started } from './a-session.ts';

/** A sealed record whose side file has these parts. */
const withSide = (parts: object, event: object, pointers = Object.keys(parts)) => {
  const directory = aDirectory();
  const path = written(directory, [opened(), started(1, 'a', 'A', 'check')]);
  const other = written(directory, [opened({ session: `${session}2` }), closed(9)], { session: `${session}2` });
  const bytes = Buffer.from(canonical(parts));
  const file = `${session}.3.json`;
  fs.writeFileSync(join(directory, file), bytes, { mode: 0o600 });
  const side = { file, bytes: bytes.length, digest: sha256(bytes), at: pointers };
  const { head } = readWhole(path);
  fs.appendFileSync(path, nextLine(head, session, options('').envelope, event as never, { side }).line);
  return { path, other };
};

describe('a side file', () => {
  const note = recordable(at(2, { type: 'step.progress', step: 'a', note: 'x' }));

  test.each(['/__proto__/polluted', '/constructor/prototype/polluted', '/note/x', '/nowhere', '/step/length', ''])(
    'cannot reach %j',
    (pointer) => {
      const { path, other } = withSide({ [pointer]: { code: 'EXDEV', side: 1, problem: 'x' } }, note);
      expect(readWhole(path).problem).toMatchObject({ line: 3 });
      expect(Object.keys(Object.prototype)).toEqual([]);
      expect({}).not.toHaveProperty('polluted');
      expect(verifyAudit(other)).toMatchObject({ exit: 0, intact: true });
    },
  );

  test('cannot replace what the line says', () => {
    const { path } = withSide({ '/step': 'invented' }, note);
    expect(readWhole(path).problem).toMatchObject({ line: 3, what: expect.stringContaining('there is no place') });
  });

  test('gives back a part of a part', () => {
    const [a, b, c] = ['a', 'b', 'c'].map((letter) => letter.repeat(30_000));
    const large = {
      ...change('app-1'),
      data: 'x'.repeat(100_000),
      target: { provider: 'x', name: a ?? '' },
      basis: { b: b ?? '' },
      undo: c ?? '',
    };
    const planned = at(2, { type: 'step.intent', step: 'a', n: 1, tier: 'disruptive', change: large, fingerprint });
    const events = [opened(), started(1, 'a', 'A', 'action'), confirmed(1, 'a'), planned];
    const path = written(aDirectory(), events);
    expect(readWhole(path)).toMatchObject({ events });
    expect(JSON.parse(linesOf(path).at(-1) ?? '')).toMatchObject({ side: { at: ['/change/data', '/change'] } });
  });
});
