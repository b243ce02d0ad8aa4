import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { stringify } from 'yaml';
import { openKubernetes } from '../../../src/clients/kubernetes/client.ts';
import type { ClientDeps } from '../../../src/clients/kubernetes/client.ts';
import type { Connection } from '../../../src/clients/kubernetes/connection.ts';
import { openConnection } from '../../../src/clients/kubernetes/connection.ts';
import type { ConnectionDeps, Place } from '../../../src/clients/kubernetes/connection.ts';
import type { Kubernetes } from '../../../src/clients/kubernetes/port.ts';
import { clock } from './clock.ts';
import type { ScriptedServer } from './scripted-server.ts';

/** A folder of the test file that calls it. */
export const testDirectory = (): string => {
  const directory = mkdtempSync(join(tmpdir(), 'rb-kubeconfig-'));
  afterAll(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
};

export const base64 = (text: string): string => Buffer.from(text).toString('base64');

let files = 0;

/** Writes a file with this text, or this value as YAML; returns its path. */
export const write = (directory: string, content: unknown, name = `file-${(files += 1)}`): string => {
  const path = join(directory, name);
  writeFileSync(path, typeof content === 'string' ? content : stringify(content), { mode: 0o700 });
  return path;
};

/** The content of a kubeconfig with one context, `prod`, and a current context that is another. */
export const kubeconfig = (cluster: object, user: object = { token: 'a-token' }) => ({
  apiVersion: 'v1',
  kind: 'Config',
  'current-context': 'elsewhere',
  clusters: [{ name: 'prod-cluster', cluster }],
  users: [{ name: 'ann', user }],
  contexts: [{ name: 'prod', context: { cluster: 'prod-cluster', user: 'ann', namespace: 'not-this' } }],
});

export const clusterOf = ({
  url,
  ca,
}: ScriptedServer): { readonly server: string; readonly [field: string]: string } => ({
  server: url,
  'certificate-authority-data': base64(ca),
});

const place: Place = { context: 'prod', namespace: 'shop' };

/** What the files at these paths say about the context `prod`. */
export const connect = (
  paths: readonly string[],
  more: Partial<Place> = {},
  deps: Partial<ConnectionDeps> = {},
): Promise<Connection> =>
  openConnection(
    { ...place, ...more },
    {
      clock,
      redact: (text) => text,
      remember: () => undefined,
      ...deps,
      env: { PATH: process.env['PATH'], KUBECONFIG: paths.join(':'), ...deps.env },
    },
  );

/** A client of a scripted server. */
export const clientOf = async (
  directory: string,
  server: ScriptedServer,
  options: {
    readonly user?: object;
    readonly cluster?: object;
    readonly deps?: Partial<ConnectionDeps>;
    readonly client?: Partial<ClientDeps>;
  } = {},
): Promise<Kubernetes> => {
  const path = write(directory, kubeconfig({ ...clusterOf(server), ...options.cluster }, options.user));
  return openKubernetes(await connect([path], {}, options.deps), { clock, ...options.client });
};

export const deployments = { api: 'apps/v1', plural: 'deployments' };
export const pods = { api: 'v1', plural: 'pods' };
