import { createHash } from 'node:crypto';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { getSSOTokenFromFile, loadSharedConfigFiles } from '@smithy/core/config';
import * as z from 'zod/mini';
import { readPlainText } from '../../files/plain-file.ts';
import type { Environment } from '../process/environment.ts';
import type { ClientSettings } from './settings.ts';

export type Remember = (name: string, secret: string) => void;
type Provider = Extract<NonNullable<ClientSettings['credentials']>, (...given: never[]) => unknown>;
type Credentials = Awaited<ReturnType<Provider>>;

export const rememberCredentials = (
  remember: Remember,
  { secretAccessKey, sessionToken }: Pick<Credentials, 'secretAccessKey' | 'sessionToken'>,
): void => {
  remember('AWS secret access key', secretAccessKey);
  if (sessionToken) remember('AWS session token', sessionToken);
};

/** The same provider. What it hands out is remembered before it is used, renewed credentials too, and so is what it got them by. */
export const remembering = (
  provider: Provider,
  profile: string | undefined,
  environment: Environment,
  remember: Remember,
): Provider => {
  let last: Credentials | undefined;
  const find: Provider = async (options) => {
    // An error of the provider may quote them.
    if (!last) await rememberSources(profile, environment, remember);
    const found = await provider(options);
    if (found !== last) {
      rememberCredentials(remember, found);
      if (last) await rememberSources(profile, environment, remember);
      last = found;
    }
    return found;
  };
  // The provider keeps what it has found by itself, and renews it in time.
  return Object.assign(find, { memoized: true });
};

const variables = ['AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN', 'AWS_CONTAINER_AUTHORIZATION_TOKEN'];
const fileVariables = ['AWS_WEB_IDENTITY_TOKEN_FILE', 'AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE'];

/** What the SDK reads on its way to credentials and keeps to itself. What cannot be read is the SDK's to complain about. */
const rememberSources = async (
  profile: string | undefined,
  environment: Environment,
  remember: Remember,
): Promise<void> => {
  for (const name of variables) if (environment[name]) remember(name, environment[name]);
  for (const name of fileVariables) rememberFile(name, environment[name], remember);
  const { configFile, credentialsFile } = await loadSharedConfigFiles().catch(() => ({
    configFile: {},
    credentialsFile: {},
  }));
  const files: SharedFiles = { configFile, credentialsFile };
  for (const [name, settings] of profilesFrom(profile ?? environment['AWS_PROFILE'] ?? 'default', files)) {
    for (const key of ['aws_secret_access_key', 'aws_session_token'])
      if (settings[key]) remember(`${key} of profile ${name}`, settings[key]);
    rememberFile(`web_identity_token_file of profile ${name}`, settings['web_identity_token_file'], remember);
    const session = settings['sso_session'] ?? settings['sso_start_url'];
    // oxlint-disable-next-line no-await-in-loop -- one or two, and mostly none
    const token = session === undefined ? undefined : await getSSOTokenFromFile(session).catch(() => undefined);
    for (const secret of [token?.accessToken, token?.refreshToken, token?.clientSecret])
      if (secret) remember(`SSO token of profile ${name}`, secret);
    if (settings['login_session']) rememberLogin(name, settings['login_session'], environment, remember);
  }
};

const Login = z.object({
  accessToken: z.optional(z.object({ secretAccessKey: z.optional(z.string()), sessionToken: z.optional(z.string()) })),
  refreshToken: z.optional(z.string()),
  idToken: z.optional(z.string()),
  dpopKey: z.optional(z.string()),
});

/** What `aws login` keeps: a file for each session, named by the SHA-256 of its name. */
const rememberLogin = (profile: string, session: string, environment: Environment, remember: Remember): void => {
  const directory = environment['AWS_LOGIN_CACHE_DIRECTORY'] ?? join(homedir(), '.aws', 'login', 'cache');
  const text = textOf(join(directory, `${createHash('sha256').update(session).digest('hex')}.json`));
  const { data } = z.safeParse(Login, text === undefined ? undefined : parsed(text));
  const { accessToken, refreshToken, idToken, dpopKey } = data ?? {};
  for (const secret of [accessToken?.secretAccessKey, accessToken?.sessionToken, refreshToken, idToken, dpopKey])
    if (secret) remember(`login of profile ${profile}`, secret);
};

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

type Settings = Readonly<Record<string, string | undefined>>;
interface SharedFiles {
  readonly configFile: Readonly<Record<string, Settings>>;
  readonly credentialsFile: Readonly<Record<string, Settings>>;
}

/** The profile, and those that it takes its credentials from. */
function* profilesFrom(first: string, { configFile, credentialsFile }: SharedFiles): Generator<[string, Settings]> {
  const seen = new Set<string>();
  for (let name: string | undefined = first; name !== undefined && !seen.has(name);) {
    seen.add(name);
    const settings: Settings = { ...configFile[name], ...credentialsFile[name] };
    yield [name, settings];
    name = settings['source_profile'];
  }
}

/** No token is longer; a log file that is named by mistake is. */
const largestFile = 64 * 1024;

const rememberFile = (name: string, path: string | undefined, remember: Remember): void => {
  const text = path ? textOf(path)?.trim() : undefined;
  if (text) remember(name, text);
};

/** Undefined where the file cannot be read: the SDK says so. */
const textOf = (path: string): string | undefined => {
  try {
    return readPlainText(path, { largest: largestFile });
  } catch {
    return undefined;
  }
};
