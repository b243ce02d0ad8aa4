import { createHash } from 'node:crypto';

/** Names as AWS makes them. The same scenario gives the same ones each time. */
export interface Identifiers {
  readonly account: string;
  readonly region: string;
  arn(service: string, resource: string): string;
  task(): string;
  deployment(): string;
  /** The last part of the ARN of a service deployment or a service revision. */
  serviceDeployment(): string;
  event(): string;
}

export const createIdentifiers = (account: string, region: string): Identifiers => {
  let count = 0;
  const hex = (kind: string): string => createHash('sha256').update(`${kind} ${++count}`).digest('hex');
  const digits = (): string =>
    BigInt(`0x${hex('number').slice(0, 15)}`)
      .toString()
      .padStart(19, '4')
      .slice(0, 19);
  return {
    account,
    region,
    arn: (service, resource) => `arn:aws:${service}:${region}:${account}:${resource}`,
    task: () => hex('task').slice(0, 32),
    deployment: () => `ecs-svc/${digits()}`,
    serviceDeployment: () => hex('service-deployment').slice(0, 20),
    event: () => hex('event').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, '$1-$2-$3-$4-$5'),
  };
};
