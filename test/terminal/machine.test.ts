import { expect, test } from 'vitest';
import { createJsonReader, createNdjsonReader } from '../../src/terminal/machine.ts';
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

const finding = (step: string, verdict: 'ok' | 'warn' | 'unknown') =>
  ({ type: 'step.result', step, result: 'ok', ms: 1, finding: { verdict, summary: 'hunter2' } }) as const;

test('the verdict is the worst finding; secrets are redacted', async () => {
  const { terminal, stdout } = await captured();
  const reader = createJsonReader(terminal);
  for (const event of told([opening(sandbox, false), finding('a', 'unknown'), finding('b', 'warn')])) reader.on(event);
  reader.close();
  expect(JSON.parse(stdout())).toMatchObject({ verdict: 'warn', outcome: null });
  expect(stdout()).not.toContain('hunter2');
});
