import { expect, test } from 'vitest';
import type { Event } from '../../src/engine/session/events.ts';
import { createJsonReader, createNdjsonReader } from '../../src/terminal/session/machine.ts';
import { playbook, playbookDryRun } from './playbook.ts';
import { dryRun, failedRestart, opening, rollingRestart, sandbox, told } from './session.ts';
import { captured } from './streams.ts';

test('-o ndjson: every event is one line of JSON', async () => {
  const { terminal, stdout, stderr } = await captured();
  const reader = createNdjsonReader(terminal);
  for (const event of rollingRestart('--yes')) reader.on(event);
  reader.close();
  const lines = stdout().trimEnd().split('\n');
  expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(rollingRestart('--yes'));
  expect(stderr()).toBe('');
});

test('-o json: one document at the end, and nothing before', async () => {
  const { terminal, stdout, stderr } = await captured();
  const reader = createJsonReader(terminal);
  for (const event of failedRestart()) reader.on(event);
  expect(stdout()).toBe('');
  reader.close();
  expect(stderr()).toBe('');
  expect(JSON.parse(stdout())).toMatchObject({
    session: '20260301T110000Z-k3f9',
    procedure: 'restart.rolling',
    section: '2.1',
    service: 'checkout-api',
    environment: 'sandbox',
    outcome: { status: 'failed', undone: ['Restart app-1', 'Restart app-2'] },
    verdict: 'ok',
    steps: [
      { id: 'instances', kind: 'check', result: 'ok', finding: { verdict: 'ok', summary: '2 of 2 healthy' } },
      { id: 'roll', kind: 'each', result: 'failed', confirmation: { decision: 'confirmed', by: '--yes' } },
      { id: 'roll/app-1', result: 'failed', error: 'app-1: not healthy after 30 s: HTTP 503.', ms: 30400 },
      { id: 'roll/app-2', result: null, change: { summary: 'restart app-2 (version 1.4.0, up 3 h)' } },
    ],
  });
});

test('-o json: a dry run carries the plan and its hash', async () => {
  const { terminal, stdout } = await captured();
  const reader = createJsonReader(terminal);
  for (const event of dryRun()) reader.on(event);
  reader.close();
  expect(JSON.parse(stdout())).toMatchObject({
    plan: { hash: 'tbqa80-0123456789abcdef0123456789abcdef', expires: '2026-03-01T11:30:00.000Z' },
  });
});

const documentOf = async (events: readonly Event[]): Promise<unknown> => {
  const { terminal, stdout } = await captured();
  const reader = createJsonReader(terminal);
  for (const event of events) reader.on(event);
  reader.close();
  return JSON.parse(stdout());
};

const finding = (step: string, verdict: 'ok' | 'warn' | 'unknown') =>
  ({ type: 'step.result', step, result: 'ok', ms: 1, finding: { verdict, summary: 'hunter2' } }) as const;

test('the verdict is that of the outcome; secrets are redacted', async () => {
  const { terminal, stdout } = await captured();
  const reader = createJsonReader(terminal);
  for (const event of told([opening(sandbox, false), finding('a', 'unknown'), finding('b', 'warn')])) reader.on(event);
  reader.close();
  expect(JSON.parse(stdout())).toMatchObject({ version: 1, verdict: null, outcome: null, applied: 0, result: null });
  expect(stdout()).not.toContain('hunter2');
});

test('-o json: calls carry their input and result, and what was applied is counted', async () => {
  const document = await documentOf(playbook());
  expect(document).toMatchObject({ verdict: 'warn', applied: 1, result: null });
  const { steps } = document as { steps: readonly { id: string }[] };
  expect(steps.find(({ id }) => id === 'cpu')).toMatchObject({
    n: 1,
    kind: 'call',
    finding: { data: { hottest: 'web-2' } },
    call: { procedure: 'troubleshoot.cpu', input: {}, verdict: 'critical', result: { hottest: 'web-2' } },
  });
  expect(steps.find(({ id }) => id === 'next/relieve/busy/one')).toMatchObject({
    call: { procedure: 'restart.instance', input: { id: 'web-2' }, summary: 'web-2 was restarted.', result: null },
  });
  expect(steps.find(({ id }) => id === 'next')).toMatchObject({ call: null, depends: null, cause: null });
});

test('-o json: what failed has its cause, and what could not be planned says on what it depends', async () => {
  expect(await documentOf(playbook({ fails: true }))).toMatchObject({
    applied: 0,
    steps: expect.arrayContaining([expect.objectContaining({ kind: 'each', result: 'failed', cause: 'failed' })]),
  });
  expect(await documentOf(playbookDryRun())).toMatchObject({
    steps: expect.arrayContaining([
      expect.objectContaining({ id: 'next/relieve/busy/clear', depends: 'Restart the busy instance' }),
    ]),
  });
});

test('-o json: the result of a look is the form for scripts', async () => {
  const [open, step] = told([opening(sandbox, false), finding('a', 'warn')]);
  const outcome = { status: 'done', verdict: 'warn', summary: 's', applied: 0, undone: [], next: [] } as const;
  const [close] = told([{ type: 'session.closed', outcome, result: { hottest: 'web-2' } }]);
  const document = await documentOf([open, step, close].flatMap((event) => event ?? []));
  expect(document).toMatchObject({ verdict: 'warn', result: { hottest: 'web-2' } });
});
