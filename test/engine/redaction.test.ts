import { describe, expect, it } from 'vitest';
import { createRedactor } from '../../src/config/secrets/redaction.ts';
import type { EventBody } from '../../src/engine/session/events.ts';
import { redactingEvents } from '../../src/engine/session/redaction.ts';
import { change } from './rig.ts';

const secret = 'correct-horse';
const redactor = createRedactor();
redactor.add('env:PW', secret);
/** Its name, as it is shown. */
const shown = '‹secret:env:PW›';

const recorded = () => redactingEvents(redactor, { recorded: true });
const shownOnly = () => redactingEvents(redactor, { recorded: false });
const refused = (field: string) => ({
  kind: 'refused',
  message: expect.stringContaining(`env:PW stands in ${field}`) as string,
});

const intent = (more: Partial<ReturnType<typeof change>>): EventBody => ({
  type: 'step.intent',
  step: 'restart',
  n: 1,
  tier: 'disruptive',
  fingerprint: 'f',
  change: change('app-1', more),
});

const result = (step: string): EventBody => ({
  type: 'step.result',
  step,
  ms: 1,
  result: 'ok',
  finding: { verdict: 'ok', summary: '', data: { reason: secret } },
});

describe('what people read', () => {
  it('has its secrets replaced, once, before any reader', () => {
    const event = recorded()(
      intent({
        summary: `restart with ${secret}`,
        equivalent: [`deploy --token ${secret}`],
        blastRadius: [secret],
        undo: secret,
      }),
    );
    expect(event).toMatchObject({
      change: {
        summary: `restart with ${shown}`,
        equivalent: [`deploy --token ${shown}`],
        blastRadius: [shown],
        undo: shown,
      },
    });
    expect(JSON.stringify(event)).not.toContain(secret);
  });

  it('is an error, a note, evidence, a title, an outcome', () => {
    const redact = recorded();
    const all: readonly EventBody[] = [
      { type: 'step.started', step: 'a', n: 1, kind: 'check', title: `Look at ${secret}` },
      { type: 'step.progress', step: 'a', note: secret, status: secret },
      {
        type: 'step.result',
        step: 'a',
        ms: 1,
        result: 'failed',
        error: secret,
        finding: { verdict: 'critical', summary: secret, evidence: { columns: [{ title: secret }], rows: [[secret]] } },
      },
      {
        type: 'session.closed',
        outcome: { status: 'failed', verdict: 'ok', summary: secret, applied: 0, undone: [secret], next: [secret] },
        result: { note: secret },
      },
    ];
    for (const event of all) {
      const safe = JSON.stringify(redact(event));
      expect(safe).not.toContain(secret);
      expect(safe).toContain(shown);
    }
  });

  it('keeps the words of the engine, even where a secret is one of them', () => {
    const words = createRedactor();
    for (const word of ['failed', 'check', 'ok', 'disruptive']) words.add(`env:${word}`, word);
    const redact = redactingEvents(words, { recorded: true });
    expect(redact({ type: 'step.result', step: 'a', ms: 1, result: 'failed', cause: 'failed' })).toMatchObject({
      result: 'failed',
      cause: 'failed',
    });
    expect(redact({ type: 'step.started', step: 'a', n: 1, kind: 'check', title: 'A' })).toMatchObject({
      kind: 'check',
    });
  });
});

describe('what a resumed session goes on from', () => {
  it.each<[string, EventBody, string]>([
    [
      'an item',
      { type: 'items.planned', step: 'restart', items: [{ id: `${secret}-1` }] },
      'items.0.id of step restart',
    ],
    ['the data of a change', intent({ data: { instance: secret } }), 'change.data.instance'],
    ['the basis of a change', intent({ basis: { startedAt: secret } }), 'change.basis.startedAt'],
    ['a key of it', intent({ basis: { [secret]: 1 } }), 'a key of change.basis'],
    ['the target of a change', intent({ target: { provider: 'command', name: secret } }), 'change.target.name'],
    [
      'the input of a call',
      {
        type: 'call.opened',
        step: 'one',
        input: { id: secret },
        procedure: { id: 'p', section: '1', title: 'P', outline: [] },
      },
      'input.id',
    ],
    [
      'the result of a call',
      { type: 'call.closed', step: 'one', verdict: 'ok', summary: '', result: { id: secret } },
      'result.id',
    ],
    ['an answer', { type: 'answer', step: 'next', answer: secret, by: 'prompt' }, 'answer'],
    ['a sample', { type: 'sample', step: 'watch', sample: { at: secret } }, 'sample.at'],
    ['a path', { type: 'step.started', step: `restart/${secret}`, n: 1, kind: 'action', title: 'A' }, 'step'],
  ])('refuses the session where a secret is in %s, and says where', (_, event, field) => {
    expect(() => recorded()(event)).toThrow(expect.objectContaining(refused(field)) as Error);
  });

  it('finds it however it is spelled', () => {
    const spelled = Buffer.from(secret).toString('base64');
    expect(() => recorded()(intent({ data: { token: spelled } }))).toThrow(/env:PW stands in change\.data\.token/);
  });

  it('is the data of a check, and not the data that an action gives to programs', () => {
    const redact = recorded();
    redact({ type: 'step.started', step: 'look', n: 1, kind: 'check', title: 'Look' });
    redact({ type: 'step.started', step: 'act', n: 2, kind: 'action', title: 'Act' });
    expect(() => redact(result('look'))).toThrow(/finding\.data\.reason of step look/);
    expect(redact(result('act'))).toMatchObject({ finding: { data: { reason: shown } } });
  });

  it('stays as it is where it holds no secret, token shapes included', () => {
    const data = { text: 'password=hunter22 ghp_0123456789abcdefghijABCDEFGHIJ456789' };
    expect(recorded()(intent({ data }))).toMatchObject({ change: { data } });
  });

  it('is redacted like everything else where nothing is recorded', () => {
    expect(shownOnly()(intent({ data: { id: secret } }))).toMatchObject({ change: { data: { id: shown } } });
  });
});
