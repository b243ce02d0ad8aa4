import { afterEach } from 'vitest';
import type { RunbookError } from '../../../src/engine/errors.ts';
import type { ApiFailure } from '../../../src/clients/kubernetes/failure.ts';
import type { Kubernetes } from '../../../src/clients/kubernetes/port.ts';
import { forever } from './clock.ts';
import { clientOf, deployments, testDirectory } from './kubeconfig-rig.ts';
import { type Script, type ScriptedServer, type ServerOptions, startServer } from './scripted-server.ts';

export type Served = { readonly server: ScriptedServer; readonly client: Kubernetes };
export type Serve = (
  script: Script,
  options?: Parameters<typeof clientOf>[2],
  server?: ServerOptions,
) => Promise<Served>;

/** For a test file: scripted servers with a client each, which end with the test; and a folder. */
export const scriptedRig = (): {
  readonly directory: string;
  readonly serve: Serve;
  readonly atEnd: (close: () => void) => void;
} => {
  const directory = testDirectory();
  const open: (() => void)[] = [];
  afterEach(() => {
    for (const close of open.splice(0)) close();
  });
  return {
    directory,
    atEnd: (close) => void open.push(close),
    serve: async (script, options, serverOptions) => {
      const server = await startServer(script, serverOptions);
      open.push(() => server.close());
      return { server, client: await clientOf(directory, server, options) };
    },
  };
};

/** What it rejects with. */
export const failure = (promise: Promise<unknown>): Promise<ApiFailure & RunbookError> =>
  promise.then(
    () => {
      throw new Error('it did not fail');
    },
    (error: unknown) => error as ApiFailure & RunbookError,
  );

export const get = (client: Kubernetes) => client.get(deployments, 'checkout', { signal: forever });
export const patch = (client: Kubernetes, dryRun = false) =>
  client.patch(deployments, 'checkout', { spec: { replicas: 3 } }, { type: 'merge', dryRun, signal: forever });
