import { formatDuration } from '../../words/ages.ts';
import type { Table } from '../../engine/finding.ts';
import { auditLine } from './audit-line.ts';
import { html, type Html } from './escape-html.ts';
import { callEnd, facts, nameOf, resultInWords, timesOf } from './markdown.ts';
import { stylesheet } from './stylesheet.ts';
import type { Moment } from './moments.ts';
import type { Report, ReportedStep } from './timeline.ts';
import {
  callInWords,
  cellText,
  statusInWords,
  timeOfDay,
  type Tone,
  toneOfResult,
  toneOfStatus,
  toneOfVerdict,
} from './wording.ts';

/** The report as one HTML file: no script, nothing loaded, light and dark, printable. Everything foreign is escaped. */
export const htmlReport = (report: Report): string => {
  const name = `${report.service}/${report.environment}`;
  const tone = toneOfStatus(report.status);
  const day = report.startedAt.slice(0, 10);
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${report.procedure.title}: ${name}, ${day}</title>
        <style>
          ${stylesheet}
        </style>
      </head>
      <body>
        <main>
          <header>
            <p class="over">${name}</p>
            <h1>${report.procedure.title}</h1>
            <p class="outcome ${tone}">
              <strong>${statusInWords(report.status)}</strong><span>${report.summary}</span>
            </p>
          </header>
          <section class="card"><dl>${facts(report).map(fact)}</dl></section>
          ${listed('Left undone', 'callout', report.undone)}
          ${
            report.next.length > 0
              ? html`<section>
                  <h2>Next</h2>
                  ${code(report.next)}
                </section>`
              : undefined
          }
          <section>
            <h2>Steps</h2>
            ${stepTable(report, day)}
          </section>
          <section>
            <h2>Timeline</h2>
            <p class="hint">${day}, all times UTC</p>
            <ol class="timeline">
              ${report.timeline.map((moment) => momentItem(moment, day))}
            </ol>
          </section>
          ${
            report.steps.some(hasDetails)
              ? html`<section>
                  <h2>What each step did</h2>
                  ${report.steps.filter(hasDetails).map(details)}
                </section>`
              : undefined
          }
          <footer>${auditLine(report)}</footer>
        </main>
      </body>
    </html> `.source;
};

const fact = ([name, value]: readonly [string, string]): Html =>
  html`<div>
    <dt>${name}</dt>
    <dd>${value}</dd>
  </div>`;

const listed = (title: string, className: string, items: readonly string[]): Html | undefined =>
  items.length === 0
    ? undefined
    : html`<section class="${className}">
        <h2>${title}</h2>
        <ul>
          ${items.map((item) => html`<li>${item}</li>`)}
        </ul>
      </section>`;

const code = (lines: readonly string[]): Html => html`<pre><code>${lines.join('\n')}</code></pre>`;

const differenceBlock = (lines: readonly string[]): Html =>
  html`<pre><code>${lines.map((line) => html`<span class="${toneOfLine(line)}">${line}</span>${'\n'}`)}</code></pre>`;

const toneOfLine = (line: string): Tone => (line.startsWith('+') ? 'good' : line.startsWith('-') ? 'bad' : 'neutral');

const badge = (tone: Tone, text: string): Html => html`<span class="badge ${tone}">${text}</span>`;

const stepTable = (report: Report, day: string): Html => {
  const titles = ['Step', 'Tier', 'Start', 'Decision', 'Intent', 'Verified', 'End', 'Took', ''];
  return html`<div class="wide">
    <table>
      <thead>
        <tr>
          ${titles.map((title) => html`<th>${title}</th>`)}
          <th>Result</th>
        </tr>
      </thead>
      <tbody>
        ${report.steps.map((step) => stepRow(step, report, day))}
      </tbody>
    </table>
  </div>`;
};

const stepRow = (step: ReportedStep, report: Report, day: string): Html => {
  const [title, tier, start, decision, intent, verified, end, took] = timesOf(step, day);
  const tone = step.result ? toneOfResult(step.result) : step.startedAt === undefined ? 'neutral' : 'unknown';
  return html`<tr>
    <th scope="row" style="padding-left:${12 + 18 * step.depth}px">${title}</th>
    <td>${tier}</td>
    <td class="time">${start}</td>
    <td class="decision">${decision}</td>
    <td class="time">${intent}</td>
    <td class="time">${verified}</td>
    <td class="time">${end}</td>
    <td class="time">${took}</td>
    <td>${bar(step, report, tone)}</td>
    <td>${badge(tone, resultInWords(step))}</td>
  </tr>`;
};

/** Where in the session the step lay, to scale. */
const bar = (step: ReportedStep, report: Report, tone: Tone): Html | undefined => {
  if (step.startedAt === undefined || report.durationMs === 0) return undefined;
  const from = Date.parse(step.startedAt) - Date.parse(report.startedAt);
  const to = step.endedAt === undefined ? report.durationMs : Date.parse(step.endedAt) - Date.parse(report.startedAt);
  const percent = (ms: number): string => (Math.min(1, Math.max(0, ms / report.durationMs)) * 100).toFixed(1);
  return html`<div class="track" title="${formatDuration(Math.max(0, to - from))}">
    <div class="bar ${tone}" style="margin-left:${percent(from)}%;width:${percent(to - from)}%"></div>
  </div>`;
};

const momentItem = ({ at, step, what, detail, tone }: Moment, day: string): Html =>
  html`<li class="${tone}">
    <time datetime="${at}">${timeOfDay(at, day)}</time>
    <div>
      ${step === undefined ? undefined : html`<strong>${step}</strong> `}<span class="what">${what}</span
      >${detail ? html`<p>${detail}</p>` : undefined}
    </div>
  </li>`;

const hasDetails = ({ call, change, finding, answer, error, notes }: ReportedStep): boolean =>
  Boolean(call ?? change ?? finding ?? answer ?? error) || notes.length > 0;

const details = (step: ReportedStep): Html => {
  const { call, change, finding, answer, error, notes, result, depth } = step;
  const end = callEnd(step);
  return html`<article style="margin-left:${24 * depth}px">
    <h3>${nameOf(step)} ${result ? badge(toneOfResult(result), result) : undefined}</h3>
    ${call ? html`<p>Calls ${callInWords(call, call.input)}</p>` : undefined}
    ${
      change
        ? html`<p>${change.summary}</p>
            <ul>
              ${[...change.blastRadius, `Undo: ${change.undo}`].map((line) => html`<li>${line}</li>`)}
            </ul>`
        : undefined
    }
    ${change?.difference ? differenceBlock(change.difference) : undefined}
    ${change && change.equivalent.length > 0 ? code(change.equivalent) : undefined}
    ${answer ? html`<p>Answer: <strong>${answer.answer}</strong> (${answer.by}) ${answer.note}</p>` : undefined}
    ${finding ? html`<p>${badge(toneOfVerdict(finding.verdict), finding.verdict)} ${finding.summary}</p>` : undefined}
    ${end === undefined ? undefined : html`<p>${end}</p>`} ${finding?.evidence ? evidence(finding.evidence) : undefined}
    ${error === undefined ? undefined : html`<pre class="error">${error}</pre>`}
    ${
      notes.length > 0
        ? html`<ul class="notes">
            ${notes.map(({ at, note }) => html`<li><time datetime="${at}">${at.slice(11, 19)}</time> ${note}</li>`)}
          </ul>`
        : undefined
    }
  </article>`;
};

const evidence = ({ columns, rows }: Table): Html => {
  const sideOf = (at: number): string => (columns[at]?.align === 'right' ? 'right' : 'left');
  return html`<div class="wide">
    <table class="evidence">
      <thead>
        <tr>
          ${columns.map(({ title }, at) => html`<th class="${sideOf(at)}">${title}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          (row) =>
            html`<tr>
              ${row.map((cell, at) => html`<td class="${sideOf(at)} ${typeof cell === 'object' && cell ? toneOfVerdict(cell.verdict) : ''}">${cellText(cell)}</td>`)}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
};
