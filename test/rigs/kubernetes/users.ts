import { sign } from 'node:crypto';
import type { Api } from './api.ts';
import type { Authority } from './certificates.ts';
import type { Credential, ExecPlugin } from './kubeconfig.ts';

/** A rule of a Role, as RBAC has it. */
export interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
  readonly resourceNames?: readonly string[];
}

export interface User {
  /** As the API server names it in its refusals. */
  readonly name: string;
  readonly token: string;
}

export interface Users {
  /** A service account of a namespace that may do there what the rules say, and nothing else. */
  userFor(namespace: string, name: string, rules: readonly Rule[]): Promise<User>;
  /** A token of the same user that was valid until a minute ago. */
  expired(user: User): string;
  /** A client certificate of a user who has no rights but those of the groups. Negative `validForMs`: expired. */
  certificateFor(name: string, groups?: readonly string[], validForMs?: number): Promise<Credential>;
  /** An exec plugin that answers with this token. Each call of it adds a line to `calls`. */
  execPlugin(token: string): { readonly plugin: ExecPlugin; readonly calls: string };
}

export interface UsersDeps {
  readonly api: Api;
  readonly authority: Authority;
  /** Writes a file of its own and returns its path. */
  readonly write: (name: string, text: string) => string;
  /** PEM; what signs the tokens of service accounts. */
  readonly serviceAccountKey: string;
}

export const openUsers = ({ api, authority, write, serviceAccountKey }: UsersDeps): Users => ({
  userFor: async (namespace, name, rules) => {
    const metadata = { name, namespace };
    const rbac = { apiVersion: 'rbac.authorization.k8s.io/v1', metadata };
    const roles = `/apis/rbac.authorization.k8s.io/v1/namespaces/${namespace}`;
    const accounts = `/api/v1/namespaces/${namespace}/serviceaccounts`;
    await api.post(accounts, { apiVersion: 'v1', kind: 'ServiceAccount', metadata });
    await api.post(`${roles}/roles`, { ...rbac, kind: 'Role', rules });
    await api.post(`${roles}/rolebindings`, {
      ...rbac,
      kind: 'RoleBinding',
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name },
      subjects: [{ kind: 'ServiceAccount', name, namespace }],
    });
    const request = {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: { expirationSeconds: 36_000 },
    };
    const { status } = await api.post<{ status: { token: string } }>(`${accounts}/${name}/token`, request);
    return { name: `system:serviceaccount:${namespace}:${name}`, token: status.token };
  },
  expired: ({ token }) => {
    const [header = '', payload = ''] = token.split('.');
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as object;
    const now = Math.floor(Date.now() / 1000);
    const old = { ...claims, iat: now - 3660, nbf: now - 3660, exp: now - 60 };
    const text = `${header}.${Buffer.from(JSON.stringify(old)).toString('base64url')}`;
    const key = { key: serviceAccountKey, dsaEncoding: 'ieee-p1363' } as const;
    return `${text}.${sign('sha256', Buffer.from(text), key).toString('base64url')}`;
  },
  certificateFor: async (name, groups, validForMs) => {
    const { certificate, key } = await authority.issueClient(name, groups, validForMs);
    return { certificateFile: write(`${name}.pem`, certificate), keyFile: write(`${name}-key.pem`, key) };
  },
  execPlugin: (token) => {
    const calls = write('exec-calls', '');
    const answer = { apiVersion: 'client.authentication.k8s.io/v1', kind: 'ExecCredential', status: { token } };
    const script = write('exec.sh', `echo called >> '${calls}'\ncat <<'END'\n${JSON.stringify(answer)}\nEND\n`);
    return { plugin: { command: 'sh', args: [script] }, calls };
  },
});
