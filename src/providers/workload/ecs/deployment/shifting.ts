import type { DeploymentConfiguration } from '@aws-sdk/client-ecs';

/** How a deployment moves the traffic from the tasks of before to as many new ones beside them. */
export interface Shifting {
  /** BLUE_GREEN, LINEAR, CANARY. */
  readonly strategy: string;
  /** For so long ECS waits on purpose, between its steps and after the last one, before it stops the tasks of before. */
  readonly waitsMs: number;
}

const minuteMs = 60_000;

/** Undefined for a rolling update. The defaults are those of the API. */
export const shiftingOf = (configuration: DeploymentConfiguration | undefined): Shifting | undefined => {
  const { strategy, bakeTimeInMinutes = 0, linearConfiguration = {}, canaryConfiguration = {} } = configuration ?? {};
  if (strategy === undefined || strategy === 'ROLLING') return undefined;
  const { stepPercent = 10, stepBakeTimeInMinutes = 6 } = linearConfiguration;
  const { canaryBakeTimeInMinutes = 10 } = canaryConfiguration;
  const betweenSteps =
    strategy === 'LINEAR'
      ? (Math.ceil(100 / stepPercent) - 1) * stepBakeTimeInMinutes
      : strategy === 'CANARY'
        ? canaryBakeTimeInMinutes
        : 0;
  return { strategy, waitsMs: (betweenSteps + bakeTimeInMinutes) * minuteMs };
};
