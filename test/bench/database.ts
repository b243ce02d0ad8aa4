import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Client } from 'pg';
import { checkout } from '../../sandbox/state.ts';
import { startPostgresRig } from '../rigs/postgres/rig.ts';
import type { PostgresRig } from '../rigs/postgres/rig.ts';
import { postgresVersions } from '../rigs/postgres/versions.ts';
import { median } from './median.ts';
import { stated, surroundings } from './surroundings.ts';

/**
 * `node test/bench/database.ts`: the database section against psql on a real server. Times are those of whole processes,
 * from spawn to exit; what is compared is measured in turns, so that what else the machine does falls upon both alike. With
 * `--report` a broken limit is told once and is no failure.
 */
const { values } = parseArgs({
  options: {
    connections: { type: 'string', default: '2000' },
    tables: { type: 'string', default: '50000' },
    sessions: { type: 'string', default: '500' },
    rounds: { type: 'string', default: '15' },
    only: { type: 'string' },
    report: { type: 'boolean', default: false },
  },
});
const rounds = Number(values.rounds);
const attempts = values.report ? 1 : 3;
const beyondPsqlMs = 70;
const timesOneStatement = 2;
const timesSmallMemory = 1.3;
const program = join(checkout, 'bin', 'rb.js');
const say = (text = ''): void => void process.stdout.write(`${text}\n`);
const wanted = (part: string): boolean => values.only === undefined || values.only === part;

const place = mkdtempSync(join(tmpdir(), 'rb-bench-db-'));
const env = surroundings(place);

/** Milliseconds of a whole process. Throws where it does not end well: what fails early is quick. */
const time = (command: string, args: readonly string[]): number => {
  const began = performance.now();
  const { status, stderr } = spawnSync(command, args, { env, stdio: ['ignore', 'ignore', 'pipe'], encoding: 'utf8' });
  const ms = performance.now() - began;
  if (status !== 0 && status !== 6) throw new Error(`${command} ${args.join(' ')}: exit ${status}\n${stderr}`);
  return ms;
};

const configFor = (rig: PostgresRig, database: string): string => {
  const path = join(place, `${database}.yaml`);
  // As one has it: the password is not in the configuration.
  writeFileSync(join(place, `${database}.url`), rig.url('operator', database), { mode: 0o600 });
  writeFileSync(
    path,
    `version: 1\nservice: { name: shop }\nenvironments:\n  prod:\n    database: { url: '\${file:${database}.url}' }\n`,
    { mode: 0o600 },
  );
  return path;
};

const openIdle = async (rig: PostgresRig, database: string, count: number): Promise<readonly Client[]> => {
  const clients: Client[] = [];
  const worker = async () => {
    while (clients.length < count) {
      const index = clients.push(undefined as unknown as Client) - 1;
      clients[index] = await rig.connect('app', database, { application: `app-${index % 20}` });
    }
  };
  await Promise.all(Array.from({ length: 16 }, worker));
  return clients;
};

const again = async (measured: () => Promise<boolean> | boolean): Promise<void> => {
  for (let left = attempts; left > 0; left -= 1) {
    if (await measured()) return;
    if (left > 1) say('A limit was broken: once more, in case the machine was busy with something else.');
  }
  if (!values.report) process.exitCode = 1;
};

/** The grouping that `rb db connections` shows. */
const grouping = `SELECT state, application_name, usename, datname, count(*), max(clock_timestamp() - state_change)
  FROM pg_stat_activity WHERE backend_type = 'client backend'
 GROUP BY GROUPING SETS ((), (state), (application_name), (usename), (datname)) ORDER BY count(*) DESC`;

const benchConnections = async (rig: PostgresRig): Promise<void> => {
  const database = await rig.createDatabase();
  const config = configFor(rig, database);
  const url = rig.url('operator', database);
  const clients = await openIdle(rig, database, Number(values.connections));
  await again(() => {
    const [psql, rb, node]: [number[], number[], number[]] = [[], [], []];
    for (let round = -3; round < rounds; round += 1) {
      const one = time('psql', ['-X', '-q', '-c', grouping, url]);
      const other = time(process.execPath, [program, '-c', config, 'db', 'connections']);
      const nothing = time(process.execPath, ['-e', '0']);
      if (round < 0) continue;
      psql.push(one);
      rb.push(other);
      node.push(nothing);
    }
    const beyond = median(rb) - median(psql);
    say(
      `db connections, ${clients.length} rows: psql ${median(psql).toFixed(0)} ms, rb ${median(rb).toFixed(0)} ms: ${beyond.toFixed(0)} ms more (limit ${beyondPsqlMs}; node -e 0 takes ${median(node).toFixed(0)} ms)${beyond > beyondPsqlMs ? '  BROKEN' : ''}`,
    );
    return beyond <= beyondPsqlMs;
  });
  await Promise.all(clients.map((client) => client.end()));
};

/** Milliseconds, and the most memory that the process had, in bytes. */
const timeAndMemory = async (args: readonly string[]): Promise<{ readonly ms: number; readonly bytes: number }> => {
  const began = performance.now();
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'ignore', 'pipe'] });
  let [kilobytes, stderr] = [0, ''];
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const look = () => {
    try {
      const [, peak = '0'] = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8')) ?? [];
      kilobytes = Math.max(kilobytes, Number(peak));
    } catch {
      // It has just ended.
    }
  };
  const timer = setInterval(look, 5);
  const [code] = (await once(child, 'close')) as [number];
  clearInterval(timer);
  if (code !== 0 && code !== 6) throw new Error(`${args.join(' ')}: exit ${code}\n${stderr}`);
  return { ms: performance.now() - began, bytes: kilobytes * 1024 };
};

const benchTables = async (rig: PostgresRig): Promise<void> => {
  const small = await rig.createDatabase('CREATE TABLE orders (id int PRIMARY KEY)');
  const large = await rig.createDatabase();
  const client = await rig.connect('owner', large);
  const count = Number(values.tables);
  const chunk = 500;
  for (let from = 1; from <= count; from += chunk)
    await client.query(
      `DO $$ BEGIN FOR n IN ${from}..${Math.min(count, from + chunk - 1)} LOOP
         EXECUTE format('CREATE TABLE t_%s (id int PRIMARY KEY, note text)', n);
         EXECUTE format('INSERT INTO t_%s VALUES (1, ''a'')', n); END LOOP; END $$`,
    );
  await client.query('ANALYZE');
  await client.end();
  for (const command of ['indexes', 'bloat', 'size']) {
    await again(async () => {
      const of = (database: string) => timeAndMemory([program, '-c', configFor(rig, database), 'db', command]);
      const [few, many] = [await of(small), await of(large)];
      const ratio = many.bytes / few.bytes;
      const holds = ratio <= timesSmallMemory && many.ms < 30_000;
      say(
        `db ${command}, ${count} tables: ${many.ms.toFixed(0)} ms (limit 30000), ${(many.bytes / 1e6).toFixed(0)} MB against ${(few.bytes / 1e6).toFixed(0)} MB with one table: ${ratio.toFixed(2)} (limit ${timesSmallMemory})${holds ? '' : '  BROKEN'}`,
      );
      return holds;
    });
  }
};

const benchKillIdle = async (rig: PostgresRig): Promise<void> => {
  const database = await rig.createDatabase();
  const config = configFor(rig, database);
  const count = Number(values.sessions);
  const bulk = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'app' AND state = 'idle'`;
  const left = async () => {
    const [row] = await rig.sql('postgres', `SELECT count(*)::int AS n FROM pg_stat_activity WHERE usename = 'app'`);
    return row?.['n'] as number;
  };
  /** Until the last of them is gone. */
  const ending = async (command: string, args: readonly string[]): Promise<number> => {
    await openIdle(rig, database, count);
    await new Promise((resolve) => setTimeout(resolve, 1100));
    const began = performance.now();
    time(command, args);
    while ((await left()) > 0) await new Promise((resolve) => setTimeout(resolve, 5));
    return performance.now() - began;
  };
  await again(async () => {
    const [one, each]: [number[], number[]] = [[], []];
    for (let round = 0; round < 5; round += 1) {
      one.push(await ending('psql', ['-X', '-q', '-c', bulk, rig.url('operator', database)]));
      const words = ['db', 'kill-idle', '--older-than', '1s', '--user', 'app', '--yes'];
      each.push(await ending(process.execPath, [program, '-c', config, ...words]));
    }
    const ratio = median(each) / median(one);
    say(
      `db kill-idle of ${count}: one SELECT ${median(one).toFixed(0)} ms, rb ${median(each).toFixed(0)} ms until the last is gone: ${ratio.toFixed(2)} (limit ${timesOneStatement})${ratio > timesOneStatement ? '  BROKEN' : ''}`,
    );
    return ratio <= timesOneStatement;
  });
};

if (!existsSync(join(checkout, 'dist', 'main.js'))) throw new Error('there is no dist/main.js: npm run build');
const [own] = await postgresVersions();
if (!own) throw new Error('there is no PostgreSQL on this machine');
const rig = await startPostgresRig({
  binaries: own.binaries,
  settings: { max_connections: Number(values.connections) + 100, max_locks_per_transaction: 256 },
});
try {
  say(`${own.name}, Node ${process.versions.node}; medians, in turns. ${stated()}`);
  if (wanted('connections')) await benchConnections(rig);
  if (wanted('kill-idle')) await benchKillIdle(rig);
  if (wanted('tables')) await benchTables(rig);
} finally {
  await rig.stop();
  rmSync(place, { recursive: true, force: true });
}
