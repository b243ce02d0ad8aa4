import { fork } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isMainThread } from 'node:worker_threads';
import { type Access, openAccess } from './access.ts';
import type { SupervisorSettings } from './messages.ts';
import { type ClusterState, filesOf, readState } from './state.ts';
import { until } from './wait.ts';

const nodes = 5;

/**
 * The one cluster of a test run: the first file that asks starts it, the others use it, each in namespaces of its own, and it ends within a second
 * of the run, however that ends. A test that breaks the control plane starts its own with `startCluster`.
 * `RB_KUBERNETES_CLUSTER` names the directory of a running cluster to use instead: it saves the start while one works on a test.
 */
export const sharedCluster = async (environment: NodeJS.ProcessEnv = process.env): Promise<Access> => {
  const given = environment['RB_KUBERNETES_CLUSTER'];
  if (given !== undefined) return await openAccess(required(given));
  // Test files run in processes, or threads, of the run.
  const ownerPid = isMainThread ? process.ppid : process.pid;
  const directory = join(tmpdir(), `rb-kubernetes-shared-${String(process.getuid?.() ?? 0)}-${String(ownerPid)}`);
  return await openAccess(await startedOnce(directory, ownerPid));
};

const required = (directory: string): ClusterState => {
  const state = readState(directory);
  if (!state) throw new Error(`RB_KUBERNETES_CLUSTER: no cluster runs in ${directory}`);
  return state;
};

/** Who can create the directory starts the cluster; all wait for its state. */
const startedOnce = async (directory: string, ownerPid: number): Promise<ClusterState> => {
  if (created(directory)) start({ directory, nodes, ownerPid });
  const found = await until('the shared cluster', async () => readState(directory) ?? failureIn(directory));
  if (typeof found === 'string') throw new Error(`The shared cluster did not start: ${found}`);
  if (found && runs(found.supervisorPid)) return found;
  // Left by an earlier run with the same process id, whose supervisor was killed.
  rmSync(directory, { recursive: true, force: true });
  return await startedOnce(directory, ownerPid);
};

const created = (directory: string): boolean => {
  try {
    mkdirSync(directory, { mode: 0o700 });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
};

const start = (settings: SupervisorSettings): void => {
  const child = fork(join(import.meta.dirname, 'supervisor.ts'), [JSON.stringify(settings)], {
    execArgv: [],
    detached: true,
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  child.disconnect();
  child.unref();
};

const runs = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

const failureIn = (directory: string): string | undefined => {
  const { failure } = filesOf(directory);
  return existsSync(failure) ? readFileSync(failure, 'utf8') : undefined;
};
