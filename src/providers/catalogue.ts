import type * as z from 'zod/mini';
import type { AnyCapability } from './capability.ts';

const entry = <Capability>(words: string, load: () => Promise<{ readonly capability: Capability }>) => ({
  words,
  load,
});

/** What an environment may have, by its key. A new one is a folder with a `capability.ts`, and a line here. */
export const capabilities = {
  workload: entry('what runs the service', () => import('./workload/capability.ts')),
  logs: entry('where its logs are', () => import('./logs/capability.ts')),
  database: entry('its database', () => import('./database/capability.ts')),
  cache: entry('its cache', () => import('./cache/capability.ts')),
  certificates: entry('its certificates', () => import('./certificates/capability.ts')),
  metrics: entry('where its metrics are', () => import('./metrics/capability.ts')),
  queues: entry('its queues', () => import('./queues/capability.ts')),
  hosts: entry('the machines it runs on', () => import('./hosts/capability.ts')),
  profiler: entry('how its memory is looked into', () => import('./profiler/capability.ts')),
  maintenanceMode: entry('how it is taken out of service', () => import('./maintenance-mode/capability.ts')),
  smoke: entry('what shows that it works', () => import('./smoke/capability.ts')),
} as const;

/** What a team has for all environments, by its key. */
export const teamCapabilities = {
  notify: entry('where notifications go', () => import('./notify/capability.ts')),
  tickets: entry('where tickets are filed', () => import('./tickets/capability.ts')),
} as const;

type Entries = Readonly<Record<string, { readonly load: () => Promise<{ readonly capability: unknown }> }>>;
type Of<In extends Entries, Key extends keyof In> = Awaited<ReturnType<In[Key]['load']>>['capability'];
type SchemasOf<In extends Entries> = {
  readonly [Key in keyof In]: Of<In, Key> extends { readonly schema: () => infer Schema extends z.core.$ZodType }
    ? Schema
    : never;
};

export type CapabilityKey = keyof typeof capabilities;
export type TeamCapabilityKey = keyof typeof teamCapabilities;
export type CapabilitySchemas = SchemasOf<typeof capabilities>;
export type TeamCapabilitySchemas = SchemasOf<typeof teamCapabilities>;

type Opened<Capability> = Capability extends { readonly open: (...of: never) => Promise<infer Port> } ? Port : never;
type Openable<In extends Entries> = {
  [Key in keyof In]: [Opened<Of<In, Key>>] extends [never] ? never : Key;
}[keyof In];

/** The ports of those that this version can open. */
export type CapabilityPorts = {
  readonly [Key in Openable<typeof capabilities>]: Opened<Of<typeof capabilities, Key>>;
};
/** Those that nothing in this version acts on. */
export type NotActedOn = Exclude<CapabilityKey, keyof CapabilityPorts>;
export type TeamNotActedOn = Exclude<TeamCapabilityKey, Openable<typeof teamCapabilities>>;

/** Whether an environment may have it. Own keys only: the name may come from anywhere. */
export const isCapability = (key: string): key is CapabilityKey => Object.hasOwn(capabilities, key);

/** All of them, each by its key. */
export const loadCapabilities = async <In extends Entries>(entries: In): Promise<{ [Key in keyof In]: Of<In, Key> }> =>
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the same keys, each with what its own entry loads
  Object.fromEntries(
    await Promise.all(Object.entries(entries).map(async ([key, { load }]) => [key, (await load()).capability])),
  ) as { [Key in keyof In]: Of<In, Key> };

/** The same, as what they have in common. */
export type Capabilities = Readonly<Record<string, AnyCapability>>;
