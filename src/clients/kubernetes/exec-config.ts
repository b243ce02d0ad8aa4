import { dirname, resolve } from 'node:path';
import { RunbookError } from '../../engine/errors.ts';
import { broken, isFields, textIn } from './kubeconfig-file.ts';
import type { Entry, Fields } from './kubeconfig-file.ts';

/** A program that hands out credentials, as a kubeconfig names it. */
export interface ExecPlugin {
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
 * The plugin of a user entry; undefined where it has none.
 * https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins
 * Errors: `usage`, also where it insists on a terminal: `rb` has none to give away.
 */
export const pluginOf = (user: Entry, cluster: Fields): ExecPlugin | undefined => {
  const fields = user.fields['exec'];
  if (fields === undefined || fields === null) return undefined;
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
  if (textIn(exec, 'interactiveMode') === 'Always')
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
export const secretsOf = (
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
