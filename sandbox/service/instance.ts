// One instance of the service: a process of its own, started by the supervisor.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { listen } from '../ports.ts';
import { createAnswering } from './answering.ts';
import { openBacking, type BackingUrls } from './backing.ts';
import { createDrain } from './drain.ts';
import { openLog } from './log.ts';
import type { InstanceSettings, Listening, SetMode } from './messages.ts';

const settings: InstanceSettings = JSON.parse(process.argv[2] ?? '{}');
const log = openLog(settings.logFile, settings.id, settings.version);
const urls: BackingUrls = JSON.parse(readFileSync(join(settings.runtime, 'services.json'), 'utf8'));
let mode = settings.mode;

const backing = await openBacking(urls, settings.id, (error) => {
  log.write('error', error.message);
});
const drain = createDrain(settings.drainMs);
const answer = createAnswering({ settings, backing, drain, log, mode: () => mode });
const server = createServer((request, response) => {
  void answer(request, response);
});
// Longer than anyone keeps a connection idle, so that no request meets a connection that is just being closed.
server.keepAliveTimeout = 600_000;

// Without its supervisor an instance has no reason to be: the channel closes however the supervisor ends.
const orphaned = (): void => {
  process.kill(process.pid, 'SIGKILL');
};
process.on('disconnect', orphaned);
process.on('message', (message: SetMode) => {
  ({ mode } = message);
});
process.once('SIGTERM', () => {
  void shutDown();
});

const port = await listen(server, settings.port);
log.write('info', `listening on port ${String(port)}`);
process.send?.({ listening: true, port } satisfies Listening);
if (mode === 'crash') {
  await sleep(200);
  log.write('error', 'out of memory: the process ends (this instance was told to crash)');
  await log.close();
  process.kill(process.pid, 'SIGKILL');
}

async function shutDown(): Promise<void> {
  log.write('info', 'draining');
  await drain.begin();
  server.close();
  server.closeIdleConnections();
  await drain.requestsEnded();
  server.closeAllConnections();
  await backing.close();
  log.write('info', 'stopped');
  await log.close();
  process.off('disconnect', orphaned);
  process.disconnect();
}
