/** One instance of the service that the rig restarts: answers /health until it is told to stop. */
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

const { VERSION: version = '', FAULT: fault = '' } = process.env;
if (fault === 'crash') process.exitCode = 3;
else {
  if (fault === 'slow') await sleep(1500);
  const server = createServer((_, response) => {
    response.writeHead(fault === 'unhealthy' ? 503 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ status: fault === 'unhealthy' ? 'down' : 'ok', version }));
  });
  process.on('SIGTERM', () => {
    // One that hangs never finishes its drain.
    if (fault !== 'hang') process.exit(0);
  });
  server.listen(Number(process.env['PORT']), '127.0.0.1', () => process.send?.('ready'));
}
