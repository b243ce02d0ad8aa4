import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { scenario } from '../../providers/workload/ecs/ecs-rig.ts';
import type { Scenario, ServiceScenario } from '../../rigs/aws/scenario.ts';
import type { ScriptedAws } from '../../rigs/aws/scripted.ts';
import { startScriptedAws } from '../../rigs/aws/scripted.ts';
import type { ServiceHandle } from '../../rigs/aws/service-handle.ts';
import { clockFactor } from '../clock-factor.ts';
import { hurriedProgram } from '../hurried-program.ts';
import { rb } from '../program.ts';
import { newDirectory, newOperator, writeFiles } from '../rig.ts';
import type { Operator } from '../rig.ts';

/** A service of three tasks, played by the scripted peer. */
export interface Played extends AsyncDisposable {
  readonly aws: ScriptedAws;
  readonly service: ServiceHandle;
  /** Somebody whose configuration names it. */
  operator(options?: OperatorOptions): Operator;
  /** Waits until the service is as wanted, in the time that goes by. */
  until(wanted: (service: ServiceHandle) => boolean): Promise<void>;
}

export interface OperatorOptions {
  /** More lines of the environment in runbook.config.yaml. */
  readonly lines?: readonly string[];
  /** More keys of its workload. */
  readonly workload?: Readonly<Record<string, string>>;
  /** More variables of the environment, or others. */
  readonly env?: Readonly<Record<string, string>>;
  /** Whether the environment has keys. Default: yes. */
  readonly keys?: boolean;
}

/** So many played seconds go by in one of rb's: a usual rollout is over long before the first look after it, 15 s later. */
const usualFactor = 10;

/** The service, where it is another than the usual one, and what else there is. Call it with `await using`. */
export const play = (service: Partial<ServiceScenario> = {}, more: Partial<Scenario> = {}) =>
  playFor(rb, service, { time: { factor: usualFactor }, ...more });

/**
 * The same where rb waits for a rollout: its clock and that of the peer, by default `usualFactor` times as fast, are both in a hurry, so
 * that no test waits for the 15 s between two looks. Not where calls are counted: a machine that is held up for a moment makes more of them.
 */
export const playFaster = async (
  service: Partial<ServiceScenario> = {},
  { factor = usualFactor, ...more }: Partial<Omit<Scenario, 'time'>> & { readonly factor?: number } = {},
) => playFor(await hurriedProgram(), service, { time: { factor: factor * clockFactor }, ...more });

const playFor = async (
  program: string,
  service: Partial<ServiceScenario>,
  more: Partial<Scenario>,
): Promise<Played> => {
  const aws = await startScriptedAws(scenario(service, more));
  return {
    aws,
    service: aws.service('checkout'),
    operator: ({ lines = [], workload = {}, env = {}, keys = true } = {}) => {
      const directory = newDirectory();
      const { region, account, cluster } = aws;
      const place = { provider: 'ecs', region, account, cluster, service: 'checkout', ...workload };
      writeFiles(directory, { 'runbook.config.yaml': configuration(place, lines) });
      // Its home is its own, if none is given.
      const { HOME: _, ...peer } = aws.env;
      const surroundings: Record<string, string> = { ...peer, ...env };
      if (!keys) for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']) delete surroundings[name];
      return newOperator(join(directory, 'runbook.config.yaml'), surroundings, program);
    },
    until: async (wanted) => {
      while (!wanted(aws.service('checkout'))) await new Promise((resolve) => setTimeout(resolve, 20));
    },
    [Symbol.asyncDispose]: () => aws.close(),
  };
};

/** What an engineer confirms destructive steps with. */
export const confirm = '--confirm checkout/staging';

/** rb shares a look for a second, and waits five at least between two that it means to make. */
const sharedForMs = 1000;
const shortestPauseMs = 5000;

/**
 * How often each operation was called, of all services. A look between those two times after another is not counted: only a
 * machine that was held up so long makes it.
 */
export const calls = ({ requests }: ScriptedAws): Readonly<Record<string, number>> => {
  const counts: Record<string, number> = {};
  for (const [index, { operation, cameMs }] of requests.entries()) {
    const before = requests[index - 1];
    const after = before?.operation === operation && operation === 'DescribeServices' ? cameMs - before.cameMs : 0;
    if (after < sharedForMs || after > shortestPauseMs) counts[operation] = (counts[operation] ?? 0) + 1;
  }
  return counts;
};

/** In flow style throughout: what a test adds is a line or a key. */
const configuration = (place: object, lines: readonly string[]): string =>
  [
    'version: 1',
    'service: { name: checkout }',
    // Each operator of the tests is that of another service.
    `lock: { scope: '${randomUUID()}' }`,
    'environments:',
    '  staging:',
    `    workload: ${JSON.stringify(place)}`,
    ...lines.map((line) => `    ${line}`),
    '',
  ].join('\n');
