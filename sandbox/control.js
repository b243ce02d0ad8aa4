#!/usr/bin/env node
// Talks to the supervisor of a sandbox. Plain JavaScript without dependencies, so that any Node from 18 on runs it at once:
// `rb` runs it as the commands of `workload: { provider: command }`.
import { readFileSync, realpathSync } from 'node:fs';
import { createConnection } from 'node:net';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const usage = `Usage: sandbox/control.js [--directory <sandbox>] <command>

  instances                       the instances, as JSON
  status                          one line
  restart <instance>              drain, stop and start it; returns when the new process is there
  stop | start                    all instances
  scale <count>
  deploy <version>                what instances get at their next restart
  rollback                        back to the version before, one instance after another
  fail <instance> <failure> [--now]
                                  unhealthy, crash, slow, slow-start or errors, after its next restart
  heal <instance>
  modes                           how the instances were told to fail, as JSON
  maintenance on|off              the load balancer turns everything but health checks away
  warm                            fill the cache
  smoke                           a few requests through the load balancer
  renew [days] | reload           a new certificate; make the load balancer serve it
`;

/** Sends one command to the supervisor; resolves to its output, rejects with its message. */
export const ask = (socketPath, command, args) =>
  new Promise((resolve, reject) => {
    const socket = createConnection(socketPath);
    let text = '';
    socket.setEncoding('utf8');
    socket.once('connect', () => socket.write(`${JSON.stringify({ command, arguments: args })}\n`));
    socket.on('data', (chunk) => (text += chunk));
    socket.once('error', (error) => {
      reject(new Error(`the sandbox does not answer (${error.message}); start it with: npm run sandbox -- up`));
    });
    socket.once('close', () => {
      if (!text.endsWith('\n')) {
        reject(new Error('the sandbox ended before it answered'));
        return;
      }
      const reply = JSON.parse(text);
      if ('error' in reply) reject(new Error(reply.error));
      else resolve(reply.output);
    });
  });

const main = async (argv) => {
  const args = [...argv];
  let directory = join(dirname(dirname(fileURLToPath(import.meta.url))), '.sandbox');
  if (args[0] === '--directory') directory = args.splice(0, 2)[1];
  const [command, ...rest] = args;
  if (command === undefined || command === '--help' || directory === undefined) {
    process.stderr.write(usage);
    return 2;
  }
  try {
    process.stdout.write(`${await ask(socketOf(directory), command, rest)}\n`);
    return 0;
  } catch (error) {
    process.stderr.write(`${error.message}\n`);
    return 1;
  }
};

const socketOf = (directory) => {
  try {
    return JSON.parse(readFileSync(join(directory, 'sandbox.json'), 'utf8')).socket;
  } catch {
    throw new Error(`there is no sandbox in ${directory}; start it with: npm run sandbox -- up`);
  }
};

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  process.exitCode = await main(process.argv.slice(2));
}
