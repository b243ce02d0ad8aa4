import type { Clock } from '../../engine/clock.ts';
import { RunbookError } from '../../engine/errors.ts';
import type { Credential, Credentials } from '../http/endpoint.ts';
import { checkValidity } from '../http/pem.ts';
import { fromTokenFile } from '../http/token-file.ts';
import { broken, isFields, pathIn, pemIn, textIn } from './kubeconfig.ts';
import type { Entry, Fields } from './kubeconfig.ts';

export interface CredentialDeps {
  /** Credential plugins get all of it, as from kubectl: what they log in with is there. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  /** For what a credential plugin prints when it fails. */
  readonly redact: (text: string) => string;
  /** Given every secret before it is used, so that no output can show it. */
  readonly remember: (name: string, secret: string) => void;
  /** How long a credential plugin may take. Default 60 s. */
  readonly pluginTimeoutMs?: number;
}

/**
 * Who asks, by a user entry of a kubeconfig. Which of several kinds is taken, and that data wins over files, is as with kubectl.
 * Reads certificate files and looks at their dates; starts no plugin and reads no token file before it is asked.
 */
export const credentialsOf = async (
  user: Entry,
  cluster: Fields,
  context: string,
  deps: CredentialDeps,
): Promise<Credentials> => {
  const owner = `user ${user.name} of ${user.file}`;
  const newKubeconfig = [`get a new kubeconfig for this cluster (${user.file}), then run the command again`];
  const certificate = clientCertificate(user, { owner, renewal: newKubeconfig }, deps);
  const headers = { ...impersonation(user), ...basic(user, deps) };
  const fixed: Credential = { headers, ...(certificate ? { certificate } : {}) };
  const withToken = (token: string): Credential => {
    deps.remember(user.name, token);
    return { ...fixed, headers: { ...headers, authorization: `Bearer ${token}` } };
  };

  const tokenFile = pathIn(user, 'tokenFile');
  const token = textIn(user, 'token');
  const plugin = user.fields['exec'] ?? undefined;
  if (headers.authorization !== undefined) {
    if (token !== undefined || tokenFile !== undefined)
      throw broken(user.file, `${user.name} has a password and a token, of which only one can be sent`);
    // A plugin is not asked then.
    return always(fixed, owner, newKubeconfig);
  }
  if (tokenFile !== undefined) return fromTokenFile({ path: tokenFile, owner, clock: deps.clock, withToken });
  if (token !== undefined)
    return always(withToken(token), owner, [`put a new token into ${user.file}, then run the command again`]);
  // A plugin beside a certificate is not asked.
  if (plugin !== undefined && certificate) return always(fixed, owner, newKubeconfig);
  if (plugin !== undefined) {
    // Loaded when it is needed: starting programs costs time to load.
    const { fromPlugin } = await import('./exec-plugin.ts');
    return fromPlugin(user, cluster, { ...deps, owner, context, fixed, withToken });
  }
  const provider = user.fields['auth-provider'];
  if (isFields(provider)) return fromProvider(provider, { owner, context, withToken, deps });
  return always(fixed, owner, newKubeconfig);
};

const fromProvider = (
  provider: Fields,
  source: {
    readonly owner: string;
    readonly context: string;
    readonly withToken: (token: string) => Credential;
    readonly deps: CredentialDeps;
  },
): Credentials => {
  const { owner, context, withToken, deps } = source;
  const config = isFields(provider['config']) ? provider['config'] : {};
  for (const field of ['id-token', 'refresh-token', 'access-token', 'client-secret'])
    if (typeof config[field] === 'string') deps.remember(owner, config[field]);
  const name = String(provider['name']);
  if (name !== 'oidc')
    throw new RunbookError(
      'usage',
      `the auth-provider ${name} of ${owner} is no longer supported, and kubectl does not support it either`,
      {
        next: [
          `replace it by a credential plugin: https://kubernetes.io/docs/reference/access-authn-authz/authentication/`,
        ],
      },
    );
  // Renewing it may make the refresh token in the kubeconfig worthless: only kubectl, which writes the new one there, may.
  const renewal = [`log in again: kubectl --context ${context} version (it renews and saves the token)`];
  return {
    owner,
    renewal,
    current: async () => withToken(idTokenIn(provider, owner, renewal, deps.clock.now())),
    refuse: () => undefined,
  };
};

/** As kubectl has it, nothing secret is sent without TLS, only as whom to act. What leads there, `kubectl proxy`, has credentials of its own. */
export const withoutTls = (user: Entry, server: string): Credentials =>
  always({ headers: impersonation(user) }, `no one, because ${server} is without encryption`, [
    'use https://, or let kubectl proxy log in',
  ]);

const always = (credential: Credential, owner: string, renewal: readonly string[]): Credentials => ({
  owner,
  renewal,
  current: async () => credential,
  refuse: () => undefined,
});

const clientCertificate = (
  user: Entry,
  { owner, renewal }: Pick<Credentials, 'owner' | 'renewal'>,
  deps: CredentialDeps,
): Credential['certificate'] => {
  const cert = pemIn(user, 'client-certificate', `the client certificate of ${owner}`);
  const key = pemIn(user, 'client-key', `the client key of ${owner}`);
  if (cert === undefined && key === undefined) return undefined;
  if (cert === undefined || key === undefined)
    throw new RunbookError('usage', `${owner} has a client ${cert === undefined ? 'key' : 'certificate'} only`, {
      next: [`add the ${cert === undefined ? 'client-certificate' : 'client-key'} to ${user.file}`],
    });
  deps.remember(owner, key.trim());
  checkValidity(cert, { owner, renewal, now: deps.clock.now() });
  return { cert, key };
};

const basic = (user: Entry, deps: CredentialDeps): { readonly authorization?: string } => {
  const name = textIn(user, 'username');
  if (name === undefined) return {};
  const password = textIn(user, 'password') ?? '';
  deps.remember(user.name, password);
  return { authorization: `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}` };
};

/**
 * The headers of a user entry that impersonates another user.
 * https://kubernetes.io/docs/reference/access-authn-authz/authentication/#user-impersonation
 */
const impersonation = (user: Entry): Readonly<Record<string, string | readonly string[]>> => {
  const name = textIn(user, 'as');
  const uid = textIn(user, 'as-uid');
  const groups = textsIn(user, user.fields['as-groups'] ?? [], 'as-groups');
  const extra = user.fields['as-user-extra'] ?? {};
  if (!isFields(extra)) throw broken(user.file, `as-user-extra of ${user.name} is not a mapping`);
  if (name === undefined && (uid !== undefined || groups.length > 0 || Object.keys(extra).length > 0))
    throw broken(user.file, `${user.name} has as-uid, as-groups or as-user-extra, and no user to act as (as)`);
  return {
    ...(name === undefined ? {} : { 'impersonate-user': name }),
    ...(uid === undefined ? {} : { 'impersonate-uid': uid }),
    ...(groups.length === 0 ? {} : { 'impersonate-group': groups }),
    ...Object.fromEntries(
      Object.entries(extra).map(([key, values]) => [
        `impersonate-extra-${inHeaderName(key)}`,
        textsIn(user, values, `as-user-extra ${key}`),
      ]),
    ),
  };
};

/** What cannot stand in the name of a header is escaped as in a URL; the server undoes that. */
const inHeaderName = (key: string): string =>
  encodeURIComponent(key).replaceAll(/[()]/g, (bracket) => `%${bracket.charCodeAt(0).toString(16)}`);

const textsIn = (user: Entry, value: unknown, field: string): readonly string[] => {
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value;
  throw broken(user.file, `${field} of ${user.name} is not a list of texts`);
};

/** The ID token that `kubectl` keeps in the entry of an OIDC user. Errors: `unreachable` where there is none, or it has run out. */
const idTokenIn = (provider: Fields, owner: string, renewal: readonly string[], now: Date): string => {
  const config = isFields(provider['config']) ? provider['config'] : {};
  const token = config['id-token'];
  if (typeof token !== 'string' || token === '')
    throw new RunbookError('unreachable', `${owner} is not logged in (OIDC)`, { next: renewal });
  const expires = expiryOf(token);
  if (expires !== undefined && now >= expires)
    throw new RunbookError('unreachable', `the login of ${owner} (OIDC) expired at ${expires.toISOString()}`, {
      next: renewal,
    });
  return token;
};

/** `exp` of a JSON Web Token (RFC 7519); undefined where it says none. Whether it is genuine is the server's question. */
const expiryOf = (token: string): Date | undefined => {
  try {
    const claims: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'));
    const seconds = isFields(claims) ? claims['exp'] : undefined;
    return typeof seconds === 'number' ? new Date(seconds * 1000) : undefined;
  } catch {
    return undefined;
  }
};
