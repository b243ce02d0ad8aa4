import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll } from 'vitest';
import { parseDocument } from 'yaml';
import type { Document } from 'yaml';
import { startSandbox } from '../../sandbox/index.ts';
import type { Sandbox } from '../../sandbox/index.ts';
import { startLoad } from '../../sandbox/load.ts';
import type { LoadCount } from '../../sandbox/load.ts';
import type { InstanceView } from '../../sandbox/supervisor/slot.ts';
import { newOperator } from './rig.ts';
import type { Operator } from './rig.ts';

/** A real service of three instances behind a load balancer, for all tests of a file. */
export interface Stage {
  readonly sandbox: Sandbox;
  /** Somebody with the sandbox's configuration, or a changed one. */
  operator(change?: (config: Document) => void): Operator;
  /** What `control.js` does. */
  control(line: string): Promise<string>;
  instances(): Promise<readonly InstanceView[]>;
  /** Start time and process of each instance, and how often one was restarted: equal where nothing happened. */
  untouched(): Promise<unknown>;
  /** The instances that were restarted since `from`, in order. */
  restarted(from?: number): readonly string[];
  /** Does something under a steady load, and counts what the clients got. */
  underLoad<T>(work: () => Promise<T>): Promise<{ readonly result: T; readonly load: LoadCount }>;
  /** All instances well and running, as at the beginning. */
  heal(): Promise<void>;
}

const environment = ['environments', 'sandbox'];

/** Call it at the top of a file. The sandbox has neither a database nor a cache: they would only take time. */
export const useStage = (): Stage => {
  let started: Sandbox | undefined;
  const parent = mkdtempSync(join(tmpdir(), 'rb-e2e-stage-'));
  beforeAll(async () => {
    started = await startSandbox({ directory: join(parent, 'sandbox'), quiet: true, database: false, cache: false });
  });
  afterAll(async () => {
    await started?.down();
    rmSync(parent, { recursive: true, force: true });
  });
  const sandbox = (): Sandbox => {
    if (started === undefined) throw new Error('the sandbox is not up yet');
    return started;
  };
  const control = (line: string) => sandbox().control(line.split(' '));
  const instances = async () => JSON.parse(await control('instances')) as readonly InstanceView[];
  let configurations = 0;

  return {
    get sandbox() {
      return sandbox();
    },
    control,
    instances,
    operator: (change) => {
      if (change === undefined) return newOperator(sandbox().configPath);
      const document = parseDocument(readFileSync(sandbox().configPath, 'utf8'));
      change(document);
      const path = join(sandbox().directory, `runbook.${String(++configurations)}.yaml`);
      // Not for the group, whatever the umask: such a file is not the operator's own word.
      writeFileSync(path, document.toString({ lineWidth: 0 }), { mode: 0o644 });
      return newOperator(path);
    },
    untouched: async () => ({
      instances: (await instances()).map(({ id, pid, startedAt }) => ({ id, pid, startedAt })),
      restarts: restartsOf(sandbox()).length,
    }),
    restarted: (from = 0) => restartsOf(sandbox()).slice(from),
    underLoad: async (work) => {
      const load = startLoad(sandbox().url, 50);
      try {
        const result = await work();
        return { result, load: await load.stop() };
      } finally {
        await load.stop();
      }
    },
    heal: async () => {
      for (const { id } of await instances()) await control(`heal ${id}`);
      await control('start');
      await control('scale 3');
      // A start leaves a process that crashed before: it may be down again by the time of the first look.
      while (!(await instances()).every(({ state }) => state === 'running')) await sleep(20);
    },
  };
};

const restartsOf = (sandbox: Sandbox): readonly string[] => {
  const path = join(sandbox.directory, 'restarts.jsonl');
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, 'utf8').trim().split('\n');
  return lines.map((line) => (JSON.parse(line) as { instance: string }).instance);
};

/** Sets a key of the sandbox's environment. */
export const setting =
  (key: string, value: unknown) =>
  (config: Document): void =>
    config.setIn([...environment, ...key.split('.')], config.createNode(value));

/** Several changes of a configuration. */
export const all =
  (...changes: readonly ((config: Document) => void)[]) =>
  (config: Document): void =>
    changes.forEach((change) => change(config));
