import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Api, openApi } from './api.ts';
import { requireProgram } from './binaries.ts';
import { installKinds } from './kinds.ts';
import { loadAuthority } from './certificates.ts';
import { type Credential, kubeconfigText } from './kubeconfig.ts';
import { type PodLogs, openPodLogs } from './pod-logs.ts';
import { type ClusterState, filesOf } from './state.ts';
import { openUsers, type Users } from './users.ts';
import { until } from './wait.ts';

export interface KubeconfigOptions {
  /** The administrator's certificate if not given. */
  readonly credential?: Credential;
  /** `rig` if not given. */
  readonly context?: string;
  readonly namespace?: string;
  /** The API server's if not given; a proxy's for instance. */
  readonly url?: string;
  /** Other contexts in the same file, which lead elsewhere. */
  readonly others?: readonly { readonly name: string; readonly url: string }[];
  /** `current-context`; the context's name if not given. */
  readonly current?: string;
}

/** What one can do with a running cluster, whoever started it. */
export interface Access extends Users, PodLogs {
  readonly state: ClusterState;
  readonly url: string;
  readonly caFile: string;
  readonly adminKubeconfig: string;
  /** As the administrator. */
  readonly api: Api;
  /** What kubectl prints; its error text is the message of the error. As the administrator if no other kubeconfig is given. */
  kubectl(
    args: readonly string[],
    options?: { readonly kubeconfig?: string; readonly input?: string },
  ): Promise<string>;
  /** Writes a kubeconfig and returns its path. */
  kubeconfig(options?: KubeconfigOptions): string;
  /** Creates a namespace whose default service account is ready; returns its name. */
  namespace(): Promise<string>;
  /** Starts the removal of a namespace and all that is in it. */
  removeNamespace(name: string): Promise<void>;
  /** Waits until the API server answers and is ready. */
  ready(): Promise<void>;
  /** Serves KEDA's ScaledObject; nothing acts on one. */
  installKeda(): Promise<void>;
  /** The text of a file that the rig wrote. */
  read(path: string): string;
  /** Ends this process's connections; the cluster goes on. */
  close(): void;
}

const run = promisify(execFile);
const read = (path: string): string => readFileSync(path, 'utf8');

export const openAccess = async (state: ClusterState): Promise<Access> => {
  const { directory, url } = state;
  const files = filesOf(directory);
  const ca = read(files.ca);
  const api = openApi({ url, ca, certificate: read(files.adminCertificate), key: read(files.adminKey) });
  const authority = await loadAuthority({ certificate: ca, key: read(files.caKey) });
  const written = join(directory, 'written');
  mkdirSync(written, { recursive: true });
  // Several processes, and several of these in one process, share the directory of the cluster.
  const own = mkdtempSync(join(written, 'access-'));
  let count = 0;
  const write = (name: string, text: string): string => {
    count += 1;
    const path = join(own, `${String(count)}-${name}`);
    writeFileSync(path, text, { mode: 0o600 });
    return path;
  };
  const logs = openPodLogs(api, join(directory, 'logs'));
  const admin: Credential = { certificateFile: files.adminCertificate, keyFile: files.adminKey };
  return {
    state,
    url,
    caFile: files.ca,
    adminKubeconfig: files.adminKubeconfig,
    api,
    ...openUsers({ api, authority, write, serviceAccountKey: read(files.serviceAccountKey) }),
    ...logs,
    kubectl: async (args, { kubeconfig = files.adminKubeconfig, input } = {}) => {
      const env = { PATH: process.env['PATH'], HOME: directory, KUBECONFIG: kubeconfig };
      const running = run(requireProgram('kubectl'), args, { env, maxBuffer: 1 << 28 });
      running.child.stdin?.end(input);
      return (await running).stdout;
    },
    kubeconfig: (options = {}) => {
      const { context: name = 'rig', credential = admin, namespace, others = [] } = options;
      const context = {
        name,
        url: options.url ?? url,
        caFile: files.ca,
        credential,
        ...(namespace !== undefined && { namespace }),
      };
      const more = others.map((other) => ({ ...other, caFile: files.ca, credential }));
      return write('kubeconfig', kubeconfigText([context, ...more], options.current ?? name));
    },
    namespace: async () => {
      const body = { apiVersion: 'v1', kind: 'Namespace', metadata: { generateName: 'rig-' } };
      const { metadata } = await api.post<{ metadata: { name: string } }>('/api/v1/namespaces', body);
      const { name } = metadata;
      await logs.keepLogs(name);
      await until('the default service account', () =>
        api.get<object>(`/api/v1/namespaces/${name}/serviceaccounts/default`),
      );
      return name;
    },
    removeNamespace: async (name) => {
      await api.delete(`/api/v1/namespaces/${name}`);
      // Here a pod ends with an event of its own, which such a namespace takes no more: it would stay, and be tried again, for ever.
      await api.delete(`/api/v1/namespaces/${name}/pods`, { gracePeriodSeconds: 0 });
    },
    ready: async () => {
      await until('the API server is ready', () => api.text('/readyz'));
    },
    installKeda: async () => {
      await installKinds(api, 'keda');
    },
    read,
    close: () => {
      api.close();
    },
  };
};
