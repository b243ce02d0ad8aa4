/**
 * Owns the processes of one cluster. It ends with everything it started, and removes the cluster's directory, when the process that started it goes away;
 * where the settings name an owner, when that one does.
 */
import { rmSync, writeFileSync } from 'node:fs';
import { bringUp } from './bring-up.ts';
import type { ComponentProcess } from './component-process.ts';
import type { ControlAnswer, ControlRequest, SupervisorReport, SupervisorSettings } from './messages.ts';
import { type Component, filesOf, writeState } from './state.ts';

const settings = JSON.parse(process.argv[2] ?? '{}') as SupervisorSettings;
const { directory, ownerPid } = settings;
const started = new Map<Component, ComponentProcess>();
let ending = false;

const stopAll = async (): Promise<void> => {
  await Promise.all([...started.values()].map((component) => component.stop()));
};
const shutDown = async (): Promise<void> => {
  if (ending) return;
  ending = true;
  clearInterval(look);
  await stopAll();
  rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
  if (process.connected) process.disconnect();
};

const ownerRuns = (): boolean => {
  try {
    return ownerPid === undefined || process.kill(ownerPid, 0);
  } catch {
    return false;
  }
};
const look = setInterval(() => {
  if (!ownerRuns()) void shutDown();
}, 300);

process.on('disconnect', () => {
  if (ownerPid === undefined) void shutDown();
});
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => void shutDown());

const tell = (message: SupervisorReport | ControlAnswer): void => {
  if (process.connected) process.send?.(message);
};
const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

try {
  const state = await bringUp(settings, started);
  writeState(state);
  tell({ ready: state });
} catch (error) {
  const failed = ending ? 'stopped while starting' : reasonOf(error);
  tell({ failed });
  process.exitCode = 1;
  if (ownerPid === undefined) await shutDown();
  else {
    // Until the owner ends, the next one who asks is told, too.
    await stopAll();
    writeFileSync(filesOf(directory).failure, failed);
  }
}

process.on('message', ({ id, verb, component }: ControlRequest) => {
  const one = started.get(component);
  const done = verb === 'start' ? one?.start() : one?.stop();
  Promise.resolve(done).then(
    () => tell({ id, pid: one?.pid() ?? 0 }),
    (error: unknown) => tell({ id, pid: 0, failed: reasonOf(error) }),
  );
});
