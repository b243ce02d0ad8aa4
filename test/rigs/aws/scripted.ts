import { apiModels } from './environment.ts';
import type { RecordedCall } from './dispatch.ts';
import { createDispatch } from './dispatch.ts';
import { ecsOperations } from './ecs/operations.ts';
import { advanceWorld, createWorld } from './ecs/world.ts';
import { startEndpoint } from './endpoint.ts';
import type { Failure, Throttle } from './faults.ts';
import { createFaults } from './faults.ts';
import { localEnvironment } from './local-environment.ts';
import type { PlayedClock } from './played-clock.ts';
import { createPlayedClock } from './played-clock.ts';
import type { Scenario } from './scenario.ts';
import type { ServiceHandle } from './service-handle.ts';
import { createServiceHandle } from './service-handle.ts';
import { autoscalingOperations, createAutoscaling } from './services/autoscaling.ts';
import { identityOperations, portalOperations } from './services/identity.ts';
import { loadBalancerOperations } from './services/load-balancer.ts';
import { logsOperations } from './services/logs.ts';
import type { PlayedSchedule, Schedules } from './services/scheduler.ts';
import { schedulerOperations } from './services/scheduler.ts';
import { fireSchedule } from './services/universal-target.ts';

/** How the services are to behave from now on. What is not named stays as it is. */
export interface Script {
  /** So many reads of each kind after an UpdateService or a StopTask still show the service, or the task, as it was before. */
  readonly staleReads?: number;
  /** Whether a rollback is a new deployment (default) or makes the one before PRIMARY again. */
  readonly rollbackDeployment?: 'new' | 'same';
  readonly throttle?: Throttle | 'none';
}

/**
 * A scripted peer that plays Amazon ECS and the services around it from the vendor's documentation. Every request is held against the
 * service's published API model, and so is every answer.
 */
export interface ScriptedAws extends AsyncDisposable {
  readonly endpoint: string;
  /** For a program that is to talk to it: endpoint, region, credentials, and nothing of this machine's own AWS configuration. */
  readonly env: Readonly<Record<string, string>>;
  readonly account: string;
  readonly region: string;
  readonly cluster: string;
  /** The played time, as the clock of a program in this process. */
  readonly clock: PlayedClock;
  /** Takes the played time on, and the services with it. */
  advance(seconds: number): void;
  /** A service, to be changed behind the back of the program under test. */
  service(name: string): ServiceHandle;
  /** The schedules of EventBridge Scheduler. */
  schedules(): readonly PlayedSchedule[];
  /** The time of a schedule has come: its target is called. Errors: there is none of this name, or its target cannot be called. */
  fireSchedule(name: string): void;
  script(wanted: Script): void;
  /** The next requests of an operation fail: with a code as the service would answer it, or cut without one. */
  failNext(operation: string, failure: Failure, times?: number): void;
  /** What is left of them is taken back. */
  failNoMore(operation: string): void;
  /** How often each operation was called, refused calls included. */
  readonly calls: ReadonlyMap<string, number>;
  readonly requests: readonly RecordedCall[];
  /** Starts counting and recording again from nothing. */
  forgetCalls(): void;
  /** What was against the model, in requests and in answers; a test that provokes some takes them away. */
  readonly violations: readonly string[];
  takeViolations(): readonly string[];
  /** Errors: something was against the model, or was to fail and was never called. */
  close(): Promise<void>;
}

export const startScriptedAws = async (scenario: Scenario = {}): Promise<ScriptedAws> => {
  const start = (scenario.start ?? new Date()).getTime();
  const world = createWorld(scenario, start);
  const autoscaling = createAutoscaling(world, scenario.scalableTargets ?? []);
  const schedules: Schedules = new Map();
  const faults = createFaults();
  const requests: RecordedCall[] = [];
  const calls = new Map<string, number>();
  const violations: string[] = [];
  const { account, region } = world.identifiers;

  const ecs = ecsOperations(world);
  const clock = createPlayedClock(scenario.time ?? 'manual', start, () => endpoint.quiet());
  const catchUp = () => advanceWorld(world, clock.played());
  const advance = (seconds: number) => {
    clock.advance(seconds);
    catchUp();
  };
  const dispatch = createDispatch({
    models: apiModels(),
    services: {
      ecs,
      'application-autoscaling': autoscalingOperations(autoscaling),
      elbv2: loadBalancerOperations(world),
      logs: logsOperations(world),
      scheduler: schedulerOperations(world, schedules),
      sso: portalOperations(),
      sts: identityOperations(world),
    },
    faults,
    region,
    now: () => world.now,
    record: (call) => {
      requests.push(call);
      calls.set(call.operation, (calls.get(call.operation) ?? 0) + 1);
    },
    violation: (sentence) => violations.push(sentence),
  });
  const endpoint = await startEndpoint({ dispatch, catchUp, advance });

  const takeViolations = () => violations.splice(0);
  const close = async () => {
    await endpoint.close();
    const wrong = [...takeViolations(), ...faults.unused()];
    if (wrong.length > 0) throw new Error(`the scripted AWS peer saw:\n  ${wrong.join('\n  ')}`);
  };
  return {
    endpoint: endpoint.url,
    env: localEnvironment(endpoint.url, region),
    account,
    region,
    cluster: world.clusterName,
    clock,
    advance,
    service: (name) => {
      catchUp();
      return createServiceHandle(world, autoscaling, name);
    },
    schedules: () => [...schedules.values()],
    fireSchedule: (name) => {
      catchUp();
      const schedule = [...schedules.values()].find((each) => each.Name === name);
      if (schedule === undefined) throw new Error(`there is no schedule ${name}`);
      fireSchedule(schedule, ecs);
    },
    script: ({ staleReads, rollbackDeployment, throttle }) => {
      if (staleReads !== undefined) world.staleReads = staleReads;
      if (rollbackDeployment !== undefined) world.rollbackDeployment = rollbackDeployment;
      if (throttle !== undefined) faults.throttle(throttle === 'none' ? undefined : throttle);
    },
    failNext: (operation, failure, times = 1) => faults.failNext(operation, failure, times),
    failNoMore: (operation) => faults.failNoMore(operation),
    calls,
    requests,
    forgetCalls: () => {
      requests.length = 0;
      calls.clear();
    },
    violations,
    takeViolations,
    close,
    [Symbol.asyncDispose]: close,
  };
};
