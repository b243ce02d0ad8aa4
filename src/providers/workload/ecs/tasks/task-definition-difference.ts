import type { ContainerDefinition, TaskDefinition } from '@aws-sdk/client-ecs';
import { shownArgument, withoutSecretArguments } from '../../shared/secret-arguments.ts';
import { lastPart } from './seen.ts';

/**
 * What is different between two task definitions, line by line; empty where they do the same. Values of environment variables
 * are not shown: they may be secrets.
 */
export const difference = (from: TaskDefinition, to: TaskDefinition): readonly string[] => {
  const [before, after] = [facts(from), facts(to)];
  const names = [...new Set([...before.keys(), ...after.keys()])].toSorted();
  return names.flatMap((name) => {
    const [old, now] = [before.get(name), after.get(name)];
    if (old?.text === now?.text) return [];
    if (old !== undefined && now !== undefined && isHidden(name)) return [`~ ${name}: another value`];
    return [
      ...(old === undefined ? [] : [`- ${name}: ${shown(name, old)}`]),
      ...(now === undefined ? [] : [`+ ${name}: ${shown(name, now)}`]),
    ];
  });
};

const shown = (name: string, { text, value }: Fact): string => {
  if (isHidden(name)) return '...';
  if (!isList(value)) return withoutSecretArguments(text);
  return JSON.stringify(value.map((argument, index) => shownArgument(argument, value[index - 1])));
};

const isList = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((item) => typeof item === 'string');

const isHidden = (name: string): boolean => / environment /.test(name);

/** What registering a task definition adds to it says nothing about what it does. */
const registration = new Set([
  'taskDefinitionArn',
  'revision',
  'status',
  'registeredAt',
  'registeredBy',
  'deregisteredAt',
  'deleteRequestedAt',
  'requiresAttributes',
  'compatibilities',
  'containerDefinitions',
]);

/** What is compared, and what it was. */
interface Fact {
  readonly text: string;
  readonly value: unknown;
}

const facts = (definition: TaskDefinition): ReadonlyMap<string, Fact> => {
  const all = new Map<string, Fact>();
  for (const [name, value] of Object.entries(definition)) if (!registration.has(name)) put(all, name, value);
  for (const container of definition.containerDefinitions ?? []) ofContainer(all, container);
  return all;
};

const ofContainer = (all: Map<string, Fact>, container: ContainerDefinition): void => {
  const { name = 'container', environment, secrets, ...rest } = container;
  for (const variable of environment ?? []) set(all, `${name} environment ${variable.name}`, variable.value ?? '');
  for (const secret of secrets ?? []) set(all, `${name} secret ${secret.name}`, lastPart(secret.valueFrom ?? ''));
  for (const [key, value] of Object.entries(rest)) put(all, `${name} ${key}`, value);
};

/** An empty list and none are the same. */
const put = (all: Map<string, Fact>, name: string, value: unknown): void => {
  if (value === undefined || value === null || (Array.isArray(value) && value.length === 0)) return;
  set(all, name, value);
};

const set = (all: Map<string, Fact>, name: string, value: unknown): void =>
  void all.set(name, { text: typeof value === 'string' ? value : JSON.stringify(value), value });
