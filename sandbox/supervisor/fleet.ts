import { setTimeout as sleep } from 'node:timers/promises';
import type { Failure, Mode } from '../service/messages.ts';
import { isReady } from './serving.ts';
import { createSlot, type InstanceView, type Slot, type SlotDeps } from './slot.ts';

/** The instances of the service, and what can be done to them. Errors are for people: they say what to do instead. */
export interface Fleet {
  instances(): InstanceView[];
  backends(): { key: string; port: number }[];
  /** The version that instances get when they are next started. */
  version(): string;
  modes(): Record<string, { now: Mode; next: Mode }>;
  start(): Promise<void>;
  stop(): Promise<void>;
  restart(id: string): Promise<void>;
  /** Adds instances (resolves when they are spawned) or drains and removes the last ones (resolves when they have ended). */
  scale(count: number): Promise<void>;
  deploy(version: string): void;
  /** Back to the version before: instances that run another one are restarted one by one, each waiting for the one before. */
  rollback(): Promise<string>;
  fail(id: string, failure: Failure, when: 'now' | 'next'): void;
  heal(id: string): void;
}

export const mostInstances = 12;
const readyWithinMs = 15_000;

export const createFleet = (
  deps: Omit<SlotDeps, 'version'>,
  initial: { count: number; version: string; previousVersion: string },
): Fleet => {
  let { version, previousVersion } = initial;
  const newSlot = (index: number): Slot =>
    createSlot(`checkout-${String(index + 1)}`, { ...deps, version: () => version });
  let slots = Array.from({ length: initial.count }, (_, index) => newSlot(index));

  const slotOf = (id: string): Slot => {
    const slot = slots.find((each) => each.id === id);
    if (slot !== undefined) return slot;
    throw new Error(`there is no instance "${id}"; there are ${slots.map((each) => each.id).join(', ')}`);
  };

  const removeLast = async (count: number): Promise<void> => {
    const leaving = slots.slice(count);
    await Promise.all(leaving.map((slot) => slot.stop()));
    slots = slots.filter((slot) => !leaving.includes(slot));
    deps.onChange();
  };

  return {
    instances: () => slots.map((slot) => slot.view()),
    backends: () => slots.map((slot) => slot.backend()).filter((backend) => backend !== undefined),
    version: () => version,
    modes: () => Object.fromEntries(slots.map((slot) => [slot.id, slot.mode()])),
    start: async () => {
      await Promise.all(slots.map((slot) => slot.start()));
    },
    stop: async () => {
      await Promise.all(slots.map((slot) => slot.stop()));
    },
    restart: (id) => slotOf(id).restart(),
    scale: async (count) => {
      const added = Array.from({ length: Math.max(count - slots.length, 0) }, (_, index) =>
        newSlot(slots.length + index),
      );
      slots.push(...added);
      await Promise.all(added.map((slot) => slot.start()));
      await removeLast(count);
    },
    deploy: (wanted) => {
      if (wanted === version) return;
      [previousVersion, version] = [version, wanted];
    },
    rollback: async () => {
      [previousVersion, version] = [version, previousVersion];
      const others = slots.filter((slot) => slot.view().state !== 'stopped' && slot.view().version !== version);
      for (const slot of others) {
        await slot.restart();
        await becomesReady(slot);
      }
      return version;
    },
    fail: (id, failure, when) => {
      slotOf(id).setMode(failure, when);
    },
    heal: (id) => {
      slotOf(id).setMode('well', 'now');
    },
  };
};

const becomesReady = async (slot: Slot): Promise<void> => {
  const deadline = performance.now() + readyWithinMs;
  while (performance.now() < deadline) {
    const { url, state } = slot.view();
    if (state === 'stopped') break;
    if (state === 'running' && url !== null && (await isReady(url))) return;
    await sleep(50);
  }
  throw new Error(`${slot.id} does not become ready; the instances after it were not touched`);
};
