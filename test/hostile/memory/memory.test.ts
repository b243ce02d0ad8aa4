import { closeSync, existsSync, ftruncateSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import { newDirectory, newOperator, type Operator, writeFiles } from '../../e2e/rig.ts';
import { endless, type Play } from '../http-answers.ts';
import { startPlayServer } from '../play-server.ts';
import { hostilePostgresAnswers } from '../postgres-answers.ts';
import { startPostgres } from '../postgres-server.ts';
import { share, tried } from '../prove.ts';
import { startLargeApi } from './large-api.ts';
import { peakOf } from './peak.ts';

/*
 * The built program against peers and files that would fill the memory: the most that the process has had at once. The runtime alone takes
 * about 45 MiB of it.
 */
const mostMiB = 150e6 / 1024 ** 2;
const measured: string[] = [];
const broken: string[] = [];

const isBounded = async (what: string, operator: Operator, line: string): Promise<void> => {
  const { peakMiB, all } = await peakOf(operator, line);
  measured.push(`${String(Math.round(peakMiB)).padStart(4)} MiB  ${what}: rb ${line}`);
  if (peakMiB >= mostMiB || /internal error/i.test(all))
    broken.push(`${what}: ${line}: ${peakMiB} MiB\n${all.slice(0, 400)}`);
  expect(broken).toEqual([]);
};

interface Placed {
  readonly place: string;
  readonly operator: Operator;
}

/** `environment`: lines of it. */
const configured = (
  environment: readonly string[],
  files: Readonly<Record<string, string>> = {},
  env: Readonly<Record<string, string>> = {},
): Placed => {
  const place = newDirectory();
  const lines = [
    'version: 1',
    'service: { name: checkout }',
    `lock: { scope: '${place}' }`,
    'environments:',
    '  test:',
  ];
  const config = [...lines, ...environment.map((line) => `    ${line}`), ''].join('\n');
  writeFiles(place, { ...files, 'runbook.config.yaml': config });
  const inPlace = Object.entries(env).map(([name, file]) => [name, join(place, file)]);
  return { place, operator: newOperator(join(place, 'runbook.config.yaml'), Object.fromEntries(inPlace)) };
};

const sparse = (path: string): void => {
  const file = openSync(path, 'w', 0o600);
  ftruncateSync(file, 3e9);
  closeSync(file);
};

const line = (text: string) => `{"ts":"2099-01-01T00:00:00Z","level":"error","msg":"${text}"}\n`;

const programs = (instances: string) => [
  `workload: { provider: command, instances: [${instances}], restartInstance: [./prints, '{{instance}}'] }`,
];

const change = '--yes --confirm checkout/test --timeout 20s';

describe.skipIf(!existsSync('/proc/self/statm'))('memory', { timeout: 300_000 }, () => {
  const gzip = gzipSync(Buffer.alloc(256 * 1024 * 1024, ' '), { level: 1 });
  const head = 'HTTP/1.1 200 OK\r\n';
  test.each<[string, Play]>([
    ['a body without end', endless(`${head}transfer-encoding: chunked\r\n\r\n`, `10000\r\n${'x'.repeat(65_536)}\r\n`)],
    ['headers without end', endless(head, `x-more: ${'x'.repeat(1000)}\r\n`)],
    ['interim answers without end', endless('', 'HTTP/1.1 100 Continue\r\n\r\n'.repeat(50))],
    [
      'gzip that grows',
      (socket) => void socket.end(Buffer.concat([Buffer.from(`${head}content-encoding: gzip\r\n\r\n`), gzip])),
    ],
  ])('HTTP: %s', async (what, play) => {
    const server = await startPlayServer(play);
    await isBounded(`HTTP, ${what}`, configured([`url: http://127.0.0.1:${server.port}`]).operator, 'health');
    server.close();
  });

  test.each([
    'a body without end',
    'gzip that grows',
    'pages without end',
    'huge objects',
    'large objects',
    'small objects',
    'many entries',
    'as much as is read',
    'as many as are read',
  ] as const)('Kubernetes: %s', async (what) => {
    const api = await startLargeApi(what);
    const workload = '{ provider: kubernetes, context: rig, namespace: shop, resource: deployment/checkout }';
    const { operator } = configured(
      [`workload: ${workload}`],
      { kubeconfig: api.kubeconfig },
      { KUBECONFIG: 'kubeconfig' },
    );
    for (const line of ['restart status -v', `restart --rolling ${change}`].slice(0, share(2, 1)))
      // oxlint-disable-next-line no-await-in-loop -- side by side they would slow each other down
      await isBounded(`Kubernetes, ${what}`, operator, line);
    api.close();
  });

  const servers = hostilePostgresAnswers(1, 29).filter(({ name }) => /without end|very (?:many|long)/.test(name));
  test.each(servers)('PostgreSQL: $name', async ({ name, answer }) => {
    const played = await startPostgres(answer);
    const { operator } = configured([`database: { url: '${played.url}&connect_timeout=2' }`]);
    for (const line of ['db running', `db kill-idle ${change}`].slice(0, share(2, 1)))
      // oxlint-disable-next-line no-await-in-loop -- see above
      await isBounded(`PostgreSQL, ${name}`, operator, line);
    played.close();
  });

  const one = '#!/bin/sh\necho a\n';
  test.each([
    ['lines without end', '#!/bin/sh\nexec yes and so on\n'],
    ['a line without end', '#!/bin/sh\nexec tr "\\\\0" x </dev/zero\n'],
    ['errors without end', '#!/bin/sh\nexec yes and so on >&2\n'],
  ])('a command that prints %s', async (what, text) => {
    const files = { prints: text, one };
    await isBounded(`a command, ${what}`, configured(programs('./prints'), files).operator, 'restart status -v');
    await isBounded(`a command, ${what}`, configured(programs('./one'), files).operator, `restart --rolling ${change}`);
  });

  test('files of 3 GB', async () => {
    const config = configured([]);
    sparse(join(config.place, 'runbook.config.yaml'));
    await isBounded('a configuration', config.operator, 'config check');

    const workload = 'workload: { provider: kubernetes, context: rig, namespace: shop, resource: deployment/checkout }';
    const cluster = configured([workload], {}, { KUBECONFIG: 'kubeconfig' });
    sparse(join(cluster.place, 'kubeconfig'));
    await isBounded('a kubeconfig', cluster.operator, 'restart status');

    const database = configured(
      [`database: { url: 'postgresql://me@127.0.0.1:9/shop' }`],
      {},
      { PGPASSFILE: 'passwords', PGSERVICEFILE: 'services' },
    );
    sparse(join(database.place, 'passwords'));
    await isBounded('a password file', database.operator, 'db connections');

    const reference = configured(['database:', "  url: '${file:large}'"]);
    sparse(join(reference.place, 'large'));
    await isBounded('a referenced file', reference.operator, 'db connections');
    sparse(join(reference.place, 'plan'));
    await isBounded('a plan', reference.operator, `db vacuum --plan ${join(reference.place, 'plan')} ${change}`);
  });

  test.each<[string, (path: string) => void]>([
    ['of 3 GB of nothing', sparse],
    ['of many lines', (path) => writeFileSync(path, line('x'.repeat(1000)).repeat(200_000))],
    ['of one line', (path) => writeFileSync(path, line('x'.repeat(200_000_000)))],
  ])('a log %s', async (what, write) => {
    const healthy = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 15\r\n\r\n{"status":"ok"}';
    const server = await startPlayServer((socket) => void socket.end(healthy));
    const health = `instanceHealth: 'http://127.0.0.1:${server.port}/{{instance}}'`;
    const workload = `workload: { provider: command, instances: [./one], restartInstance: [./one, '{{instance}}'], ${health} }`;
    const { place, operator } = configured([workload, 'logs: { provider: file, path: app.log }'], { one });
    write(join(place, 'app.log'));
    await isBounded(`a log ${what}`, operator, `restart --rolling ${change}`);
    server.close();
  });

  afterAll(() => {
    tried('runs that would fill the memory', measured.length, broken);
    if (process.env['RB_PROVE'] !== undefined) process.stdout.write(`${measured.join('\n')}\n`);
  });
});
