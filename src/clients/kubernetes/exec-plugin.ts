import { RunbookError } from '../../engine/errors.ts';
import { namesSecret } from '../../words/secret-words.ts';
import { textEnd } from '../../words/short-text.ts';
import { askProgram } from '../process/ask.ts';
import type { ExecPlugin } from './exec-config.ts';
import { isFields } from './kubeconfig-file.ts';

export interface PluginAnswer {
  readonly token?: string;
  /** PEM texts. */
  readonly cert?: string;
  readonly key?: string;
  readonly expires?: Date;
}

interface PluginCall {
  readonly owner: string;
  readonly renewal: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly redact: (text: string) => string;
  readonly remember: (name: string, secret: string) => void;
  readonly pluginTimeoutMs?: number;
  readonly signal: AbortSignal;
}

const largestAnswer = 1024 * 1024;

/**
 * Runs a credential plugin in a session of its own: it has no terminal to write on or to ask at, and Ctrl-C does not reach it.
 * Errors: `usage` where it cannot be started, `unreachable` where it fails or answers something else. Of what it prints only the
 * end of standard error is shown, without what may be a credential; standard output holds the credential.
 */
export const runPlugin = async (plugin: ExecPlugin, call: PluginCall): Promise<PluginAnswer> => {
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
