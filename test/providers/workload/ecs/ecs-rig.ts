import type { Clock } from '../../../../src/engine/clock.ts';
import { openEcsWorkload } from '../../../../src/providers/workload/ecs.ts';
import type { EcsWorkloadConfig } from '../../../../src/providers/workload/ecs/config.ts';
import type { Operation, Workload } from '../../../../src/providers/workload/port.ts';
import { crashes, hangs, healthy, neverHealthy } from '../../../rigs/aws/ecs/behaviour.ts';
import type { Scenario, ServiceScenario } from '../../../rigs/aws/scenario.ts';
import { startScriptedAws } from '../../../rigs/aws/scripted.ts';
import type { ScriptedAws } from '../../../rigs/aws/scripted.ts';
import { newCall } from '../call.ts';
import type { WorkloadRig } from '../contract.ts';

const checkout: ServiceScenario = {
  name: 'checkout',
  desired: 3,
  taskDefinition: 'checkout:2',
  earlier: ['checkout:1'],
};

/** A service of three tasks on version 2.0.0, with a health check; 1.0.0 was the version before. */
export const scenario = (service: Partial<ServiceScenario> = {}, more: Partial<Scenario> = {}): Scenario => ({
  taskDefinitions: [
    { name: 'checkout:1', image: 'registry.example.com/checkout:1.0.0', healthCheck: true },
    { name: 'checkout:2', image: 'registry.example.com/checkout:2.0.0', healthCheck: true },
  ],
  services: [{ ...checkout, ...service }],
  ...more,
});

export const openFor = (aws: ScriptedAws, config: Partial<EcsWorkloadConfig> = {}): Workload =>
  openEcsWorkload(
    {
      region: aws.region,
      account: aws.account,
      cluster: aws.cluster,
      service: 'checkout',
      drainMs: 600_000,
      readyTimeoutMs: 600_000,
      scaling: { min: 1, max: 9 },
      ...config,
    },
    { clock: aws.clock, environment: aws.env, remember: () => undefined },
  );

/** The adapter in the played time, whatever clock its caller has. */
const inTime = (workload: Workload, clock: Clock): Workload => {
  const timed = <Input>(operation: Operation<Input>): Operation<Input> => ({
    plan: (input, call, interrupted) => operation.plan(input, { ...call, clock }, interrupted),
    apply: (change, call) => operation.apply(change, { ...call, clock }),
    verify: (change, call, receipt) => operation.verify(change, { ...call, clock }, receipt),
  });
  return {
    ...workload,
    restart: timed(workload.restart),
    restartInstance: timed(workload.restartInstance),
    stopAndStart: timed(workload.stopAndStart),
    scale: timed(workload.scale),
    ...(workload.rollback ? { rollback: timed(workload.rollback) } : {}),
  };
};

const behaviours = {
  healthy,
  unhealthy: neverHealthy,
  crash: crashes(1, ['cannot reach the database']),
  slow: { ...healthy, startsIn: 90, healthyIn: 60 },
  hang: hangs('STOPPING', 3600),
};

/** What the contract needs, played. Every look takes two seconds, so that whoever looks again and again sees time go by. */
export const startEcsRig = async (): Promise<WorkloadRig> => {
  // Services of the rig have been steady for an hour: their tasks are as old as the contract expects them to be.
  const { taskDefinitions = [], ...rest } = scenario({}, { start: new Date(Date.now() + 3_500_000) });
  const aws = await startScriptedAws({
    ...rest,
    // So that a restart is still under way when it is looked at for the first time.
    taskDefinitions: taskDefinitions.map((one) => ({ ...one, behaviour: { ...healthy, startsIn: 20 } })),
  });
  const service = aws.service('checkout');
  const settle = () => {
    do aws.advance(5);
    while (
      service.describe().deployments?.length !== 1 ||
      service.describe().runningCount !== service.describe().desiredCount
    );
  };
  return {
    open: () => {
      const workload = inTime(openFor(aws), aws.clock);
      return {
        ...workload,
        status: (call, depth) => {
          aws.advance(2);
          return workload.status(call, depth);
        },
      };
    },
    startsNext: async (how) => service.nextDeployment(behaviours[how]),
    crash: async (id) => {
      service.crashTask(1, id);
      aws.advance(3);
    },
    restartBehind: async () => {
      service.deployBehind();
      settle();
    },
    scaleBehind: async (to) => {
      service.scaleBehind(to);
      settle();
    },
    stopAll: async () => {
      service.scaleBehind(0);
      settle();
    },
    // The deployment that comes and the one that goes.
    rows: 2,
    close: () => aws.close(),
  };
};

/** A step's call in the played time. */
export const callIn = (aws: ScriptedAws, options: Parameters<typeof newCall>[0] = {}) => ({
  ...newCall(options),
  clock: aws.clock,
});

/** How often each operation was asked for, by name. */
export const asked = (aws: ScriptedAws): Readonly<Record<string, number>> => Object.fromEntries(aws.calls);
