import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { openAuditLog } from '../../src/audit/record/file.ts';
import type { AuditOptions } from '../../src/audit/record/writer.ts';
import { readSession } from '../../src/audit/read/read.ts';
import type { Event } from '../../src/engine/session/events.ts';
import type { JsonObject } from '../../src/engine/json.ts';
import { actor, session } from './a-session.ts';

/** A directory of this test alone; gone when it ends. */
export const aDirectory = (): string => {
  const directory = fs.mkdtempSync(join(tmpdir(), 'rb-audit-'));
  onTestFinished(() => fs.rmSync(directory, { recursive: true, force: true }));
  return join(directory, 'audit');
};

export const options = (directory: string, more: Partial<AuditOptions> = {}): AuditOptions => ({
  directory,
  session,
  envelope: { service: 'checkout-api', environment: 'production', actor },
  clock: { now: () => new Date('2026-11-22T03:20:00Z'), monotonic: () => 5 },
  ...more,
});

/** Writes the events to a new log and gives its path back. */
export const written = (directory: string, events: readonly Event[], more: Partial<AuditOptions> = {}): string => {
  const log = openAuditLog(options(directory, more));
  for (const event of events) log.append(event);
  log.close();
  return log.path;
};

/** A session as it is read, with all its events, and with what another version has recorded between them. */
export const readWhole = (path: string) => {
  const events: Event[] = [];
  const raw: JsonObject[] = [];
  const recorded = readSession(path, {
    on: ({ event, recorded: as }) => {
      if (event) events.push(event);
      raw.push(as);
    },
  });
  return { ...recorded, events, raw };
};

export const linesOf = (path: string): string[] => fs.readFileSync(path, 'utf8').split('\n').slice(0, -1);

/** The error that a call throws, as people get it. */
export const errorOf = (call: () => unknown): { kind?: string; message: string; next?: readonly string[] } => {
  try {
    call();
  } catch (error) {
    return error as { kind?: string; message: string };
  }
  throw new Error('nothing was thrown');
};

/**
 * A directory that is a small disk of its own. Undefined where this machine does not let us mount one; then the test
 * has said so, and it fails where the rigs are required.
 */
export const aDisk = (mountOptions: string): string | undefined => {
  const directory = aDirectory();
  fs.mkdirSync(directory, { mode: 0o700 });
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `mode=0700,${mountOptions}`, 'tmpfs', directory], { stdio: 'pipe' });
  } catch (error) {
    missingRig('a tmpfs cannot be mounted (needs root)', error);
    return undefined;
  }
  onTestFinished(() => void execFileSync('umount', [directory]));
  return directory;
};

export const missingRig = (what: string, cause?: unknown): void => {
  if (process.env['RB_RIGS'] === 'required') throw new Error(`rig missing: ${what}`, { cause });
  process.stderr.write(`rig missing: ${what}; this was not tried\n`);
};
