/**
 * What a command gets from the environment of `rb`: who and where the operator is, and which account, cluster or profile is
 * meant. Nothing that is itself a credential (`AWS_ACCESS_KEY_ID`, tokens, proxies with passwords): a command that needs one names it under
 * `environment` in the configuration.
 */
const kept = new Set([
  'PATH',
  'HOME',
  'USER',
  'LOGNAME',
  'SHELL',
  'LANG',
  'LANGUAGE',
  'TZ',
  'TERM',
  'TMPDIR',
  'SSH_AUTH_SOCK',
  'KUBECONFIG',
  'DOCKER_HOST',
  'DOCKER_CONTEXT',
  'DBUS_SESSION_BUS_ADDRESS',
  'AWS_PROFILE',
  'AWS_REGION',
  'AWS_DEFAULT_REGION',
  'AWS_CONFIG_FILE',
  'AWS_SHARED_CREDENTIALS_FILE',
]);
const keptPrefixes = ['LC_', 'XDG_'];

export type Environment = Readonly<Record<string, string | undefined>>;

/** The variable that marks a command as started by a step: `<session>/<step>`. */
export const markVariable = 'RB_STEP';

/** The environment of a command: the kept part of the parent's, then what is configured for it, then the mark. */
export const environmentFor = (
  parent: Environment,
  configured: Readonly<Record<string, string>>,
  mark: string,
): Record<string, string> => {
  const environment: Record<string, string> = {};
  for (const [name, value] of Object.entries(parent))
    if (value !== undefined && (kept.has(name) || keptPrefixes.some((prefix) => name.startsWith(prefix))))
      environment[name] = value;
  return { ...environment, ...configured, [markVariable]: mark };
};
