import { existsSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { delimiter, join } from 'node:path';
import { configSchema } from '../config/rig.ts';
import { textsIn } from '../../src/config/references/texts.ts';
import { newDirectory, newOperator, writeFiles } from './rig.ts';
import type { Operator } from './rig.ts';

/** A repository that somebody else wrote, and everything that shows whether anything of it was acted upon. */
export interface HostileRepository {
  readonly config: string;
  /** Below the configuration, so that it is found by walking up. */
  readonly cwd: string;
  readonly environments: readonly string[];
  /** Someone who has never seen the repository, with a kubeconfig and AWS keys of their own. */
  readonly operator: Operator;
  /** The commands that ran, from the configuration and from PATH, by what they were called with. */
  executed(): readonly string[];
  /** The references that were resolved, one entry for each trace of one. */
  resolved(): readonly string[];
  connections(): number;
  /** What was written where the configuration wants its audit log. */
  written(): boolean;
  close(): void;
}

const canaryValue = 'canary-4be1f09c';

/** Programs that an adapter may start by itself. */
const programs = [
  'certbot',
  'ssh',
  'kubectl',
  'aws',
  'psql',
  'redis-cli',
  'xdg-open',
  'open',
  'systemctl',
  'op',
  'vault',
];

export const hostileRepository = async (): Promise<HostileRepository> => {
  const directory = newDirectory();
  const repository = join(directory, 'repository');
  const log = join(directory, 'executed.log');
  const secret = join(directory, 'secret.txt');
  const evilAudit = join(directory, 'evil-audit');
  const server = await listen();
  const canary = join(repository, 'canary');
  const instances = [
    { id: 'app-1', state: 'running', version: '1', startedAt: '2026-01-01T00:00:00Z', url: server.url },
  ];
  const script = `#!/bin/sh\necho "$0 $*" >> '${log}'\necho '${JSON.stringify(instances)}'\n`;
  writeFiles(directory, {
    'repository/canary': script,
    'repository/deep/down/here.txt': '',
    'secret.txt': `${canaryValue}\n`,
    kubeconfig: kubeconfig(`https://127.0.0.1:${server.port}`, canary),
    ...Object.fromEntries(programs.map((name) => [`bin/${name}`, script])),
  });
  const references = [`\${command:${canary} resolve}`, '${env:RB_CANARY}', `\${file:${secret}}`];
  const config = join(repository, 'runbook.config.yaml');
  const document = hostileConfig({ canary, server, references, audit: evilAudit });
  writeFileSync(config, JSON.stringify(document, undefined, 1));
  const longAgo = new Date('2001-01-01T00:00:00Z');
  utimesSync(secret, longAgo, new Date());
  const lines = () => (existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : []);
  return {
    config,
    cwd: join(repository, 'deep', 'down'),
    environments: Object.keys(document.environments),
    operator: newOperator(undefined, {
      PATH: [join(directory, 'bin'), process.env['PATH'] ?? ''].join(delimiter),
      KUBECONFIG: join(directory, 'kubeconfig'),
      AWS_ENDPOINT_URL: server.url,
      AWS_ACCESS_KEY_ID: 'AKIAEXAMPLE',
      AWS_SECRET_ACCESS_KEY: 'example',
      AWS_EC2_METADATA_DISABLED: 'true',
      RB_CANARY: canaryValue,
    }),
    executed: () => lines().filter((line) => !line.endsWith('canary resolve')),
    resolved: () => [
      ...lines().filter((line) => line.endsWith('canary resolve')),
      ...lines().filter((line) => line.includes(canaryValue)),
      ...(statSync(secret).atimeMs === longAgo.getTime() ? [] : [`${secret} was read`]),
      ...(server.received().includes(canaryValue) ? ['${env:RB_CANARY} was sent'] : []),
    ],
    connections: () => server.connections(),
    written: () => existsSync(evilAudit),
    close: () => server.close(),
  };
};

interface Bait {
  readonly canary: string;
  readonly server: Listening;
  readonly references: readonly string[];
  readonly audit: string;
}

/** Commands in every place that takes one, addresses of its own, and an environment in which every value that may be is a reference. */
const hostileConfig = ({ canary, server, references, audit }: Bait) => {
  const { url, host } = server;
  const command = (name: string) => [canary, name];
  const provided = (name: string) => ({ provider: 'command', command: command(name) });
  const [inCommand = '', inVariable = '', inFile = ''] = references;
  const around = {
    url,
    database: {
      url: `postgresql://${inVariable}:${inFile}@${host}/${inCommand}?sslmode=disable&connect_timeout=2`,
      replicas: [{ name: 'replica-1', url: `postgresql://u@${host}/db?sslmode=disable&connect_timeout=2` }],
      slowLog: provided('slow-log'),
    },
    cache: { url: `redis://${host}`, warm: { command: command('warm') } },
    certificates: [
      { domain: 'localhost', port: server.port, renew: provided('renew'), reload: command('reload') },
      { domain: 'localhost', port: server.port, renew: { provider: 'certbot', arguments: ['renew'] } },
    ],
    metrics: { provider: 'prometheus', url },
    hosts: { provider: 'ssh', names: ['127.0.0.1'] },
    profiler: { heapDump: command('heap-dump'), path: '/tmp' },
    maintenanceMode: { enable: command('enable'), disable: command('disable') },
    smoke: [{ name: 'order', command: command('smoke') }],
  };
  const commands = {
    ...around,
    workload: {
      provider: 'command',
      ...Object.fromEntries(
        ['instances', 'status', 'stop', 'start', 'restartInstance', 'scale', 'rollback'].map((name) => [
          name,
          { command: command(name), environment: { WHO: inVariable } },
        ]),
      ),
      instanceHealth: '{{url}}/health',
    },
    logs: provided('logs'),
  };
  const document = {
    version: 1,
    service: {
      name: 'checkout',
      architecture: url,
      dashboards: { main: url },
      documents: { goLive: url },
    },
    defaultEnvironment: 'commands',
    environments: {
      commands,
      cluster: {
        ...around,
        workload: { provider: 'kubernetes', context: 'evil', namespace: 'shop', resource: 'deployment/shop' },
        logs: { provider: 'loki', url, selector: '{app="shop"}' },
      },
      ecs: {
        ...around,
        workload: { provider: 'ecs', region: 'eu-central-1', cluster: 'shop', service: 'shop' },
        logs: { provider: 'cloudwatch', region: 'eu-central-1', group: 'shop' },
      },
      references: structuredClone(commands),
    },
    externalServices: [{ name: 'other', statusPage: url }],
    notify: {
      slack: { webhook: url },
      webhook: { url, token: inFile },
      command: { command: command('notify') },
    },
    tickets: provided('tickets'),
    audit: { directory: audit, store: `postgresql://${host}/audit` },
  };
  for (const [index, { path }] of textsIn(document.environments.references).entries())
    replaceWhereItFits(document, ['environments', 'references', ...path], references[index % references.length] ?? '');
  return document;
};

const replaceWhereItFits = (document: unknown, path: readonly (string | number)[], reference: string): void => {
  const around = path
    .slice(0, -1)
    .reduce<unknown>((value, key) => (value as Record<string | number, unknown>)[key], document);
  const place = around as Record<string | number, unknown>;
  const last = path.at(-1) ?? '';
  const before = place[last];
  place[last] = reference;
  if (!configSchema.safeParse(document).success) place[last] = before;
};

interface Listening {
  readonly port: number;
  readonly host: string;
  readonly url: string;
  connections(): number;
  received(): string;
  close(): void;
}

/** Counts who comes, and keeps what they say. */
const listen = async (): Promise<Listening> => {
  let [connections, received] = [0, ''];
  const server = createServer((socket) => {
    connections += 1;
    socket.on('error', () => undefined);
    socket.on('data', (data) => {
      received += data.toString('latin1');
      socket.end('HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    port,
    host: `127.0.0.1:${port}`,
    url: `http://127.0.0.1:${port}`,
    connections: () => connections,
    received: () => received,
    close: () => void server.close(),
  };
};

/** The operator's own: its context leads to the listening server, and its login is a program. */
const kubeconfig = (server: string, plugin: string): string =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'evil',
    contexts: [{ name: 'evil', context: { cluster: 'evil', user: 'evil' } }],
    clusters: [{ name: 'evil', cluster: { server } }],
    users: [
      {
        name: 'evil',
        user: {
          exec: {
            apiVersion: 'client.authentication.k8s.io/v1',
            command: plugin,
            args: ['login'],
            interactiveMode: 'Never',
          },
        },
      },
    ],
  });
