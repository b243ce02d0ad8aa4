import * as z from 'zod/mini';
import { argumentList } from '../../config/schema/argument-list.ts';
import { awsOf } from '../../config/schema/aws.ts';
import { byProvider, httpUrl, literalLike, mapping, optional, text, textLike } from '../../config/schema/leaf.ts';
import { capabilityOf } from '../capability.ts';
import type { Beside, Remark } from '../capability.ts';
import type { Workload } from './port.ts';

const resource = () =>
  literalLike(
    (value) => /^(?:deployment|statefulset|daemonset)\/[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/.test(value),
    'deployment/<name>, statefulset/<name> or daemonset/<name>',
  );

const kubernetes = () =>
  mapping({
    provider: z.literal('kubernetes'),
    /** Of the kubeconfig. Never the current one: it may lead elsewhere. */
    context: text('the name of a context'),
    server: optional(httpUrl()),
    namespace: text('the name of a namespace'),
    resource: resource(),
    container: optional(text('the name of a container')),
  });

const ecs = () =>
  mapping({
    provider: z.literal('ecs'),
    region: text('a region such as eu-central-1'),
    profile: optional(text()),
    account: optional(textLike((value) => /^\d{12}$/.test(value), 'the 12 digits of an account, in quotes')),
    cluster: text('the name of a cluster'),
    service: text('the name of a service'),
  });

/** `{{instance}}`, or any field that the `instances` command prints about an instance. */
const instanceHealth = () =>
  textLike(
    (value) => /^(?:https?:\/\/|\{\{)/.test(value) && /\{\{\s*[A-Za-z][\w.-]*\s*\}\}/.test(value),
    'a URL (https:// or http://) with {{instance}} or {{url}} in it',
  );

const commands = () =>
  mapping({
    provider: z.literal('command'),
    instances: argumentList(),
    status: optional(argumentList()),
    stop: optional(argumentList()),
    start: optional(argumentList(['count'])),
    restartInstance: optional(argumentList(['instance'])),
    scale: optional(argumentList(['count'])),
    rollback: optional(argumentList()),
    instanceHealth: optional(instanceHealth()),
  });

const schema = () => byProvider(['kubernetes', 'ecs', 'command'], [kubernetes(), ecs(), commands()]);

export type WorkloadSettings = z.output<ReturnType<typeof schema>>;
export type SettingsOf<Provider extends WorkloadSettings['provider']> = Extract<
  WorkloadSettings,
  { readonly provider: Provider }
>;

export const capability = capabilityOf({
  schema,
  example: `workload:
  provider: kubernetes            # or: ecs, command
  context: prod-eu
  namespace: checkout
  resource: deployment/checkout-api`,
  open: async (config, around): Promise<Workload> => {
    switch (config.provider) {
      case 'kubernetes':
        return (await import('./kubernetes.ts')).openConfigured(config, around);
      case 'ecs':
        return (await import('./ecs.ts')).openConfigured(config, around);
      case 'command':
        return (await import('./command.ts')).openConfigured(config, around);
    }
  },
  remarks: (config, { environment }) => [...withoutUse(config, environment), ...unpinned(config, environment)],
  reaches: (config) =>
    config.provider === 'kubernetes'
      ? [{ does: 'contact', path: [], what: `the context ${config.context} of your kubeconfig` }]
      : awsOf([], config),
});

/** What is configured for a platform that has no use for it, and what should be there. Nothing of it keeps a procedure from running. */
const withoutUse = (
  config: WorkloadSettings,
  { scaling, restart: { schedule } }: Beside['environment'],
): readonly Remark[] => {
  const wrongKey = config.provider === 'kubernetes' ? 'role' : 'image';
  return [
    ...(config.provider === 'kubernetes' && config.resource.startsWith('daemonset/') && scaling !== undefined
      ? [remark(['scaling'], 'a DaemonSet has one pod on each node: rb scale cannot change that')]
      : []),
    ...(schedule !== undefined && config.provider === 'command'
      ? [remark(['restart', 'schedule'], 'a workload of commands has no schedules; use a systemd timer')]
      : []),
    ...(schedule?.[wrongKey] !== undefined && config.provider !== 'command'
      ? [remark(['restart', 'schedule', wrongKey], `${config.provider} has no use for \`${wrongKey}\``)]
      : []),
  ];
};

const remark = (path: readonly string[], message: string): Remark => ({ path, level: 'warn', message });

/** A context can be edited to lead elsewhere, and keys can be those of another account: only what the configuration names is refused. */
const unpinned = (config: WorkloadSettings, environment: Beside['environment']): readonly Remark[] => {
  if (!environment.protected) return [];
  if (config.provider === 'kubernetes' && config.server === undefined && config.context !== 'in-cluster')
    return [missingPin('server', 'whatever cluster the context leads to')];
  if (config.provider === 'ecs' && config.account === undefined) return [missingPin('account', 'any account')];
  return [];
};

const missingPin = (pin: string, what: string): Remark =>
  remark(['workload'], `protected, but without \`${pin}\` ${what} is taken for the right one`);
