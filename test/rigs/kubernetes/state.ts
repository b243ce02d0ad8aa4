import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export const components = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kwok'] as const;
export type Component = (typeof components)[number];

/** What a process has to know to use a cluster that another one started. It is kept in `state.json` of the cluster's directory. */
export interface ClusterState {
  readonly directory: string;
  readonly url: string;
  readonly etcdUrl: string;
  readonly supervisorPid: number;
  readonly pids: Readonly<Record<Component, number>>;
}

/** The files of a cluster that others read. */
export const filesOf = (directory: string) => ({
  state: join(directory, 'state.json'),
  /** Why a shared cluster did not start. */
  failure: join(directory, 'failure.txt'),
  ca: join(directory, 'ca.pem'),
  caKey: join(directory, 'ca-key.pem'),
  adminCertificate: join(directory, 'admin.pem'),
  adminKey: join(directory, 'admin-key.pem'),
  adminKubeconfig: join(directory, 'admin.kubeconfig'),
  serviceAccountKey: join(directory, 'service-account-key.pem'),
  serviceAccountPublicKey: join(directory, 'service-account.pem'),
  serverCertificate: join(directory, 'server.pem'),
  serverKey: join(directory, 'server-key.pem'),
});

export const logOf = (directory: string, component: Component): string => join(directory, `${component}.log`);

/** Appears as a whole, so that a reader never sees half of it. */
export const writeState = (state: ClusterState): void => {
  const { state: path } = filesOf(state.directory);
  writeFileSync(`${path}.new`, JSON.stringify(state, null, 2));
  renameSync(`${path}.new`, path);
};

export const readState = (directory: string): ClusterState | undefined => {
  try {
    return JSON.parse(readFileSync(filesOf(directory).state, 'utf8')) as ClusterState;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
};
