import { stringify } from 'yaml';

/** How a kubeconfig proves who the user is. */
export type Credential =
  | { readonly token: string }
  | { readonly tokenFile: string }
  | { readonly certificateFile: string; readonly keyFile: string }
  | { readonly exec: ExecPlugin }
  | 'none';

export interface ExecPlugin {
  readonly command: string;
  readonly args?: readonly string[];
  readonly env?: readonly { readonly name: string; readonly value: string }[];
  readonly interactiveMode?: 'Never' | 'IfAvailable' | 'Always';
}

export interface Context {
  readonly name: string;
  readonly url: string;
  readonly caFile: string;
  readonly credential: Credential;
  readonly namespace?: string;
}

/** The text of a kubeconfig with these contexts. Cluster and user of a context have its name. `current` may name none of them. */
export const kubeconfigText = (contexts: readonly Context[], current: string): string =>
  stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': current,
    clusters: contexts.map(({ name, url, caFile }) => ({
      name,
      cluster: { server: url, 'certificate-authority': caFile },
    })),
    users: contexts.map(({ name, credential }) => ({ name, user: userOf(credential) })),
    contexts: contexts.map(({ name, namespace }) => ({
      name,
      context: { cluster: name, user: name, ...(namespace !== undefined && { namespace }) },
    })),
  });

const userOf = (credential: Credential): object => {
  if (credential === 'none') return {};
  if ('certificateFile' in credential)
    return { 'client-certificate': credential.certificateFile, 'client-key': credential.keyFile };
  if ('exec' in credential) {
    const { interactiveMode = 'Never', ...plugin } = credential.exec;
    return { exec: { apiVersion: 'client.authentication.k8s.io/v1', interactiveMode, ...plugin } };
  }
  return credential;
};
