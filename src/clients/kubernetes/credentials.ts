import type { Clock } from '../../engine/clock.ts';
import { RunbookError } from '../../engine/errors.ts';
import type { Credential, Credentials } from '../http/endpoint.ts';
import { checkValidity } from '../http/pem.ts';
import { fromTokenFile } from '../http/token-file.ts';
import { pluginOf, secretsOf } from './exec-config.ts';
import type { ExecPlugin } from './exec-config.ts';
import { isFields, pathIn, pemIn, textIn } from './kubeconfig-file.ts';
import type { Entry, Fields } from './kubeconfig-file.ts';
import { impersonation } from './impersonation.ts';
import { idTokenIn } from './oidc-token.ts';
import { sharedAnswer } from './shared-answer.ts';

export interface CredentialDeps {
  /** Credential plugins get all of it, as from kubectl: what they log in with is there. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  /** For what a credential plugin prints when it fails. */
  readonly redact: (text: string) => string;
  /** Told every secret before it is used, so that no output can show it. */
  readonly remember: (name: string, secret: string) => void;
  /** How long a credential plugin may take. Default 60 s. */
  readonly pluginTimeoutMs?: number;
}

/**
 * Who asks, by a user entry of a kubeconfig. Which of several kinds is taken, and that data wins over files, is as with kubectl.
 * Reads certificate files and looks at their dates; starts no plugin and reads no token file before it is asked.
 */
export const credentialsOf = (user: Entry, cluster: Fields, context: string, deps: CredentialDeps): Credentials => {
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
  if (tokenFile !== undefined) return fromTokenFile({ path: tokenFile, owner, clock: deps.clock, withToken });
  const token = textIn(user, 'token');
  if (token !== undefined)
    return always(withToken(token), owner, [`put a new token into ${user.file}, then run the command again`]);
  const plugin = pluginOf(user, cluster);
  if (plugin) return fromPlugin(plugin, { owner, context, fixed, withToken, deps });
  const provider = user.fields['auth-provider'];
  if (isFields(provider)) return fromProvider(provider, { owner, context, withToken, deps });
  return always(fixed, owner, newKubeconfig);
};

const fromPlugin = (
  plugin: ExecPlugin,
  source: {
    readonly owner: string;
    readonly context: string;
    readonly fixed: Credential;
    readonly withToken: (token: string) => Credential;
    readonly deps: CredentialDeps;
  },
): Credentials => {
  const { owner, context, fixed, withToken, deps } = source;
  const renewal = [`log in again, for example by: kubectl --context ${context} version`];
  let kept: { readonly credential: Credential; readonly until: number } | undefined;
  // Several requests at once must not start as many logins.
  const ask = sharedAnswer(async (signal): Promise<Credential> => {
    // Loaded when it is needed: starting programs costs time to load.
    const { runPlugin } = await import('./exec-plugin.ts');
    for (const [name, secret] of secretsOf(plugin, deps.env)) deps.remember(name, secret);
    const answer = await runPlugin(plugin, { ...deps, owner, renewal, signal });
    if (answer.key !== undefined) deps.remember(owner, answer.key.trim());
    const withCertificate =
      answer.cert !== undefined && answer.key !== undefined
        ? { certificate: { cert: answer.cert, key: answer.key } }
        : {};
    const base = answer.token === undefined ? fixed : withToken(answer.token);
    const credential = { ...base, ...withCertificate };
    kept = { credential, until: answer.expires?.getTime() ?? Infinity };
    return credential;
  });
  return {
    owner,
    renewal,
    current: async (signal) => (kept && deps.clock.now().getTime() < kept.until ? kept.credential : ask(signal)),
    refuse: (credential) => {
      if (kept?.credential === credential) kept = undefined;
    },
  };
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
      `the auth-provider ${name} of ${owner} is no longer supported, by kubectl neither`,
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

const basic = (user: Entry, deps: CredentialDeps): Readonly<Record<string, string>> => {
  const name = textIn(user, 'username');
  if (name === undefined) return {};
  const password = textIn(user, 'password') ?? '';
  deps.remember(user.name, password);
  return { authorization: `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}` };
};
