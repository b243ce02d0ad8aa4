import * as z from 'zod/mini';
import { argumentList } from './argument-list.ts';
import { alternatives, httpUrl, literalLike, mapping, optional, text, textLike } from './leaf.ts';

/** One mapping for each provider, told apart by `provider`. */
export const byProvider = <
  const Options extends readonly [z.core.$ZodTypeDiscriminable, ...z.core.$ZodTypeDiscriminable[]],
>(
  names: readonly string[],
  options: Options,
) =>
  z.discriminatedUnion('provider', options, {
    error: (issue) => (issue.code === 'invalid_union' ? alternatives(names) : 'a mapping with `provider`'),
  });

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
    start: optional(argumentList()),
    restartInstance: optional(argumentList()),
    scale: optional(argumentList()),
    rollback: optional(argumentList()),
    instanceHealth: optional(instanceHealth()),
  });

export const workload = () => byProvider(['kubernetes', 'ecs', 'command'], [kubernetes(), ecs(), commands()]);
