import type {
  V1ContainerStatus,
  V1ControllerRevision,
  V1DaemonSet,
  V1Deployment,
  V1LabelSelector,
  V1ObjectMeta,
  V1Pod,
  V1PodTemplateSpec,
  V1ReplicaSet,
  V1StatefulSet,
} from '@kubernetes/client-node';
import { expect, test } from 'vitest';
import type {
  ContainerStatus,
  ControllerRevision,
  LabelSelector,
  Meta,
  Pod,
  PodTemplate,
  ReplicaSet,
  WorkloadObject,
} from '../../../../src/providers/workload/kubernetes/objects/objects.ts';

/*
 * The types of objects.ts beside those that are generated from the API: the compiler refuses a field that the API does not have,
 * or has with another type.
 *
 * Ours are not replaced by theirs: there everything is optional, times are `Date` (the library's own parsing makes them; on the
 * wire they are texts), and a template has no room for fields that are newer than the library, which we keep and compare.
 */

/** As JSON has it. */
type Json<Value> = Value extends Date
  ? string
  : Value extends readonly (infer Item)[]
    ? readonly Json<Item>[]
    : Value extends object
      ? { readonly [Name in keyof Value]: Json<Value[Name]> }
      : Value;

/** The names of the fields that are declared, without "any other". */
type Declared<Value> = keyof {
  [Name in keyof Value as string extends Name ? never : number extends Name ? never : Name]: true;
};

/** Where ours says something else than theirs: `never` where they agree. */
type Differences<Ours, Theirs, At extends string = ''> = unknown extends Theirs
  ? never
  : Ours extends readonly (infer One)[]
    ? Theirs extends readonly (infer Other)[]
      ? Differences<One, Other, `${At}[]`>
      : At
    : Ours extends object
      ? Theirs extends object
        ? {
            [Name in Declared<Ours> & string]: Name extends keyof Theirs
              ? Differences<NonNullable<Ours[Name & keyof Ours]>, NonNullable<Theirs[Name]>, `${At}.${Name}`>
              : `${At}.${Name}`;
          }[Declared<Ours> & string]
        : At
      : Ours extends Theirs
        ? never
        : At;

/** A Deployment, a StatefulSet or a DaemonSet: the fields of all of them. */
interface Workload {
  readonly metadata?: V1ObjectMeta;
  readonly spec?: NonNullable<V1Deployment['spec']> &
    Pick<NonNullable<V1StatefulSet['spec']>, 'podManagementPolicy' | 'updateStrategy'>;
  readonly status?: NonNullable<V1Deployment['status']> &
    Omit<NonNullable<V1StatefulSet['status']>, 'conditions'> &
    Omit<NonNullable<V1DaemonSet['status']>, 'conditions'>;
}

/** Does not compile for anything but `never`; the error names the places. */
type None<Places extends never> = Places;

type Agreement = readonly [
  None<Differences<Meta, Json<V1ObjectMeta>>>,
  None<Differences<LabelSelector, Json<V1LabelSelector>>>,
  None<Differences<PodTemplate, Json<V1PodTemplateSpec>>>,
  // One type for the updates of all three kinds.
  None<
    Exclude<
      Differences<WorkloadObject, Json<Workload>>,
      '.spec.strategy.rollingUpdate.partition' | '.spec.updateStrategy.rollingUpdate.maxSurge'
    >
  >,
  None<Differences<ReplicaSet, Json<V1ReplicaSet>>>,
  None<Differences<ControllerRevision, Json<V1ControllerRevision>>>,
  None<Differences<ContainerStatus, Json<V1ContainerStatus>>>,
  // One type for all conditions; those of a Deployment have it.
  None<Exclude<Differences<Pod, Json<V1Pod>>, '.status.conditions[].lastUpdateTime'>>,
];

test('the types of the objects are those of the API', () => {
  // The compiler has looked already.
  const places: Agreement[number][] = [];
  expect(places).toEqual([]);
});
