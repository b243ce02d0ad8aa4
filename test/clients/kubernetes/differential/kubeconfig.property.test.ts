import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createAuthority } from '../../../../sandbox/stack/certificates.ts';
import { layer, times } from '../../../layers.ts';
import { requireProgram } from '../../../rigs/kubernetes/binaries.ts';
import { type Case, makeCase, type Material } from './cases.ts';
import { type Known, ours, theLibrary } from './known.ts';
import { type Outcome, readByKubectl, readByLibrary, readByUs } from './readings.ts';
import { startRecorder } from './recorder.ts';

// Generated kubeconfigs, read by kubectl, by us and by the library: the same server, authority and proxy, and the same request.

const cases = times({ usually: 150, long: 2000 });
/** A kubectl each. */
const atOnce = 2;
const seed = Number(process.env['RB_SEED'] ?? 1);

const root = mkdtempSync(join(tmpdir(), 'rb-kubeconfigs-'));
let material: Material;
beforeAll(async () => {
  const [authority, other] = [await createAuthority(Date.now), await createAuthority(Date.now)];
  material = {
    recorder: await startRecorder(await authority.issue(5)),
    ca: authority.certificate,
    otherCa: other.certificate,
    clients: [await authority.issue(5, 'one'), await authority.issue(5, 'other')],
  };
});
afterAll(() => {
  material.recorder.close();
  rmSync(root, { recursive: true, force: true });
});

const tally = new Map<string, number>();
const faults: string[] = [];

const compare = (who: string, one: Case, kubectl: Outcome, other: Outcome, known: readonly Known[]): void => {
  const count = (what: string): void => void tally.set(`${who}: ${what}`, (tally.get(`${who}: ${what}`) ?? 0) + 1);
  if (other.failed?.startsWith('FAULT')) faults.push(`${one.word}: ${other.failed}`);
  if (kubectl.failed !== undefined && other.failed !== undefined) return count('refused by both');
  const fields = (Object.keys(other) as (keyof Outcome)[]).filter(
    (field) => field !== 'failed' && !isDeepStrictEqual(kubectl[field], other[field]),
  );
  if (kubectl.failed === undefined && other.failed === undefined && fields.length === 0) return count('the same');
  const reason = known.find(({ is }) => is(kubectl, other, fields));
  if (reason) return count(reason.why);
  const shown = (outcome: Outcome) => outcome.failed ?? JSON.stringify(fields.map((field) => outcome[field]));
  faults.push(`${who} ${one.word} ${fields.join(' ')}\n  kubectl: ${shown(kubectl)}\n  ${who}: ${shown(other)}`);
};

const check = async (kubectl: string, number: number): Promise<void> => {
  const one = makeCase(number, seed, root, material);
  const theirs = await readByKubectl(kubectl, one, material.recorder);
  compare('rb', one, theirs, await readByUs(one, material.recorder), ours);
  compare('library', one, theirs, await readByLibrary(one), theLibrary);
  rmSync(one.directory, { recursive: true, force: true });
};

test(`${cases} kubeconfigs are read as kubectl reads them`, async () => {
  const kubectl = requireProgram('kubectl');
  let next = 0;
  const worker = async (): Promise<void> => {
    // oxlint-disable-next-line no-await-in-loop -- as many at once as there are workers
    while (next < cases) await check(kubectl, next++);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  const lines = [...tally]
    .toSorted(([one], [other]) => one.localeCompare(other))
    .map(([what, count]) => `${String(count).padStart(5)}  ${what}`);
  if (layer === 'long') process.stdout.write(`${lines.join('\n')}\n`);
  expect(faults).toEqual([]);
  // A generator that makes nothing but what all refuse would prove nothing.
  expect(tally.get('rb: the same')).toBeGreaterThan(cases / 3);
});
