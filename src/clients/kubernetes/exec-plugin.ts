import { spawn } from 'node:child_process';
import { messageOf, RunbookError } from '../../engine/errors.ts';
import { namesSecret } from '../../words/secret-words.ts';
import { textEnd } from '../../words/short-text.ts';
import { endGroup } from '../process/group.ts';
import { notStarted } from '../process/not-started.ts';
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
  call.signal.throwIfAborted();
  const ended = await run(plugin, call);
  const answer = answerIn(ended.stdout, plugin.apiVersion);
  // Also of one that fails: it may have written its token to standard error as well.
  if (typeof answer !== 'string' && answer.token !== undefined) call.remember(call.owner, answer.token);
  const failed = (why: string): RunbookError =>
    new RunbookError('unreachable', `no credentials for ${call.owner}: ${plugin.command} ${why}`, {
      next: call.renewal,
    });
  if (ended.timedOut) throw failed(`did not answer within ${ended.timeoutMs / 1000} s; does it wait for a login?`);
  if (ended.tooMuch) throw failed('printed more than 1 MiB, hardly a credential');
  if (ended.signal !== null) throw failed(`was ended by ${ended.signal}`);
  if (ended.code !== 0) throw failed(`ended with exit code ${ended.code}${said(call.redact(ended.stderr))}`);
  if (typeof answer === 'string') throw failed(answer);
  return answer;
};

interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly timedOut: boolean;
  readonly timeoutMs: number;
  readonly tooMuch: boolean;
}

const run = (plugin: ExecPlugin, call: PluginCall): Promise<Ended> =>
  new Promise((resolve, reject) => {
    const timeoutMs = call.pluginTimeoutMs ?? 60_000;
    const child = spawn(plugin.command, plugin.args, {
      env: { ...call.env, ...plugin.env, KUBERNETES_EXEC_INFO: infoFor(plugin) },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    let bytes = 0;
    let timedOut = false;
    const end = async (): Promise<void> => {
      if (child.pid !== undefined) await endGroup(child.pid, 2000);
      // What it started in a group of its own may go on, and would hold these open.
      child.stdout.destroy();
      child.stderr.destroy();
    };
    const timer = setTimeout(() => {
      timedOut = true;
      void end();
    }, timeoutMs);
    const aborted = (): void => {
      void end();
      settle(() => reject(call.signal.reason));
    };
    let settled = false;
    const settle = (how: () => void): void => {
      // A program that cannot be started gives an error and closes besides.
      if (settled) return;
      settled = true;
      clearTimeout(timer);
      call.signal.removeEventListener('abort', aborted);
      how();
    };
    call.signal.addEventListener('abort', aborted, { once: true });
    const collect = (chunks: Buffer[]) => (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > largestAnswer) void end();
      else chunks.push(chunk);
    };
    // What breaks there is cut off; how the plugin ends is said by `close`.
    child.stdout.on('error', () => undefined).on('data', collect(stdout));
    child.stderr.on('error', () => undefined).on('data', collect(stderr));
    child.once('error', (error: NodeJS.ErrnoException) =>
      settle(() => void notFound(plugin, error).then(reject, reject)),
    );
    // Not `exit`: what it printed last may still be on its way.
    child.once('close', (code, signal) =>
      settle(() =>
        resolve({
          code,
          signal,
          stdout: Buffer.concat(stdout).toString('utf8'),
          stderr: Buffer.concat(stderr).toString('utf8'),
          timedOut,
          timeoutMs,
          tooMuch: bytes > largestAnswer,
        }),
      ),
    );
  });

const notFound = async (plugin: ExecPlugin, error: NodeJS.ErrnoException): Promise<RunbookError> => {
  const found = await notStarted(plugin.command, process.cwd(), error.code ?? '', messageOf(error));
  const hint = plugin.installHint?.split('\n').find((line) => line.trim() !== '');
  return new RunbookError('usage', `no credentials: ${found.message}`, {
    next: hint === undefined ? found.next : [hint.trim(), ...found.next],
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
