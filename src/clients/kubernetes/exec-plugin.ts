import { dirname, resolve } from 'node:path';
import type { Clock } from '../../engine/clock.ts';
import { RunbookError } from '../../engine/errors.ts';
import { namesSecret } from '../../words/secret-words.ts';
import { textEnd } from '../../words/short-text.ts';
import type { Credential, Credentials } from '../http/endpoint.ts';
import { askProgram } from '../process/ask.ts';
import type { Environment } from '../process/environment.ts';
import { broken, isFields, textIn } from './kubeconfig.ts';
import type { Entry, Fields } from './kubeconfig.ts';

/** What a user entry gives besides its plugin, and what the plugin needs. */
interface PluginDeps {
  readonly owner: string;
  readonly context: string;
  /** What goes with every credential that the plugin hands out. */
  readonly fixed: Credential;
  readonly withToken: (token: string) => Credential;
  readonly env: Environment;
  readonly clock: Clock;
  readonly redact: (text: string) => string;
  readonly remember: (name: string, secret: string) => void;
  readonly pluginTimeoutMs?: number;
}

/** Credentials that the plugin of a user entry hands out. Starts nothing before they are asked for. Errors: those of `pluginOf`. */
export const fromPlugin = (user: Entry, cluster: Fields, deps: PluginDeps): Credentials => {
  const plugin = pluginOf(user, cluster);
  const { owner, fixed, withToken, clock, remember } = deps;
  const renewal = [`log in again, for example by: kubectl --context ${deps.context} version`];
  let kept: { readonly credential: Credential; readonly until: number } | undefined;
  // Several requests at once must not start as many logins.
  const ask = sharedAnswer(async (signal): Promise<Credential> => {
    for (const [name, secret] of secretsOf(plugin, deps.env)) remember(name, secret);
    const answer = await runPlugin(plugin, { ...deps, renewal, signal });
    if (answer.key !== undefined) remember(owner, answer.key.trim());
    const { cert, key } = answer;
    const credential = {
      ...(answer.token === undefined ? fixed : withToken(answer.token)),
      ...(cert === undefined || key === undefined ? {} : { certificate: { cert, key } }),
    };
    kept = { credential, until: answer.expires?.getTime() ?? Infinity };
    return credential;
  });
  return {
    owner,
    renewal,
    current: async (signal) => (kept && clock.now().getTime() < kept.until ? kept.credential : ask(signal)),
    refuse: (credential) => {
      if (kept?.credential === credential) kept = undefined;
    },
  };
};

/** A program that hands out credentials, as a kubeconfig names it. */
interface ExecPlugin {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly apiVersion: string;
  /** What to do where it is not installed. */
  readonly installHint?: string;
  /** What it is told about the cluster, where it wants that. */
  readonly cluster?: Fields;
}

const versions = ['client.authentication.k8s.io/v1', 'client.authentication.k8s.io/v1beta1'];

/**
 * The plugin of a user entry.
 * https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins
 * Errors: `usage`, also where it insists on a terminal: `rb` has none to give away.
 */
const pluginOf = (user: Entry, cluster: Fields): ExecPlugin => {
  const fields = user.fields['exec'];
  if (!isFields(fields)) throw broken(user.file, `exec of ${user.name} is not a mapping`);
  const exec: Entry = { ...user, fields, name: `${user.name} (exec)` };
  const command = textIn(exec, 'command');
  if (command === undefined) throw broken(user.file, `exec of ${user.name} has no command`);
  const apiVersion = textIn(exec, 'apiVersion') ?? '';
  if (!versions.includes(apiVersion))
    throw broken(
      user.file,
      `exec of ${user.name} has the apiVersion "${apiVersion}"; ${versions.join(' and ')} are known`,
    );
  const mode = textIn(exec, 'interactiveMode') ?? (apiVersion.endsWith('/v1') ? '' : 'IfAvailable');
  if (!['Never', 'IfAvailable', 'Always'].includes(mode))
    throw broken(user.file, `exec of ${user.name} has the interactiveMode "${mode}"; Never and IfAvailable are known`);
  if (mode === 'Always')
    throw new RunbookError(
      'usage',
      `the credential plugin ${command} of user ${user.name} wants to ask at the terminal, which rb does not lend it`,
      {
        next: [`set interactiveMode: IfAvailable for it in ${user.file}, if it can also answer from an earlier login`],
      },
    );
  const installHint = textIn(exec, 'installHint');
  return {
    // As with kubectl: a path begins at the kubeconfig, a name alone is looked for in PATH.
    command: command.includes('/') ? resolve(dirname(user.file), command) : command,
    args: argumentsIn(exec, fields['args'] ?? []),
    env: variablesIn(exec, fields['env'] ?? []),
    apiVersion,
    ...(installHint === undefined ? {} : { installHint }),
    ...(fields['provideClusterInfo'] === true ? { cluster } : {}),
  };
};

const secretName = /pass|token|secret|credential|key$|auth/i;

/** What the plugin is given and is named like a secret: variables, `--token value` and `--token=value`. */
const secretsOf = (
  { args, env }: ExecPlugin,
  inherited: Readonly<Record<string, string | undefined>>,
): readonly (readonly [string, string])[] => [
  ...Object.entries({ ...inherited, ...env }).flatMap(([name, value]): readonly (readonly [string, string])[] =>
    secretName.test(name) && value ? [[name, value]] : [],
  ),
  ...args.flatMap((word, index): readonly (readonly [string, string])[] => {
    const [, option = '', value] = /^(--?[\w-]+)(?:=(.*))?$/s.exec(word) ?? [];
    const secret = value ?? args[index + 1];
    return secretName.test(option) && secret ? [[option, secret]] : [];
  }),
];

const argumentsIn = (exec: Entry, value: unknown): readonly string[] => {
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value;
  throw broken(exec.file, `args of ${exec.name} is not a list of texts`);
};

const variablesIn = (exec: Entry, value: unknown): Readonly<Record<string, string>> => {
  const variables: Record<string, string> = {};
  for (const item of Array.isArray(value) ? value : [undefined]) {
    const { name, value: text } = isFields(item) ? item : {};
    if (typeof name !== 'string' || typeof text !== 'string')
      throw broken(exec.file, `env of ${exec.name} is not a list of name and value`);
    variables[name] = text;
  }
  return variables;
};

interface PluginAnswer {
  readonly token?: string;
  /** PEM texts. */
  readonly cert?: string;
  readonly key?: string;
  readonly expires?: Date;
}

interface PluginCall extends PluginDeps {
  readonly renewal: readonly string[];
  readonly signal: AbortSignal;
}

const largestAnswer = 1024 * 1024;

/**
 * Runs a credential plugin in a session of its own: it has no terminal to write on or to ask at, and Ctrl-C does not reach it.
 * Errors: `usage` where it cannot be started, `unreachable` where it fails or answers something else. Of what it prints only the
 * end of standard error is shown, without what may be a credential; standard output holds the credential.
 */
const runPlugin = async (plugin: ExecPlugin, call: PluginCall): Promise<PluginAnswer> => {
  const { owner, renewal, signal, pluginTimeoutMs: timeoutMs = 60_000 } = call;
  const ended = await askProgram({
    argv: [plugin.command, ...plugin.args],
    cwd: process.cwd(),
    environment: { ...call.env, ...plugin.env, KUBERNETES_EXEC_INFO: infoFor(plugin) },
    terminal: 'own',
    timeoutMs,
    mostBytes: largestAnswer,
    signal,
  }).catch((error: unknown) => {
    throw withHint(error, plugin);
  });
  const answer = answerIn(ended.stdout, plugin.apiVersion);
  // Also of one that fails: it may have written its token to standard error as well.
  if (typeof answer !== 'string' && answer.token !== undefined) call.remember(owner, answer.token);
  const failed = (why: string): RunbookError =>
    new RunbookError('unreachable', `no credentials for ${owner}: ${plugin.command} ${why}`, { next: renewal });
  if (ended.stopped === 'timeout')
    throw failed(`did not answer within ${timeoutMs / 1000} s; does it wait for a login?`);
  if (ended.stopped === 'too-much') throw failed('printed more than 1 MiB, hardly a credential');
  if (ended.signal !== undefined) throw failed(`was ended by ${ended.signal}`);
  if (ended.exitCode !== 0)
    throw failed(`ended with exit code ${ended.exitCode ?? 'unknown'}${said(call.redact(ended.stderr))}`);
  if (typeof answer === 'string') throw failed(answer);
  return answer;
};

/** Of a plugin that is not there the kubeconfig may say where to get it. */
const withHint = (error: unknown, { installHint }: ExecPlugin): unknown => {
  if (!(error instanceof RunbookError)) return error;
  const hint = installHint?.split('\n').find((line) => line.trim() !== '');
  return new RunbookError('usage', `no credentials: ${error.message}`, {
    next: hint === undefined ? error.next : [hint.trim(), ...error.next],
  });
};

/** https://kubernetes.io/docs/reference/config-api/client-authentication.v1/ */
const infoFor = ({ apiVersion, cluster }: ExecPlugin): string =>
  JSON.stringify({
    apiVersion,
    kind: 'ExecCredential',
    spec: { interactive: false, ...(cluster ? { cluster } : {}) },
  });

/** The credential, or what is wrong with it: what is in it is never said. */
const answerIn = (stdout: string, apiVersion: string): PluginAnswer | string => {
  let value: unknown;
  try {
    value = JSON.parse(stdout);
  } catch {
    return 'printed something that is not JSON';
  }
  if (!isFields(value) || value['kind'] !== 'ExecCredential') return 'printed something that is not an ExecCredential';
  if (value['apiVersion'] !== apiVersion)
    return `answers with another apiVersion than the ${apiVersion} that the kubeconfig names`;
  const status = isFields(value['status']) ? value['status'] : {};
  const text = (field: string) => {
    const found = status[field];
    return typeof found === 'string' && found !== '' ? found : undefined;
  };
  const token = text('token')?.trim();
  const [cert, key] = [text('clientCertificateData'), text('clientKeyData')];
  if ((cert === undefined) !== (key === undefined)) return 'printed a certificate without its key, or a key alone';
  if (token === undefined && cert === undefined) return 'printed neither a token nor a certificate';
  const expires = text('expirationTimestamp');
  const date = expires === undefined ? undefined : new Date(expires);
  if (date && Number.isNaN(date.getTime())) return 'printed an expirationTimestamp that is no time';
  return {
    ...(token === undefined ? {} : { token }),
    ...(cert === undefined || key === undefined ? {} : { cert, key }),
    ...(date ? { expires: date } : {}),
  };
};

/** `token: x`, `"client_secret": "x"`, `password=x`: what a plugin prints is about credentials, and nobody has registered them. */
const named = /(?<![\w-])([\w-]+)(["']?\s{0,4}[:=]\s{0,4}["']?)([^\s"',;]{1,4096})/g;
/** A long word of letters and digits that is neither a path nor a name of several words is more likely a credential. */
const random = /(?<![\w+/=.:-])(?=[A-Za-z+_=-]{0,512}\d)(?=[\d+_=-]{0,512}[A-Za-z])[A-Za-z0-9+_=-]{24,}/g;

const withoutCredentials = (text: string): string =>
  // What the redactor has put there says more.
  text
    .split(/(‹secret(?::[^›]{0,200})?›)/)
    .map((part, index) => (index % 2 === 1 ? part : masked(part)))
    .join('');

const masked = (text: string): string =>
  text
    .replaceAll(named, (whole: string, name: string, sign: string) =>
      namesSecret(name) ? `${name}${sign}‹secret›` : whole,
    )
    .replaceAll(random, '‹secret›');

/** The end of what it said: of a trace, of usage and of logs that is where the reason is. */
const said = (stderr: string): string => {
  const lines = withoutCredentials(textEnd(stderr))
    .split('\n')
    .map((line) => line.trim());
  const end = lines
    .filter((line) => line !== '')
    .slice(-3)
    .join(' ');
  return end === '' ? '' : `: ${end.length > 300 ? `…${end.slice(-300)}` : end}`;
};

interface Running<Value> {
  readonly answer: Promise<Value>;
  readonly stop: AbortController;
  waiting: number;
}

/** Several who ask at the same time get one answer. Who is told to stop leaves the others waiting; when nobody waits any more, the asking ends. */
const sharedAnswer = <Value>(
  ask: (signal: AbortSignal) => Promise<Value>,
): ((signal: AbortSignal) => Promise<Value>) => {
  let running: Running<Value> | undefined;
  const start = (): Running<Value> => {
    const stop = new AbortController();
    return { answer: ask(stop.signal), stop, waiting: 0 };
  };
  return async (signal) => {
    signal.throwIfAborted();
    const joined = (running ??= start());
    joined.waiting += 1;
    const told = Promise.withResolvers<never>();
    const leave = (): void => told.reject(signal.reason);
    signal.addEventListener('abort', leave, { once: true });
    try {
      return await Promise.race([joined.answer, told.promise]);
    } finally {
      signal.removeEventListener('abort', leave);
      joined.waiting -= 1;
      if (joined.waiting === 0) {
        if (running === joined) running = undefined;
        joined.stop.abort();
      }
    }
  };
};
