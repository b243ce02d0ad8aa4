import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { setTimeout as after } from 'node:timers/promises';
import { pythonOf, virtualEnvironment } from './environment.ts';
import { localEnvironment } from './local-environment.ts';

/**
 * moto's server: all of AWS behind one port, for protocol, errors, EventBridge Scheduler, Application Auto Scaling, ELBv2 and STS.
 *
 * What its ECS (5.2.5) does not do, so that no test leans on it: a service gets no tasks (runningCount stays 0, ListTasks is empty);
 * a forced deployment takes the old one's place at once and stays IN_PROGRESS; there are no events and no service deployments;
 * ListTasks and ListServices answer everything in one page; DescribeServices takes more than 10; DescribeTasks reports nothing as
 * MISSING. It does answer ServiceNotFoundException, ClusterNotFoundException and MISSING services. Application Auto Scaling has no
 * DescribeScalingActivities. EventBridge Scheduler pages its list and checks neither expressions nor the input of targets.
 */
export interface Moto extends AsyncDisposable {
  readonly endpoint: string;
  /** For a program that is to talk to it: endpoint, region, credentials, and nothing of this machine's own AWS configuration. */
  readonly env: Readonly<Record<string, string>>;
  /** Forgets everything that was created. */
  reset(): Promise<void>;
  stop(): Promise<void>;
}

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });

const answers = async (endpoint: string): Promise<boolean> => {
  try {
    return (await fetch(`${endpoint}/moto-api/data.json`)).ok;
  } catch {
    return false;
  }
};

/** Starts a server of its own. Errors: the server ended before it answered; its output is in the message. */
export const startMoto = async (): Promise<Moto> => {
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  const env = localEnvironment(endpoint);
  const server = spawn(
    pythonOf(virtualEnvironment()),
    ['-m', 'moto.server', '--host', '127.0.0.1', '--port', String(port)],
    { env: { PATH: process.env['PATH'], HOME: env['HOME'] }, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let output = '';
  server.stdout.on('data', (text) => (output = (output + text).slice(-4000)));
  server.stderr.on('data', (text) => (output = (output + text).slice(-4000)));
  const ended = new Promise<void>((resolve) => {
    server.once('exit', () => resolve());
    server.once('error', (error) => {
      output += error.message;
      resolve();
    });
  });
  // A test process that fails to the ground leaves no server behind.
  const kill = () => server.kill('SIGKILL');
  process.once('exit', kill);
  let running = true;
  void ended.then(() => (running = false));

  while (!(await answers(endpoint))) {
    if (!running) throw new Error(`moto's server ended: ${output}`);
    await after(100);
  }
  const stop = async () => {
    server.kill('SIGTERM');
    await ended;
    process.off('exit', kill);
  };
  return {
    endpoint,
    env,
    reset: async () => {
      const answer = await fetch(`${endpoint}/moto-api/reset`, { method: 'POST' });
      if (!answer.ok) throw new Error(`moto did not reset: HTTP ${answer.status}`);
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
};
