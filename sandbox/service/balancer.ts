// The load balancer in front of the instances, over http and https: a process of its own, started by the supervisor.
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { listen } from '../ports.ts';
import { createBackends } from './backends.ts';
import type { Listening, Routing } from './messages.ts';
import { createProxy } from './proxy.ts';

// The last argument is the runtime directory: nobody reads it, but it tells whose process this is.
const preferred: { port?: number; tlsPort?: number } = JSON.parse(process.argv[2] ?? '{}');

const backends = createBackends();
let maintenance = false;
const proxy = createProxy({ backends, maintenance: () => maintenance });
const server = createServer(proxy);
const tlsServer = createTlsServer((request, response) => {
  response.setHeader('strict-transport-security', 'max-age=31536000');
  proxy(request, response);
});
// Longer than any client keeps a connection idle, so that no request meets a connection that is just being closed.
for (const each of [server, tlsServer]) each.keepAliveTimeout = 600_000;

process.on('disconnect', () => {
  process.kill(process.pid, 'SIGKILL');
});
process.on('message', (routing: Routing) => {
  ({ maintenance } = routing);
  backends.set(routing.backends);
  tlsServer.setSecureContext({ cert: routing.tls.certificate, key: routing.tls.key });
});

const port = await listen(server, preferred.port);
const tlsPort = await listen(tlsServer, preferred.tlsPort);
process.send?.({ listening: true, port, tlsPort } satisfies Listening);
