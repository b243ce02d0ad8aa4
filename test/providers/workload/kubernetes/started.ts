import { test as base } from 'vitest';
import { type KubernetesRig, startKubernetesRig, type StartOptions } from '../rig/kubernetes-rig.ts';
import { haveTimeForPrograms } from '../../../patience.ts';

haveTimeForPrograms();

/** A test that starts as many services as it likes, each in a namespace of its own; they end with it. */
export const test = base.extend<{ start: (options?: StartOptions) => Promise<KubernetesRig> }>({
  // oxlint-disable-next-line no-empty-pattern -- what a fixture depends on is read from its first parameter
  start: async ({}, use) => {
    const rigs: KubernetesRig[] = [];
    await use(async (options) => {
      const rig = await startKubernetesRig(options);
      rigs.push(rig);
      return rig;
    });
    for (const rig of rigs) await rig.close();
  },
});
