import { existsSync, readdirSync, rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { endProcess, notedProcesses } from './processes.ts';
import { readState, statePath } from './state.ts';

/** The beginning of the name of each runtime directory. */
export const runtimePrefix = 'rb-sandbox-';

/** Ends what is left of a sandbox whose supervisor does not run any more. */
export const endLeftovers = async (runtime: string): Promise<void> => {
  await Promise.all(
    notedProcesses(runtime).map(({ name, pid }) =>
      endProcess(pid, runtime, { signal: name === 'postgres' ? 'SIGINT' : 'SIGTERM' }),
    ),
  );
};

/** Removes the directories of a sandbox of which nothing runs any more. Removes nothing that the sandbox did not make. */
export const removeSandbox = async (directory: string, runtime: string): Promise<void> => {
  if (basename(runtime).startsWith(runtimePrefix)) await rm(runtime, { recursive: true, force: true });
  if (!existsSync(statePath(directory)) || readState(directory)?.runtime !== runtime) return;
  // The state goes last: as long as it is there, a removal that was cut off can be finished.
  for (const name of readdirSync(directory)) {
    if (name !== basename(statePath(directory))) rmSync(join(directory, name), { recursive: true, force: true });
  }
  rmSync(directory, { recursive: true, force: true });
};

/** Whether the directory is the parent of nothing that a sandbox could overwrite: it does not exist, is empty, or is a sandbox. */
export const isFree = (directory: string): boolean =>
  !existsSync(directory) || existsSync(statePath(directory)) || readdirSync(directory).length === 0;
