import type { EnvironmentConfig } from '../schema.ts';

/** All that a configuration needs. */
export const smallestConfig = `version: 1
service:
  name: checkout-api
environments:
  staging: {}
`;

/** The sections of an environment that may be absent. */
export type OptionalSection = Exclude<keyof EnvironmentConfig, 'protected' | 'health' | 'restart'>;

/** What a section looks like at its shortest, as lines below the environment's name. */
export const sectionExamples: Readonly<Record<OptionalSection, string>> = {
  url: `url: https://checkout.example.com`,
  workload: `workload:
  provider: kubernetes            # or: ecs, command
  context: prod-eu
  namespace: checkout
  resource: deployment/checkout-api`,
  scaling: `scaling:
  min: 3
  max: 24
  offPeak: { from: "22:00", to: "06:00", timeZone: Europe/Berlin }`,
  logs: `logs:
  provider: file                  # or: kubernetes, cloudwatch, loki, command
  path: /var/log/checkout/*.log`,
  database: `database:
  url: \${env:CHECKOUT_DATABASE_URL}`,
  cache: `cache:
  url: \${env:CHECKOUT_REDIS_URL}`,
  certificates: `certificates:
  - domain: checkout.example.com
    renew: { provider: certbot, arguments: [--cert-name, checkout.example.com] }`,
  metrics: `metrics:
  provider: prometheus            # or: kubernetes, cloudwatch, command
  url: https://prometheus.example.com`,
  queues: `queues:
  - { name: jobs, redisList: "queue:jobs", warn: 1000 }`,
  hosts: `hosts:
  provider: ssh                   # or: local, kubernetes, ecs
  names: [app-1, app-2]`,
  profiler: `profiler:
  heapDump: [kill, -USR2, "1"]
  path: /tmp`,
  maintenanceMode: `maintenanceMode:
  enable: [./ops/maintenance, on]
  disable: [./ops/maintenance, off]`,
  smoke: `smoke:
  - { name: place an order, command: [./ops/smoke, order] }`,
};
