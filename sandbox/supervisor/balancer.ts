import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { endProcess, forgetPid, notePid } from '../processes.ts';
import type { Listening, Routing } from '../service/messages.ts';

/** The load balancer's process. */
export interface Balancer {
  readonly port: number;
  readonly tlsPort: number;
  route(routing: Routing): void;
  stop(): Promise<void>;
}

const program = fileURLToPath(new URL('../service/balancer.ts', import.meta.url));

/** Starts the load balancer; resolves when it listens. `onExit` is called when it ends by itself. */
export const startBalancer = async (settings: {
  readonly runtime: string;
  readonly logFile: string;
  readonly preferred: { readonly port?: number; readonly tlsPort?: number };
  readonly onExit: () => void;
}): Promise<Balancer> => {
  const { runtime } = settings;
  const log = openSync(settings.logFile, 'a');
  const argument = JSON.stringify(settings.preferred);
  const child = spawn(process.execPath, [program, argument, runtime], { stdio: ['ignore', log, log, 'ipc'] });
  child.on('error', () => undefined);
  await once(child, 'spawn');
  const pid = child.pid ?? 0;
  notePid(runtime, 'balancer', pid);
  const ended = once(child, 'exit');
  const listening = await Promise.race([once(child, 'message'), ended.then(() => undefined)]);
  if (listening === undefined) throw new Error(`the load balancer does not start; see ${settings.logFile}`);
  const { port, tlsPort = 0 }: Listening = listening[0];
  child.once('exit', settings.onExit);
  return {
    port,
    tlsPort,
    route: (routing) => {
      if (child.connected) child.send(routing);
    },
    stop: async () => {
      child.off('exit', settings.onExit);
      await endProcess(pid, runtime);
      forgetPid(runtime, 'balancer');
    },
  };
};
