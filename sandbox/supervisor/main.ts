// The supervisor: the process that owns everything in a sandbox. `sandbox/index.ts` starts it.
import { existsSync } from 'node:fs';
import { removeSandbox } from '../leftovers.ts';
import { statePath } from '../state.ts';
import type { StartReport, SupervisorSettings } from './messages.ts';
import { startStack } from './stack.ts';

const settings: SupervisorSettings = JSON.parse(process.argv[2] ?? '{}');
const { directory, runtime } = settings;

/** How to end what has been started, to be done in the opposite order. */
const endings: (() => Promise<void>)[] = [];
const started = Promise.withResolvers<void>();
let ending: Promise<void> | undefined;
const shutDown = (): void => {
  ending ??= (async () => {
    // What is being started now could not be ended yet.
    await started.promise;
    clearInterval(look);
    for (const end of endings.toReversed()) await end().catch(complain);
    await removeSandbox(directory, runtime);
    if (process.connected) process.disconnect();
  })();
};
const complain = (error: unknown): void => {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
};
const report = (message: StartReport): void => {
  if (process.connected) process.send?.(message);
};

let running = false;
process.on('disconnect', () => {
  if (!running || !settings.outlive) shutDown();
});
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, shutDown);

try {
  await startStack(settings, (end) => endings.push(end), shutDown);
  running = true;
  report({ ready: true });
} catch (error) {
  complain(error);
  report({ failed: error instanceof Error ? error.message : String(error) });
  process.exitCode = 1;
  shutDown();
}
started.resolve();

// Someone who removes the directory by hand wants the sandbox to go.
const look = setInterval(() => {
  if (existsSync(statePath(directory))) return;
  clearInterval(look);
  shutDown();
}, 500);
