import { rmSync } from 'node:fs';
import { endProcess } from '../../../sandbox/processes.ts';

/*
 * Ends the servers of a rig and removes its directory, when it is told to or when the process of the tests is gone: then
 * the channel to it closes. It is a process of its own, so that nothing is left behind by a test process that was killed.
 */
const [, , directory = ''] = process.argv;
const pids = new Set<number>();

process.on('message', ({ pid }: { pid: number }) => {
  pids.add(pid);
});
process.on('disconnect', () => {
  // The immediate shutdown: what is in the directory is of no use to anybody.
  const ended = [...pids].map((pid) => endProcess(pid, directory, { signal: 'SIGQUIT' }));
  void Promise.all(ended).then(() => rmSync(directory, { recursive: true, force: true }));
});
// A Ctrl-C goes to the whole group; the tests end first, and their end is what counts.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
