import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import type { Event } from '../../src/engine/session/events.ts';
import { fitToHeight } from '../../src/terminal/session/live.ts';
import { createView } from '../../src/terminal/session/view.ts';
import type { ViewOptions } from '../../src/terminal/session/view.ts';
import { playbook, playbookDryRun } from './playbook.ts';
import { openPseudoTerminal } from './pseudo-terminal.ts';
import { dryRun, failedRestart, health, opening, production, rollingRestart, sandbox, told } from './session.ts';
import { captured } from './streams.ts';
import type { StreamOptions } from './streams.ts';

const shown = async (events: readonly Event[], options: ViewOptions = {}, streams: StreamOptions = {}) => {
  const { terminal, stdout, stderr } = await captured(streams);
  const view = createView(terminal, options);
  for (const event of events) view.on(event);
  view.close();
  await terminal.flush();
  return { stdout: stdout(), stderr: stderr() };
};

describe('without a terminal that can be drawn on', () => {
  test('a rolling restart is told in lines, tables only where they change', async () => {
    expect(await shown(rollingRestart('--yes'))).toEqual({
      stdout: '',
      stderr: `\
checkout-api / sandbox   Rolling restart (2.1)   session 20260301T110000Z-k3f9
✓ Instances are running  0.1 s  2 of 2 healthy
  confirmed by --yes:
    restart app-1 (version 1.4.0, up 3 h)
    restart app-2 (version 1.4.0, up 3 h)
▸ restart app-1 (version 1.4.0, up 3 h)
    instance  state     health     up s
    app-1     starting  ? unknown     5
    app-2     running   ✓ ok        105
    app-1     running   ✓ ok          5
✓ Restart app-1  4.2 s  app-1 is healthy again, version 1.4.0
▸ restart app-2 (version 1.4.0, up 3 h)
    app-2     starting  ? unknown   105
    app-2     running   ✓ ok        105
✓ Restart app-2  4.2 s  app-2 is healthy again, version 1.4.0
✓ Restart each instance  9.1 s

✓ Done: 2 of 2 restarted in 9 s (expected 10 s).
  audit:    rb audit show 20260301T110000Z-k3f9
`,
    });
  });

  test('a failure says why once, what was not done and what to type next', async () => {
    const { stderr } = await shown(failedRestart());
    expect(stderr.slice(stderr.indexOf('▸'))).toBe(`\
▸ restart app-1 (version 1.4.0, up 3 h)
✗ Restart app-1  30 s  app-1: not healthy after 30 s: HTTP 503.
✗ Restart each instance  31 s

✗ Failed
  not done: Restart app-1
            Restart app-2
  next:     rb logs errors --since 5m
            rb restart undo
  audit:    rb audit show 20260301T110000Z-k3f9
`);
  });

  test('quiet, a failure is still told', async () => {
    const { stderr } = await shown(failedRestart(), {}, { quiet: true });
    expect(stderr).toContain('✗ Failed: app-1: not healthy after 30 s: HTTP 503.\n');
    expect(stderr).not.toContain('Restart each instance');
  });

  test('quiet, a success says nothing', async () => {
    expect(await shown(rollingRestart('--yes'), {}, { quiet: true })).toEqual({ stdout: '', stderr: '' });
  });

  test('what a read-only procedure finds is data', async () => {
    expect(await shown(health())).toEqual({
      stdout: `\
✗ Endpoints  84 ms  1 of 2 endpoints is down
    endpoint  status                ms
    /health   ✓ 200                 12
    /ready    ✗ connection refused   –
`,
      stderr: `\
checkout-api / sandbox   Health (4)
✗ Critical
  next:     rb troubleshoot
`,
    });
  });

  test('a dry run prints the plan and its hash as data', async () => {
    const { stdout, stderr } = await shown(dryRun(), { dryRun: true }, { columns: 80, env: { TERM: 'dumb' } });
    expect(stdout).toBe(`\
┌─ Restart each instance ───────────────────────────────────────────────────────
│ checkout-api / production  PROTECTED ENVIRONMENT
│
│ What      2 changes, one after another
│            1. restart app-1 (version 1.4.0, up 3 h)
│            2. restart app-2 (version 1.4.0, up 3 h)
│ Target    command: app-1, app-2 (host ops-1)
│ Affects   at a time: 1 of 3 instances; 2 go on serving
│ Commands  $ ./sandbox/bin/restart app-1
│           $ ./sandbox/bin/restart app-2
│ Undo      not needed: the same version starts again
│ Risk      disruptive (tier 2)
└───────────────────────────────────────────────────────────────────────────────
Plan hash  tbqa80-0123456789abcdef0123456789abcdef
Valid until 2026-03-01T11:30:00.000Z
To execute exactly this plan, and nothing if it has changed:
  the same command with --plan <hash> instead of --dry-run
`);
    expect(stderr).toContain('PROTECTED   Rolling restart (2.1)   dry run');
    expect(stderr).not.toContain('audit');
  });

  test('-v shows evidence and fingerprints', async () => {
    const { stderr } = await shown(rollingRestart('--yes'), { verbose: true });
    expect(stderr).toMatch(/planned: restart app-1 .* fingerprint [0-9a-f]{16}\n/);
    expect(stderr).toContain('✓ Instances are running  0.1 s  2 of 2 healthy\n    instance  state');
    expect(stderr).toContain('mira on ops-1');
  });

  test('"cannot see" is never shown as well, and a long text goes below its title', async () => {
    const summary = `cannot see 3 sessions of other users: ${'the role lacks pg_monitor; '.repeat(4)}`.trim();
    const { stderr } = await shown(
      told([
        opening(sandbox, true),
        { type: 'step.started', step: 'seen', n: 1, kind: 'check', title: 'Sessions' },
        { type: 'step.result', step: 'seen', result: 'ok', ms: 1234, finding: { verdict: 'unknown', summary } },
      ]),
    );
    expect(stderr.split('\n').slice(1)).toEqual([
      '? Sessions  1.2 s',
      '    cannot see 3 sessions of other users: the role lacks pg_monitor; the role',
      '    lacks pg_monitor; the role lacks pg_monitor; the role lacks pg_monitor;',
      '',
    ]);
  });

  test('an end before the first change says that nothing was changed', async () => {
    const { stderr } = await shown(
      told([
        opening(production, true),
        {
          type: 'session.closed',
          outcome: {
            status: 'refused',
            verdict: 'ok',
            summary: 'The lock is held by mira.',
            applied: 0,
            undone: [],
            next: ['rb lock list'],
          },
        },
      ]),
    );
    expect(stderr).toContain(
      '✗ Refused: The lock is held by mira.\n    Nothing was changed.\n  next:     rb lock list\n',
    );
  });

  test('secrets and escape sequences in events reach nobody, also where a line is broken', async () => {
    const secret = `${'x'.repeat(70)} hunter2\u001B[2J\n✓ Done`;
    const { stdout, stderr } = await shown(
      told([
        opening({ ...sandbox, service: 'a\u001B[8m' }, true),
        { type: 'step.started', step: 's', n: 1, kind: 'check', title: 'T\u0007' },
        { type: 'step.progress', step: 's', note: secret },
        { type: 'step.result', step: 's', result: 'failed', ms: 1, error: secret },
      ]),
    );
    expect(stdout + stderr).not.toMatch(/hunter2|\u001B|\u0007|^✓ Done/m);
  });

  test('in colour, marks and subjects stand out', async () => {
    const { stderr } = await shown(
      rollingRestart('--yes'),
      {},
      { env: { FORCE_COLOR: '1' }, columns: 80, quiet: false },
    );
    expect(stderr).toContain(
      '\u001B[32m✓\u001B[39m \u001B[1mInstances are running\u001B[22m  \u001B[2m0.1 s\u001B[22m',
    );
  });
});

describe('calls', () => {
  test('of a look are data, as what it finds is', async () => {
    const [, ...looks] = playbook().slice(0, 7);
    const { stdout, stderr } = await shown([...told([opening(sandbox, false)]), ...looks]);
    expect(stdout).toBe(`\
Which instance is busy? (3.1)
  ✗ CPU  84 ms  web-2 uses 97 % of its CPU
      instance  CPU %
      web-2      ✗ 97
      web-1      ✓ 12
✗ Which instance is busy?  90 ms
`);
    expect(stderr).not.toContain('CPU');
  });

  test('are headings, and what their steps say stands below them; it reads well three calls deep', async () => {
    const { stderr, stdout } = await shown(playbook());
    expect(stdout).toBe('');
    expect(stderr).toBe(`\
checkout-api / sandbox   Rolling restart (2.1)   session 20260301T110000Z-k3f9
Which instance is busy? (3.1)
  ✗ CPU  84 ms  web-2 uses 97 % of its CPU
      instance  CPU %
      web-2      ✗ 97
      web-1      ✓ 12
✗ Which instance is busy?  90 ms
✓ What next  2 s  relieve (prompt)
Relieve it (3.2)
  Restart the busy instance (2.1)
      confirmed by --yes:
        restart web-2 (version 1.4.0, up 3 h)
    ▸ restart web-2 (version 1.4.0, up 3 h)
        instance  state
        web-2     starting
    ✓ Restart web-2  4.2 s  web-2 is healthy again, version 1.4.0
    ✓ Restart, then watch  4.3 s
  ✓ Restart the busy instance  4.4 s  web-2 was restarted
✓ Relieve it  4.5 s  relieved in 5 s

✓ Done: Relieved.
  audit:    rb audit show 20260301T110000Z-k3f9
`);
  });

  test('a failure three calls deep says why once', async () => {
    const { stderr } = await shown(playbook({ fails: true }));
    expect(stderr.slice(stderr.indexOf('    ✗ Restart web-2'))).toBe(`\
    ✗ Restart web-2  30 s  web-2: not healthy after 30 s: HTTP 503.
    ✗ Restart, then watch  4.3 s
  ✗ Restart the busy instance  4.4 s
✗ Relieve it  4.5 s

✗ Failed
  not done: Better?
  audit:    rb audit show 20260301T110000Z-k3f9
`);
  });

  test('a dry run shows the cards where they belong, and what a step depends on', async () => {
    const { stdout } = await shown(playbookDryRun(), { dryRun: true }, { columns: 80, env: { TERM: 'dumb' } });
    expect(stdout).toBe(`\
Which instance is busy? (3.1)
Relieve it (3.2)
  Restart the busy instance (2.1)
    ┌─ Restart, then watch ─────────────────────────────────────────────────────
    │ checkout-api / sandbox
    │
    │ What      restart web-2 (version 1.4.0, up 3 h)
    │ Target    command: web-2 (host ops-1)
    │ Affects   1 of 3 instances; 2 go on serving
    │ Commands  $ ./sandbox/bin/restart web-2
    │ Undo      not needed: the same version starts again
    │ Risk      disruptive (tier 2)
    └───────────────────────────────────────────────────────────────────────────
  – Clear what it has cached: depends on "Restart the busy instance"; it is
    planned when that is known
`);
  });

  test('-v shows the procedure and its input', async () => {
    const { stderr } = await shown(playbook(), { verbose: true });
    expect(stderr).toContain('  Restart the busy instance (2.1)\n      restart.instance {"id":"web-2"}\n');
  });
});

describe('at a terminal', { timeout: 120_000 }, () => {
  const program = fileURLToPath(new URL('view-program.ts', import.meta.url));

  test.for([80, 200])('the instances are drawn in place (%i columns)', async (cols) => {
    const terminal = openPseudoTerminal(program, ['view'], { cols, rows: 24 });
    const opened = `\
checkout-api / sandbox   Rolling restart (2.1)   session 20260301T110000Z-k3f9
✓ Instances are running  0.1 s  2 of 2 healthy
`;
    const first = '✓ Restart app-1  4.2 s  app-1 is healthy again, version 1.4.0\n';
    const during = [
      `${opened}\
    instance  state     health     up s
    app-1     starting  ? unknown     5
    app-2     running   ✓ ok        105
▸ restart app-1 (version 1.4.0, up 3 h)`,
      `${opened}\
    instance  state    health  up s
    app-1     running  ✓ ok       5
    app-2     running  ✓ ok     105
▸ restart app-1 (version 1.4.0, up 3 h)`,
      `${opened}${first}\
    instance  state     health     up s
    app-1     running   ✓ ok          5
    app-2     starting  ? unknown   105
▸ restart app-2 (version 1.4.0, up 3 h)`,
      `${opened}${first}\
    instance  state    health  up s
    app-1     running  ✓ ok       5
    app-2     running  ✓ ok     105
▸ restart app-2 (version 1.4.0, up 3 h)`,
    ];
    for (const screen of during) {
      // oxlint-disable-next-line no-await-in-loop -- one screen after another
      await terminal.becomes(screen);
      process.kill(terminal.pid, 'SIGUSR1');
    }
    await terminal.answer();
    expect(terminal.screen()).toBe(`\
${opened}${first}✓ Restart app-2  4.2 s  app-2 is healthy again, version 1.4.0
    instance  state    health  up s
    app-1     running  ✓ ok       5
    app-2     running  ✓ ok     105
✓ Restart each instance  9.1 s

✓ Done: 2 of 2 restarted in 9 s (expected 10 s).
  audit:    rb audit show 20260301T110000Z-k3f9`);
  });

  test('more instances than the screen has lines: those around the one that changed', () => {
    const lines = ['header', ...Array.from({ length: 10 }, (_, index) => `row ${index + 1}`)];
    expect(fitToHeight(lines, 8, 6)).toEqual([
      'header',
      'row 6',
      'row 7',
      'row 8',
      'row 9',
      { text: '  5 more above, 1 more below', style: 'dim' },
    ]);
    expect(fitToHeight(lines, 1, 11)).toEqual(lines);
  });
});
