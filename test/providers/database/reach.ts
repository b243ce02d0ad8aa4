import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { openPostgres } from '../../../src/providers/database/postgres.ts';
import type { Database, Server } from '../../../src/providers/database/port.ts';
import { newCall } from '../workload/call.ts';
import { rejection } from './on-each-version.ts';

export interface Around {
  readonly environment?: Record<string, string>;
  readonly home?: string;
  readonly login?: string;
}

/** The adapter at an address, with nothing around it unless it is given. */
export const at = (url: string, around: Around = {}): Database =>
  openPostgres(
    { url },
    { environment: {}, home: '/nonexistent', login: 'nobody', remember: () => undefined, ...around },
  );

/** Connects in a step that is called "look". */
export const identify = async (url: string, around: Around = {}): Promise<Server> =>
  at(url, around).identify(newCall({ mark: '20260301-abcd/look' }));

/** Why that does not work: one line, without a password. */
export const refusal = async (url: string, around: Around = {}) => {
  const error = await rejection(identify(url, around));
  expect(error).toMatchObject({ name: 'RunbookError' });
  expect(error.message).not.toMatch(/\n/);
  expect(`${error.message}${error.next?.join('') ?? ''}`).not.toMatch(/pass\/?w@rd|pass%2Fw|wr0ng/);
  return error;
};

/** A directory for one test. */
export const ownDirectory = (): string => {
  const path = mkdtempSync(join(tmpdir(), 'rb-pg-client-'));
  onTestFinished(() => rmSync(path, { recursive: true }));
  return path;
};

/** Other versions of the server make no difference to how it is reached. */
export const onFirst = (_: number, index: number): boolean => index === 0;
