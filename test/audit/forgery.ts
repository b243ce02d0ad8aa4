import fs from 'node:fs';
import { canonical, sha256 } from '../../src/audit/record/record.ts';

/** A record of a log as a forger has it: anything. */
export type Forged = Record<string, unknown>;

/** The bytes of a file, and of nothing else: a device in its place would never end. */
export const bytesIn = (path: string): Buffer => {
  const stat = fs.lstatSync(path);
  if (!stat.isFile() || stat.size > 10_000_000) throw new Error(`${path} was made something else before`);
  return fs.readFileSync(path);
};

export const linesIn = (path: string): string[] => bytesIn(path).toString('utf8').split('\n').slice(0, -1);
export const recordsIn = (path: string): Forged[] => linesIn(path).map((line) => JSON.parse(line) as Forged);

/** A record whose hash fits what is in it. */
export const sealed = (record: Forged): string => {
  const hash = sha256(canonical({ ...record, hash: undefined }));
  return canonical({ ...record, hash });
};

/** As a version before the register has written it. */
export const withoutRegister = (path: string): void =>
  writeLines(path, chained(recordsIn(path).map((record) => ({ ...record, register: undefined }))));

/** Records that follow one another, from a certain one on: what was before stays as it is. */
export const chained = (records: readonly Forged[], from = 0): readonly string[] => {
  let prev = '0'.repeat(64);
  return records.map((record, index) => {
    const line = index < from ? canonical(record) : sealed({ ...record, seq: index + 1, prev });
    prev = String((JSON.parse(line) as Forged)['hash']);
    return line;
  });
};

export const writeLines = (path: string, lines: readonly string[]): void =>
  put(path, lines.map((line) => `${line}\n`).join(''));

/** Puts a file in the place of whatever is there: never through a link, nor into a pipe. */
export const put = (path: string, content: string | Uint8Array): void => {
  fs.rmSync(path, { recursive: true, force: true });
  fs.writeFileSync(path, content, { flag: 'wx', mode: 0o600 });
};
