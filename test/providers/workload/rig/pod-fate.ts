import type { Access } from '../../../rigs/kubernetes/access.ts';
import { until } from '../../../rigs/kubernetes/wait.ts';
import { annotationsOf, type PodBehaviour } from '../../../rigs/kubernetes/workloads.ts';

/** Decides what the next pods of a namespace do, whatever their template says: an admission policy of the cluster gives them its annotations. */
export interface PodFate {
  /** Resolves when the API server has taken it up. */
  set(behaviour: PodBehaviour): Promise<void>;
  close(): Promise<void>;
}

const admission = '/apis/admissionregistration.k8s.io/v1';

const sorted = (pairs: readonly (readonly [string, string])[]): string =>
  JSON.stringify(pairs.toSorted(([a], [b]) => a.localeCompare(b)));

export const podFateOf = ({ api }: Access, namespace: string): PodFate => {
  const name = `fate.${namespace}`;
  const policies = `${admission}/mutatingadmissionpolicies`;
  const bindings = `${admission}/mutatingadmissionpolicybindings`;
  let made = false;

  const remove = async (): Promise<void> => {
    if (!made) return;
    made = false;
    await api.delete(`${bindings}/${name}`);
    await api.delete(`${policies}/${name}`);
  };
  const probe = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'probe' },
    spec: { containers: [{ name: 'probe', image: 'registry.test/probe:1' }] },
  };
  const takenUp = (wanted: Record<string, string>): Promise<unknown> =>
    until(
      'the next pods are decided about',
      async () => {
        const path = `/api/v1/namespaces/${namespace}/pods?dryRun=All`;
        const pod = await api.post<{ metadata: { annotations?: Record<string, string> } }>(path, probe);
        return sorted(Object.entries(pod.metadata.annotations ?? {}).filter(([key]) => key.startsWith('rig.test/')));
      },
      (seen) => seen === sorted(Object.entries(wanted)),
    );

  return {
    set: async (behaviour) => {
      const given = Object.entries(annotationsOf(behaviour)).filter(
        (each): each is [string, string] => each[1] !== null,
      );
      await remove();
      if (given.length > 0) {
        made = true;
        const pairs = given.map(([key, value]) => `${JSON.stringify(key)}: ${JSON.stringify(value)}`).join(', ');
        await api.post(policies, {
          apiVersion: 'admissionregistration.k8s.io/v1',
          kind: 'MutatingAdmissionPolicy',
          metadata: { name },
          spec: {
            reinvocationPolicy: 'Never',
            matchConstraints: {
              namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
              resourceRules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] }],
            },
            mutations: [
              {
                patchType: 'ApplyConfiguration',
                applyConfiguration: {
                  expression: `Object{metadata: Object.metadata{annotations: {${pairs}}}}`,
                },
              },
            ],
          },
        });
        await api.post(bindings, {
          apiVersion: 'admissionregistration.k8s.io/v1',
          kind: 'MutatingAdmissionPolicyBinding',
          metadata: { name },
          spec: { policyName: name },
        });
      }
      await takenUp(Object.fromEntries(given));
    },
    close: remove,
  };
};
