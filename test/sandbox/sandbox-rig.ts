import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Sandbox } from '../../sandbox/index.ts';
import { stopSandbox } from '../../sandbox/index.ts';
import type { InstanceView } from '../../sandbox/supervisor/slot.ts';

/** Starting PostgreSQL on a busy machine takes its time; nothing here is measured by it. */
export const patient = { timeout: 180_000 };

/** A directory for one sandbox, not there yet, and what ends and removes it. */
export const newDirectory = (): { directory: string; remove: () => Promise<void> } => {
  const parent = mkdtempSync(join(tmpdir(), 'rb-test-'));
  const directory = join(parent, 'sandbox');
  return {
    directory,
    remove: async () => {
      await stopSandbox(directory);
      rmSync(parent, { recursive: true, force: true });
    },
  };
};

/** What `control.js instances` says. */
export const instances = async (sandbox: Sandbox): Promise<InstanceView[]> =>
  JSON.parse(await sandbox.control(['instances'])) as InstanceView[];

/** What it says of one of them. */
export const instance = async (sandbox: Sandbox, id: string): Promise<InstanceView> => {
  const found = (await instances(sandbox)).find((each) => each.id === id);
  if (found === undefined) throw new Error(`there is no ${id}`);
  return found;
};

/** Waits as long as it takes: the test's own limit ends it. */
export const until = async (holds: () => boolean | Promise<boolean>): Promise<void> => {
  while (!(await holds())) await sleep(20);
};

/** Status and JSON body of a GET; status 0 where nobody answers. */
export const ask = (url: string): Promise<{ status: number; body: Record<string, unknown> }> =>
  new Promise((resolve) => {
    const request = get(url, { agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.once('end', () => {
        resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) as Record<string, unknown> });
      });
    });
    request.once('error', () => {
      resolve({ status: 0, body: {} });
    });
  });

/** Whether a process runs; one that has ended and was not collected yet does not. */
export const runs = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  const stat = `/proc/${String(pid)}/stat`;
  return !existsSync(stat) || !/^\d+ \(.*\) Z/s.test(readFileSync(stat, 'utf8'));
};

/** The lines of `restarts.jsonl`. */
export const restarts = (sandbox: Sandbox): { instance: string; at: string; previousStartedAt: string | null }[] => {
  const path = join(sandbox.directory, 'restarts.jsonl');
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, 'utf8').trim().split('\n');
  return lines.map((line) => JSON.parse(line) as { instance: string; at: string; previousStartedAt: string | null });
};
