import { execFile } from 'node:child_process';
import { createHash, X509Certificate } from 'node:crypto';
import { KubeConfig } from '@kubernetes/client-node';
import type { RequestOptions } from 'node:https';
import { openKubernetes } from '../../../../src/clients/kubernetes/client.ts';
import { openConnection } from '../../../../src/clients/kubernetes/connection.ts';
import { fingerprintOf } from '../../../../src/clients/http/pem.ts';
import { normalised } from '../../../../src/clients/http/url.ts';
import { clock, forever } from '../clock.ts';
import type { Case } from './cases.ts';
import { type Asked, comparable, impersonationIn, type Recorder } from './recorder.ts';

/** What a kubeconfig says about one context: where it leads, and as whom it is asked. */
export interface Reading extends Asked {
  readonly server: string;
  /** `fingerprintOf` the authorities. */
  readonly ca: string;
}

export type Outcome = Partial<Reading> & { readonly failed?: string };

const environmentFor = ({ kubeconfig, directory }: Case) => ({
  PATH: process.env['PATH'],
  HOME: directory,
  KUBECONFIG: kubeconfig,
});

/** `config view` for what is configured, and one request for what is made of it. */
export const readByKubectl = async (kubectl: string, one: Case, recorder: Recorder): Promise<Outcome> => {
  const call = (...args: readonly string[]) =>
    new Promise<{ readonly failed: string } | { readonly stdout: string }>((resolve) => {
      const options = { env: environmentFor(one), cwd: one.directory };
      execFile(
        kubectl,
        ['--context', one.context, '--request-timeout', '10s', ...args],
        options,
        (error, stdout, stderr) => resolve(error ? { failed: stderr.trim() || error.message } : { stdout }),
      ).stdin?.end();
    });
  const viewed = await call('config', 'view', '--raw', '--minify', '--flatten', '-o', 'json');
  // To flatten is refused where there are data and a file; to ask is not.
  const both = 'failed' in viewed && viewed.failed.includes('are both specified');
  const view = both ? await call('config', 'view', '--raw', '--minify', '-o', 'json') : viewed;
  const asked = await call('get', '--raw', `/${one.word}`);
  const requests = recorder.take(one.word);
  if ('failed' in asked) return { failed: asked.failed };
  if ('failed' in view) return { failed: view.failed };
  const document = JSON.parse(view.stdout) as { clusters: readonly { cluster: Record<string, unknown> }[] };
  const { server, 'certificate-authority-data': data } = document.clusters[0]?.cluster ?? {};
  return {
    ...requests[0],
    server: serverText(server),
    ca: fingerprintOf(typeof data === 'string' ? Buffer.from(data, 'base64').toString('utf8') : undefined),
  };
};

export const readByUs = async (one: Case, recorder: Recorder): Promise<Outcome> => {
  const deps = { clock, redact: (text: string) => text, remember: () => undefined, env: environmentFor(one) };
  try {
    const connection = await openConnection({ context: one.context, namespace: 'shop' }, deps);
    await openKubernetes(connection, { clock: { ...clock, sleep: async () => undefined } }).get(
      { api: 'v1', plural: 'pods' },
      one.word,
      { signal: forever },
    );
    return { ...recorder.take(one.word)[0], server: connection.identity.server, ca: connection.identity.ca };
  } catch (error) {
    recorder.take(one.word);
    return {
      failed:
        error instanceof Error ? `${'kind' in error ? String(error.kind) : 'FAULT'}: ${error.message}` : String(error),
    };
  }
};

/** What the library would send; it is not asked to. Its proxy is an agent that does not say which: `proxied` is left out. */
export const readByLibrary = async (one: Case): Promise<Outcome> => {
  try {
    const config = loaded(one);
    config.setCurrentContext(one.context);
    const options: RequestOptions = {};
    await config.applyToHTTPSOptions(options);
    const headers = Object.entries(options.headers ?? {}) as [string, string | string[]][];
    const authorization = headers.find(([name]) => name.toLowerCase() === 'authorization')?.[1];
    const basic = typeof options.auth === 'string' ? `Basic ${Buffer.from(options.auth).toString('base64')}` : '';
    const server = serverText(config.getCurrentCluster()?.server);
    return {
      server,
      ca: fingerprintOf(options.ca === undefined ? undefined : textOf(options.ca)),
      authorization: comparable((typeof authorization === 'string' ? authorization : undefined) ?? basic),
      impersonation: impersonationIn(headers),
      certificate:
        options.cert === undefined
          ? ''
          : createHash('sha256')
              .update(new X509Certificate(textOf(options.cert)).raw)
              .digest('hex'),
      serverName: options.servername ?? (server.startsWith('https://localhost') ? 'localhost' : ''),
    };
  } catch (error) {
    return { failed: error instanceof Error ? error.message : String(error) };
  }
};

const restore = (name: string, value: string | undefined): void => {
  if (value === undefined) delete process.env[name];
  else process.env[name] = value;
};

/** It reads this process's environment, at once. */
const loaded = (one: Case): KubeConfig => {
  const { KUBECONFIG, HOME } = process.env;
  try {
    process.env['KUBECONFIG'] = one.kubeconfig;
    process.env['HOME'] = one.directory;
    const config = new KubeConfig();
    config.loadFromDefault();
    return config;
  } finally {
    restore('KUBECONFIG', KUBECONFIG);
    restore('HOME', HOME);
  }
};

const textOf = (value: unknown): string => (Buffer.isBuffer(value) ? value.toString('utf8') : String(value));

const serverText = (server: unknown): string => (typeof server === 'string' ? (normalised(server) ?? server) : '');
