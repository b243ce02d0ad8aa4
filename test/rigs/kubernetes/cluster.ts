import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Access, openAccess } from './access.ts';
import type { ControlAnswer, ControlRequest, SupervisorReport, SupervisorSettings } from './messages.ts';
import type { Component } from './state.ts';

/** A cluster that belongs to one test file, which may break it. */
export interface Cluster extends Access {
  /** Ends one program at once, as a crash would. */
  stopComponent(component: Component): Promise<void>;
  /** Starts it again under the same port. Does not wait for more than the process. */
  startComponent(component: Component): Promise<void>;
  /** Holds a program (SIGSTOP), so that connections stand but nothing answers, until `release`. */
  hold(component: Component): () => void;
  /** Ends everything and removes the cluster's directory. */
  stop(): Promise<void>;
}

export interface ClusterOptions {
  /** How many nodes kwok plays; 3 if not given. */
  readonly nodes?: number;
}

const supervisor = join(import.meta.dirname, 'supervisor.ts');

/** Starts a control plane with nodes; resolves when pods can be scheduled. It also ends with this process. */
export const startCluster = async ({ nodes = 3 }: ClusterOptions = {}): Promise<Cluster> => {
  const directory = mkdtempSync(join(tmpdir(), 'rb-kubernetes-'));
  const settings: SupervisorSettings = { directory, nodes };
  const child = fork(supervisor, [JSON.stringify(settings)], {
    execArgv: [],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const report = await Promise.race([
    once(child, 'message').then(([message]) => message as SupervisorReport),
    once(child, 'exit').then(() => ({ failed: 'the supervisor ended' })),
  ]);
  if ('failed' in report) throw new Error(`The cluster did not start: ${report.failed}`);
  const access = await openAccess(report.ready);
  const pids = { ...report.ready.pids };

  let last = 0;
  const ask = (verb: ControlRequest['verb'], component: Component): Promise<void> =>
    new Promise((resolve, reject) => {
      last += 1;
      const id = last;
      const onMessage = (answer: ControlAnswer): void => {
        if (answer.id !== id) return;
        child.off('message', onMessage);
        pids[component] = answer.pid;
        if (answer.failed === undefined) resolve();
        else reject(new Error(answer.failed));
      };
      child.on('message', onMessage);
      child.send({ id, verb, component } satisfies ControlRequest);
    });
  return {
    ...access,
    stopComponent: (component) => ask('stop', component),
    startComponent: (component) => ask('start', component),
    hold: (component) => {
      const pid = pids[component];
      process.kill(pid, 'SIGSTOP');
      return () => void process.kill(pid, 'SIGCONT');
    },
    stop: async () => {
      access.close();
      const gone = once(child, 'exit');
      child.disconnect();
      await gone;
    },
  };
};
