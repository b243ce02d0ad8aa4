import MarkdownIt from 'markdown-it';
import { describe, expect, test } from 'vitest';
import { htmlReport } from '../../src/audit/report/html.ts';
import { markdownReport } from '../../src/audit/report/markdown.ts';
import { collectReport, type Report } from '../../src/audit/report/timeline.ts';
import { legible } from '../../src/audit/report/wording.ts';
import type { Event } from '../../src/engine/session/events.ts';
import { sessionFrom } from '../../src/engine/session/session-state.ts';
import { actor, at, change, opened, restartOf, rollingRestart, session, started, withCalls } from './a-session.ts';

const reportFrom = (events: readonly Event[], unknownKinds: readonly string[] = []): Report | undefined => {
  const collected = collectReport();
  for (const event of events) collected.on({ event, recorded: {}, spilled: false });
  return collected.report(sessionFrom(events, unknownKinds));
};

const report = (events: readonly Event[]): Report => {
  const made = reportFrom(events);
  if (!made) throw new Error('no report');
  return made;
};
/** As GitHub would show it, but with everything dangerous allowed: escaping has to do the work. */
const rendered = (markdown: string): string => new MarkdownIt({ html: true, linkify: true }).render(markdown);

const tags = (source: string): Set<string> =>
  new Set([...source.matchAll(/<\/?([a-z][a-z0-9]*)/gi)].map(([tag]) => tag));

describe('the timeline', () => {
  const failed = report(rollingRestart('app-2'));

  test('has the five times of each step', () => {
    expect(failed.steps.find(({ id }) => id === 'restart/app-1')).toMatchObject({
      title: 'Restart app-1',
      startedAt: '2026-11-22T03:15:13.000Z',
      decision: { at: '2026-11-22T03:15:12.000Z', what: 'confirmed', by: 'prompt' },
      intentAt: '2026-11-22T03:15:13.100Z',
      verifiedAt: '2026-11-22T03:15:21.000Z',
      endedAt: '2026-11-22T03:15:21.100Z',
      ms: 8100,
      result: 'ok',
    });
  });

  test('has who, why, how it ended and what was left undone', () => {
    expect(failed).toMatchObject({
      operator: 'ada@ops-1',
      reason: 'memory grows after deploy 1.4.0',
      ticket: 'OPS-1412',
      status: 'failed',
      durationMs: 41_100,
      undone: ['Restart app-3', 'All instances are healthy'],
    });
    expect(failed.timeline.map(({ what }) => what)).toContain('confirmed');
  });

  test('of a session that was cut off says so: the outcome of the step is unknown, the rest is undone', () => {
    const cut = report([...rollingRestart().slice(0, 9), ...restartOf(13, 'app-1').slice(0, 2)]);
    expect(cut).toMatchObject({ status: 'open', next: [`rb resume ${session}`] });
    expect(cut.steps.find(({ id }) => id === 'restart/app-1')?.result).toBe('unknown');
    expect(cut.undone).toEqual(expect.arrayContaining(['Restart app-1', 'All healthy']));
  });

  test('says who resumed it, and reads the time of the last try', () => {
    const again = report([
      opened(),
      ...restartOf(1, 'app-1').slice(0, 2),
      at(60, { type: 'session.resumed', session, actor: { ...actor, login: 'bob' }, mode: 'scripted', done: [] }),
      ...restartOf(70, 'app-1'),
    ]);
    expect(again.resumed).toEqual([{ at: '2026-11-22T03:16:00.000Z', by: 'bob@ops-1' }]);
    expect(again.steps[0]?.verifiedAt).toBe('2026-11-22T03:16:18.000Z');
    expect(markdownReport(again)).toContain('2026-11-22 03:16:00 UTC by bob@ops-1');
  });

  test('is none where the opening is missing', () => {
    expect(reportFrom([])).toBeUndefined();
  });
});

describe('a session with calls', () => {
  const called = report(withCalls());

  test('has the steps of each call after it, whatever ran beside it', () => {
    expect(called.steps.map(({ id, depth }) => [id, depth])).toEqual([
      ['cpu', 0],
      ['cpu/usage', 1],
      ['memory', 0],
      ['memory/usage', 1],
      ['next', 0],
      ['next/one', 0],
      ['next/one/app-1', 1],
    ]);
  });

  test('says what was called with which input, and what came of it', () => {
    expect(called.steps.find(({ id }) => id === 'next/one')?.call).toEqual({
      id: 'restart.instance',
      section: '2.1',
      title: 'Restart one instance',
      input: { id: 'app-1' },
      verdict: 'ok',
      summary: 'app-1 was restarted.',
    });
    for (const shown of [rendered(markdownReport(called)), htmlReport(called)]) {
      expect(shown).toContain('Restart the busy instance (2.1)');
      expect(shown.replaceAll(/&quot;|&#34;/g, '"')).toContain(
        'Calls Restart one instance (restart.instance, runbook section 2.1) with {"id":"app-1"}',
      );
      expect(shown).toContain('ok: app-1 was restarted.');
    }
  });

  test('names the calls around a step in the timeline', () => {
    const steps = called.timeline.map(({ step }) => step);
    expect(steps).toContain('Which instance is busy? › Usage');
    expect(steps).toContain('Which instance is full? › Usage');
    expect(steps).toContain('Restart the busy instance › Restart app-1');
  });

  test('that was cut off inside a call left its steps undone first, and then those of the caller', () => {
    const outline = [
      { id: 'restart', kind: 'action' },
      { id: 'check-errors', kind: 'check' },
    ];
    const procedure = { id: 'restart.instance', section: '2.1', title: 'Restart one instance', outline };
    const next = { id: 'next', kind: 'decision', steps: [{ id: 'one', kind: 'option', steps: [] }] };
    const made = report([
      opened({
        procedure: {
          ...procedure,
          does: 'changes',
          outline: [
            {
              ...next,
              steps: [
                {
                  id: 'go',
                  kind: 'option',
                  steps: [
                    { id: 'one', kind: 'call' },
                    { id: 'then', kind: 'check' },
                  ],
                },
              ],
            },
            { id: 'better', kind: 'check' },
          ],
        },
      }),
      at(1, { type: 'answer', step: 'next', answer: 'go', by: 'prompt' }),
      at(1, { type: 'step.result', step: 'next', result: 'ok', ms: 1 }),
      started(2, 'next/go/one', 'Restart the busy instance', 'call'),
      at(2, { type: 'call.opened', step: 'next/go/one', procedure, input: {} }),
      started(3, 'next/go/one/restart', 'Restart it', 'action'),
    ]);
    expect(made.undone).toEqual(['Restart the busy instance', 'Restart it', 'Check errors', 'Then', 'Better']);
  });
});

test('what a newer version has recorded is not damage, and the report says so', () => {
  const made = reportFrom(rollingRestart(), ['approval.given']);
  if (!made) throw new Error('no report');
  for (const shown of [markdownReport(made), htmlReport(made)]) {
    expect(shown).toContain('written by rb 0.1.0, which records things this version does not know (approval.given).');
    expect(shown).not.toContain('DAMAGED');
  }
});

describe.each([
  ['Markdown', (made: Report) => rendered(markdownReport(made))],
  ['HTML', htmlReport],
])('%s', (_, show) => {
  test('shows steps, times, commands, evidence, what is left', () => {
    const shown = show(report(rollingRestart('app-2')));
    for (const text of [
      'Failed',
      'Restart app-1',
      '03:15:12',
      './ops/service restart app-1',
      '1.4.0',
      'OPS-1412',
      'Left undone',
      'rb restart undo',
      'HTTP 503',
    ])
      expect(shown).toContain(text);
  });

  test('shows what a change would make different, line by line', () => {
    const difference = ['- image: shop:1.5', '+ image: shop:1.4'];
    const undo = { ...change('app'), difference };
    const events = [
      opened(),
      started(1, 'rollback', 'Roll back', 'action'),
      at(2, { type: 'step.intent', step: 'rollback', n: 1, tier: 'disruptive', change: undo, fingerprint: 'f' }),
    ];
    for (const line of difference) expect(show(report(events))).toContain(line);
  });

  test('says what the audit log is worth', () => {
    const base = {
      session,
      exit: 2,
      closed: true,
      anchored: false,
      records: 9,
      head: { seq: 9, hash: 'abc' },
      spilled: 0,
      takenOver: 0,
      remarks: ['a time in it has not come yet (2030-01-01T00:00:00.000Z)'],
    } as const;
    expect(show({ ...report(rollingRestart()), audit: { ...base, intact: true } })).toMatch(
      /not anchored.* Beware: a time in it has not come yet/,
    );
    const problem = { line: 4, what: 'it was changed after it was written' };
    expect(show({ ...report(rollingRestart()), audit: { ...base, intact: false, problem } })).toContain(
      'THE LOG IS DAMAGED at line 4',
    );
  });

  const hostile = [
    '<script>alert(1)</script>',
    '<img src=x onerror=alert(1)>',
    '"><b onmouseover="x">',
    "' onclick='x",
    '[click](javascript:alert(1))',
    '![x](https://evil.example/x.png)',
    '<https://evil.example>',
    'https://evil.example www.evil.example a@evil.example',
    '| a | b |\n| --- | --- |\n# heading\n- item\n1. item\n> quote',
    '`code` ``more`` **bold** __bold__ *it* ~~gone~~ ```\nfence\n```',
    '</style></code></pre><h1>x</h1>',
    '\\| \\` \\<b>',
    '[x]: https://evil.example\n[x]',
    '&lt;b&gt; &#60;b&#62;',
    '\u001b[31mred\u001b[0m \u202eevil\u202c \u2066x\u2069 \u0007\b\r\u009b31m\u200b\u2028\ud800',
  ];

  test.each(hostile)('shows %j as text, everywhere', (text) => {
    const finding = {
      verdict: 'warn',
      summary: text,
      evidence: { columns: [{ title: text }], rows: [[text], [{ text, verdict: 'critical' }]] },
    } as const;
    const difference = [text, `- ${text}`, `+ ${text}`];
    const plan = { ...change('a'), summary: text, blastRadius: [text], equivalent: [text], undo: text, difference };
    const shown = show(
      report([
        opened({
          procedure: { id: text, section: text, title: text, outline: [], does: 'changes' },
          subject: { service: text, environment: text, protected: false },
          actor: { uid: 1, login: text, host: text },
          reason: text,
          ticket: text,
          program: text,
        }),
        started(1, text, text, 'action'),
        at(2, { type: 'step.intent', step: text, n: 1, tier: 'mild', change: plan, fingerprint: 'f' }),
        at(2, { type: 'step.progress', step: text, note: text }),
        at(2, { type: 'answer', step: text, answer: text, by: text, note: text, advice: text }),
        at(3, { type: 'step.result', step: text, result: 'failed', ms: 1, error: text, finding }),
        at(3, {
          type: 'call.opened',
          step: `${text}/b`,
          procedure: { id: text, section: text, title: text, outline: [] },
          input: { [text]: text },
        }),
        at(3, { type: 'call.closed', step: `${text}/b`, verdict: 'warn', summary: text, result: text }),
        at(4, {
          type: 'session.closed',
          outcome: { status: 'failed', verdict: 'ok', summary: text, applied: 0, undone: [text], next: [text] },
        }),
      ]),
    );
    const harmless = show(report(rollingRestart('app-2')));
    const allowed = new Set([...tags(harmless), '<ol', '</ol']);
    expect([...tags(shown)].filter((tag) => !allowed.has(tag))).toEqual([]);
    expect(shown).not.toMatch(/<a\b|<img|<script|<\w[^<>]*\son\w+\s*=|<em>|<s>|<blockquote/i);
    expect(shown).not.toMatch(/[\0-\x08\x0b-\x1f\x7f-\x9f\u200b\u202a-\u202e\u2066-\u2069]/);
    expect(shown.isWellFormed()).toBe(true);
  });
});

const count = (text: string): readonly number[] => {
  const shown = rendered(markdownReport({ ...report(rollingRestart()), reason: text, undone: [text] }));
  return ['<h1', '<h2', '<h3', '<li', '<tr', '<td', '<strong'].map((tag) => shown.split(tag).length);
};

test('hostile text cannot add a heading, a list or a row to Markdown', () => {
  for (const text of ['# x', '- x', '1. x', '1) x', '+ x', '= x', '| x | y', 'x\n# y', '**x**'])
    expect(count(text)).toEqual(count('x'));
});

test('the HTML asks for nothing from anywhere', () => {
  const shown = htmlReport(report(rollingRestart()));
  expect(shown).toContain(`default-src 'none'`);
  expect(shown).not.toMatch(/\ssrc=|\shref=|url\(|@import|<script|<link/);
});

test('control characters become visible', () => {
  expect(legible('a\u001bb\u202ec\td\ne')).toBe('a␛b\ufffdc\td\ne');
});
